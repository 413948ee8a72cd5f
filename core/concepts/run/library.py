"""Finished dissections by a short name: those of this machine, and the one that comes with SeeWhy.

A name is the beginning of the content key, so a link to a dissection cannot be guessed from what
was dissected by somebody who lacks the pictures or the weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from core.concepts.result.dissection import Dissection
from core.concepts.result.file import FILE, load, save
from core.concepts.result.thumbnails import with_thumbs
from core.concepts.run.dissect import dissect
from core.concepts.run.record import result_key
from core.concepts.run.request import Request, settle
from core.errors import BadLabels
from core.explain.base import Tick, no_tick
from core.files.assets import ASSETS

SHIPPED = "embedded"
"""Name of the dissection that comes with SeeWhy."""
FOLDER = ASSETS / "dissections"
LETTERS = 16
"""Of the content key in a name."""
PICTURES = 0.1
"""Share of the work that small pictures of the strongest probes are."""


def name_of(request: Request) -> str:
    """Return the name under which the result of a request is kept.

    Raises:
        SeeWhyError: the request cannot be done.
    """
    return result_key(settle(request))[:LETTERS]


def dissect_and_keep(
    request: Request, tick: Tick = no_tick, root: Path | None = None
) -> Dissection:
    """Dissect, and keep small pictures of the strongest probes with the result.

    Args:
        request: what is asked.
        tick: told the share done and the stage; may raise to stop, and the work resumes there
            when it is asked for again.
        root: folder for results, as for `dissect`.

    Raises:
        SeeWhyError: as `dissect` does.
    """

    def first(share: float, stage: str = "") -> None:
        tick((1 - PICTURES) * share, stage)

    def rest(share: float, stage: str = "") -> None:
        tick(1 - PICTURES + PICTURES * share, stage)

    made = dissect(request, first, root)
    if made.thumbs:
        return made
    made = with_thumbs(made, request.probes, request.classifier, request.fit, tick=rest)
    if root is not None and not _changed(made):
        save(made, root / result_key(settle(request)) / FILE)
    return made


def _changed(dissection: Dissection) -> bool:
    """Tell whether a picture changed meanwhile: then the result is not what its key says."""
    probes = dissection.record.get("probes")
    return isinstance(probes, Mapping) and bool(probes.get("changed"))


def find(name: str, root: Path | None = None) -> Dissection | None:
    """Return a finished dissection by its name, None where it is not on this machine.

    Args:
        name: from `name_of`, or `SHIPPED`; anything may stand in a link.
        root: folder for results.
    """
    if name == SHIPPED:
        paths = [FOLDER / f"{SHIPPED}.npz"]
    elif root is None or not re.fullmatch(rf"[0-9a-f]{{{LETTERS}}}", name):
        return None
    else:
        paths = sorted(root.glob(f"{name}*/{FILE}"))
    for path in paths:
        try:
            return load(path)
        except BadLabels:
            continue
    return None
