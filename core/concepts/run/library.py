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
from core.concepts.run.dissect import dissect, path_of
from core.concepts.run.inputs import Inputs
from core.errors import BadLabels
from core.explain.base import Tick, no_tick
from core.files.assets import ASSETS
from core.requests.dissections import DissectionRequest
from core.requests.keys import key_of

SHIPPED = "efficientnet_lite0"
"""Name of the dissection that comes with SeeWhy."""
FOLDER = ASSETS / "dissections"
LETTERS = 16
"""Of the content key in a name."""
PICTURES = 0.1
"""Share of the work that small pictures of the strongest probes are."""


def name_of(request: DissectionRequest) -> str:
    """Return the name under which the result of a request is kept; its layers are given."""
    return key_of(request)[:LETTERS]


def dissect_and_keep(inputs: Inputs, tick: Tick = no_tick, root: Path | None = None) -> Dissection:
    """Dissect, and keep small pictures of the strongest probes with the result.

    Args:
        inputs: what is asked for.
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

    made = dissect(inputs, first, root)
    if made.thumbs:
        return made
    fit = inputs.request.fit
    made = with_thumbs(made, inputs.probes, inputs.classifier, fit, tick=rest)
    path = path_of(inputs.request, root)
    if path is not None and not _changed(made):
        save(made, path)
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
