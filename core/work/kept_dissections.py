"""Finished dissections that requests name, read from where they are kept."""

from __future__ import annotations

from functools import lru_cache

from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.errors import BadLabels
from core.requests.keys import key_of
from core.requests.references import DissectionRef


def kept_dissection(reference: DissectionRef) -> Dissection:
    """Return a dissection that is kept on this machine.

    Raises:
        BadLabels: it is not here, or another one has its name.
    """
    found = _found(reference.name)
    finished = library.describe(reference.name, found) if found else None
    if found is None or finished is None or key_of(finished.request) != reference.digest:
        raise BadLabels(
            f"The dissection {reference.name[:80]} is not on this machine: make it with the "
            "command dissect, or audit without it (--dissection none)."
        )
    return found


@lru_cache(maxsize=2)
def _found(name: str) -> Dissection | None:
    return library.find(name, disk_blocks.default_root())
