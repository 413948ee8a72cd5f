"""The connection to Ray: finding or starting a cluster, and how many workers have room there."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInstallation, BadOption
from core.imports.lazy import library
from core.models.device import usable_cores
from core.work.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
"""Where this code lies; every machine of a cluster has it there."""
USUAL_CORES = 4
"""Cores of a worker without a GPU, if its machine has them: more speed up one picture little."""
KNOCK, ANSWER = 4.0, 8.0
"""Seconds in which a machine, and then Ray on it, must answer."""
PASSED = ("SEEWHY_", "XDG_CACHE_HOME", "HF_", "TORCH_HOME")
"""How the names of environment variables begin that workers get too: where weights are found."""
TOKENS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
"""Environment variables with the token of Ray's clusters, or where it lies."""
OBJECTS = 1 << 30
"""Bytes of memory for what is sent, where this process starts Ray."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The workers that a cluster has room for.

    Attributes:
        count: how many.
        cores: of each, which are its threads.
        gpus: of each, 0 or 1.
    """

    count: int
    cores: int
    gpus: int


def ray_library() -> Any:  # noqa: ANN401 - a module without types
    """Return Ray, imported when it is first asked for.

    Raises:
        BadInstallation: it is not installed.
    """
    # No request leaves the machines; and a worker without a GPU sees none from now on already.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # a late call must start no cluster
    # Ray asks for its token from whoever joins a cluster of a machine that has one, and its client
    # sends it only if it is told to.
    with suppress(RuntimeError):  # a user may have no home
        kept = Path("~/.ray/auth_token").expanduser().is_file()
        if kept or any(name in os.environ for name in TOKENS):
            os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        return library("ray")
    except ImportError as error:
        raise BadInstallation(
            "The engine ray needs Ray, which is not installed: run "
            "`pip install -r requirements-ray.txt`, or choose the engine local."
        ) from error


def connect(engine: Engine) -> tuple[Any, bool]:
    """Return Ray, connected; and whether this call has connected it.

    Args:
        engine: with the address of a cluster; without, the one that this machine is part of is
            joined, and where there is none, one is started.

    Raises:
        BadInstallation: Ray is not installed.
        BadOption: nothing answers at the address in time.
    """
    ray = ray_library()
    if engine.address:
        _knock(engine)
    if ray.is_initialized():
        return ray, False
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if engine.address:
        _in_time(engine, lambda: ray.init(engine.address, **quiet))
        return ray, True
    wanted = os.environ.get("RAY_ADDRESS") or _started_here()
    if wanted != "local":
        ray.init(wanted, **quiet)
        return ray, True
    own = {"num_cpus": usable_cores(), "include_dashboard": False, "object_store_memory": OBJECTS}
    ray.init("local", **own, **quiet)
    return ray, True


def planned(nodes: Sequence[Mapping[str, Any]], cores: int = 0) -> Plan:
    """Return the workers: one a GPU, else as many as the cores of each machine allow.

    Args:
        nodes: as `ray.nodes()` lists them.
        cores: of a worker; 0 for as many as suit the smallest machine.

    Raises:
        BadOption: there is no room for one.
    """
    machines = [each["Resources"] for each in nodes if each.get("Alive")]
    sizes = [(int(each.get("CPU", 0)), int(each.get("GPU", 0))) for each in machines]
    with_gpus = [(cpus, gpus) for cpus, gpus in sizes if gpus and cpus]
    if with_gpus:
        own = cores or min(USUAL_CORES, *(max(1, cpus // gpus) for cpus, gpus in with_gpus))
        count = sum(min(gpus, cpus // own) for cpus, gpus in with_gpus)
        plan = Plan(count, own, 1)
    else:
        own = cores or min([USUAL_CORES, *(cpus for cpus, _ in sizes if cpus)])
        plan = Plan(sum(cpus // own for cpus, _ in sizes), own, 0)
    if not plan.count:
        most = max((cpus for cpus, _ in sizes), default=0)
        raise BadOption(
            f"No machine of the Ray cluster has {own} cores for a worker, the largest has {most}: "
            "set SEEWHY_RAY_CORES to fewer."
        )
    return plan


def options_of(plan: Plan) -> dict[str, Any]:
    """Return how an actor is started: its share of a machine, and the code of this folder."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    named = {key: value for key, value in os.environ.items() if key.startswith(PASSED)}
    variables = {**named, "PYTHONPATH": path, "OMP_NUM_THREADS": str(plan.cores)}
    return {
        "num_cpus": plan.cores,
        "num_gpus": plan.gpus,
        "max_restarts": -1,
        "max_concurrency": 64,
        "scheduling_strategy": "SPREAD",
        "runtime_env": {"env_vars": variables},
    }


def _started_here() -> str:
    """Return the address of the cluster that `ray start` has started on this machine, or `local`.

    Ray's own `auto` would also take a cluster that another program holds for itself.
    """
    try:
        path = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")  # noqa: S108
        address = path.read_text("utf-8").strip()
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), timeout=KNOCK).close()
    except (OSError, ValueError):
        return "local"
    return address


def _knock(engine: Engine) -> None:
    """Make sure that something listens: Ray itself tries for half a minute."""
    host, port = engine.place
    try:
        socket.create_connection((host, port), timeout=KNOCK).close()
    except OSError as error:
        raise BadOption(
            f"No Ray cluster answers at {engine.address} ({error.strerror or error}): start one "
            "there with `ray start --head`, or give another address."
        ) from error


def _in_time(engine: Engine, work: Callable[[], object]) -> None:
    """Do something that may hang, in a thread that is left alone then."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="seewhy-connect", daemon=True)
    thread.start()
    thread.join(ANSWER)
    if thread.is_alive() or failed:
        why = " ".join(str(failed[0]).split())[:200] if failed else "no answer in time"
        raise BadOption(
            f"What listens at {engine.address} is no Ray cluster that can be used ({why}): give "
            "the address of its client server, usually port 10001, with the same versions of "
            "Python and Ray."
        )
