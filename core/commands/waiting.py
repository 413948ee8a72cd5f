"""Waiting for a request on the command line: progress is drawn, Ctrl-C stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from core.commands.stop import Stop
from core.errors import Cancelled
from core.explain.base import Tick
from core.work.executor import Handle

T = TypeVar("T")
PAUSE = 0.05
"""Seconds between two looks at running work."""


def shown(progress: Callable[[float, str], None], stop: Stop) -> Tick:
    """Return a tick that draws how far the work is, and raises where Ctrl-C was pressed."""

    def tick(fraction: float, stage: str = "") -> None:
        stop.check()
        progress(fraction, stage)

    return tick


def wait_for(
    handle: Handle[T], stop: Stop, show: Callable[[float, str], None] = lambda fraction, stage: None
) -> T:
    """Return the result of a request.

    Args:
        handle: from an executor.
        stop: asked again and again.
        show: told the share done and the stage.

    Raises:
        Cancelled: Ctrl-C was pressed; the work was stopped.
        SeeWhyError: it failed.
    """
    while not handle.wait(PAUSE):
        handle.touch()
        show(handle.fraction, handle.stage)
        try:
            stop.check()
        except Cancelled:
            handle.stop()
            raise
    return handle.result()
