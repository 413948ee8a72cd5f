"""The executor of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.work.engine import Engine

if TYPE_CHECKING:
    from core.work.local_executor import LocalExecutor
    from core.work.resources import Resources


def executor_of(engine: Engine, resources: Resources | None = None) -> LocalExecutor:
    """Return an executor whose work the engine does.

    Args:
        engine: which.
        resources: of this process; new ones when not given.

    Raises:
        BadInstallation: Ray is not installed.
        BadOption: no Ray cluster answers at the address, or it has no room for a worker.
    """
    # What computes takes seconds to import, and Ray is only there where it was asked for.
    if not engine.is_ray:
        from core.work.local_executor import LocalExecutor

        return LocalExecutor(resources)
    from core.work.ray_executor import RayExecutor

    return RayExecutor(engine, resources)


def reach(engine: Engine) -> None:
    """Connect this process to the engine's machines, before anybody asks for anything.

    Raises:
        BadInstallation: Ray is not installed.
        BadOption: no Ray cluster answers at the address.
    """
    if engine.is_ray:
        from core.work.ray_cluster import connect

        connect(engine)
