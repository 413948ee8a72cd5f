"""Which engine computes: this process, or workers of Ray on one machine or many."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadOption

VARIABLE = "SEEWHY_ENGINE"
"""Environment variable that names the engine of the dashboard."""
CORES = "SEEWHY_RAY_CORES"
"""Environment variable with the cores that a worker takes."""
FORMS = "local, ray or ray://HOST:PORT"
_REMOTE = re.compile(r"ray://([A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Engine:
    """Who computes.

    Attributes:
        is_ray: whether workers of Ray do; else this process.
        address: of a Ray cluster's client server; empty for a cluster that this machine is part
            of, or one that is started for as long as this process runs.
        cores: that a worker takes; 0 for the usual number.
    """

    is_ray: bool = False
    address: str = ""
    cores: int = 0

    @property
    def place(self) -> tuple[str, int]:
        """Host and port of the address."""
        host, _, port = self.address.removeprefix("ray://").rpartition(":")
        return host.strip("[]"), int(port)


def engine_of(text: str, cores: str = "") -> Engine:
    """Return the engine of that name.

    Args:
        text: `local`, `ray` or `ray://HOST:PORT`; nothing is `local`.
        cores: that a worker takes, a whole number; nothing for the usual number.

    Raises:
        BadOption: it is none of these.
    """
    if cores and not (cores.isdecimal() and 1 <= int(cores) <= 1024):
        raise BadOption(f"{CORES} is {cores!r:.80}: give the cores of a worker, 1 to 1024.")
    named = text.strip()
    if named in ("", "local"):
        return Engine()
    if named == "ray":
        return Engine(is_ray=True, cores=int(cores or 0))
    found = _REMOTE.fullmatch(named)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise BadOption(f"The engine is {text!r:.80}: give {FORMS}.")
    return Engine(is_ray=True, address=named, cores=int(cores or 0))


def engine_here(environment: Mapping[str, str] | None = None) -> Engine:
    """Return the engine that the environment names.

    Raises:
        BadOption: it names none that exists.
    """
    known = os.environ if environment is None else environment
    return engine_of(known.get(VARIABLE, ""), known.get(CORES, ""))
