"""Finished dissections by a short name: those of this machine, and those that come with SeeWhy.

A name is the beginning of the content key, so a link to a dissection cannot be guessed from what
was dissected by somebody who lacks the pictures or the weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core.concepts.result.dissection import Dissection
from core.concepts.result.file import FILE, load, load_record, save
from core.concepts.result.thumbnails import with_thumbs
from core.concepts.run.activations import Tables
from core.concepts.run.dissect import Fill, dissect, path_of
from core.concepts.run.inputs import Inputs
from core.errors import BadLabels, BadOption
from core.explain.base import Tick, no_tick
from core.files.assets import ASSETS
from core.models.catalog_entry import RANDOM
from core.models.reference import control_of
from core.requests.dissections import DissectionRequest
from core.requests.keys import key_of
from core.requests.plain import from_plain

SHIPPED = "efficientnet_lite0"
"""Name of the default model's dissection, which comes with SeeWhy."""
FOLDER = ASSETS / "dissections"
LETTERS = 16
"""Of the content key in a name."""
PICTURES = 0.1
"""Share of the work that small pictures of the strongest probes are."""


def name_of(request: DissectionRequest) -> str:
    """Return the name under which the result of a request is kept; its layers are given."""
    return key_of(request)[:LETTERS]


def dissect_and_keep(
    inputs: Inputs, tick: Tick = no_tick, root: Path | None = None, fill: Fill = Tables.fill
) -> Dissection:
    """Dissect, and keep small pictures of the strongest probes with the result.

    Args:
        inputs: what is asked for.
        tick: told the share done and the stage; may raise to stop, and the work resumes there
            when it is asked for again.
        root: folder for results, as for `dissect`.
        fill: as for `dissect`.

    Raises:
        SeeWhyError: as `dissect` does.
    """

    def first(share: float, stage: str = "") -> None:
        tick((1 - PICTURES) * share, stage)

    def rest(share: float, stage: str = "") -> None:
        tick(1 - PICTURES + PICTURES * share, stage)

    made = dissect(inputs, first, root, fill)
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
        name: from `name_of`, or of one that comes with SeeWhy; anything may stand in a link.
        root: folder for results.
    """
    paths = [path for path in _shipped() if path.stem == name]
    if not paths and root is not None and re.fullmatch(rf"[0-9a-f]{{{LETTERS}}}", name):
        paths = sorted(root.glob(f"{name}*/{FILE}"))
    for path in paths:
        try:
            return load(path)
        except BadLabels:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Finished:
    """What a list says of a finished dissection.

    Attributes:
        name: as `find` takes it.
        title: of the model, as its record has it.
        request: that it answers.
    """

    name: str
    title: str
    request: DissectionRequest

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with SeeWhy."""
        return any(path.stem == self.name for path in _shipped())


def finished(root: Path | None = None) -> tuple[Finished, ...]:
    """Return all finished dissections, those that come with SeeWhy first, then the oldest first.

    Only their records are read, each once.

    Args:
        root: folder for results.
    """
    places = [(path, path.stem) for path in _shipped()]
    if root is not None:
        results = sorted(
            (written, path) for path in root.glob(f"*/{FILE}") if (written := _time(path))
        )
        places += [(path, path.parent.name[:LETTERS]) for _, path in results]
    made = (_described(path, name, _time(path)) for path, name in places)
    return tuple(each for each in made if each is not None)


def describe(name: str, dissection: Dissection) -> Finished | None:
    """Return what a list says of a dissection; None where its record names no request."""
    return _of_record(name, dissection.record)


def is_control(request: DissectionRequest, of: DissectionRequest) -> bool:
    """Tell whether a dissection shows the same network, untrained, under the same settings.

    Args:
        request: of the dissection in question.
        of: of the trained network's; the other one may lack some of its layers.
    """
    if request.model.weights != RANDOM or not set(request.layers) <= set(of.layers):
        return False
    control = control_of(of.model, "cpu")
    if control is None:
        return False
    return _settings(replace(request, model=replace(request.model, device="cpu"))) == _settings(
        replace(of, model=control)
    )


def _settings(request: DissectionRequest) -> str:
    """Return a key of a request that leaves out the layers and where the encoder computes."""
    encoder = replace(request.encoder, device="cpu")
    return key_of(replace(request, layers=(), encoder=encoder))


def _shipped() -> list[Path]:
    return sorted(FOLDER.glob("*.npz"))


def _time(path: Path) -> int:
    """Return when a file was written, 0 where it is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4096)
def _described(path: Path, name: str, written: int) -> Finished | None:
    try:
        return _of_record(name, load_record(path))
    except BadLabels:
        return None


def _of_record(name: str, record: Mapping[str, object]) -> Finished | None:
    model = record.get("model")
    try:
        request = from_plain(record.get("request"))
    except BadOption:  # of a version that knew other settings
        return None
    if not isinstance(request, DissectionRequest) or not isinstance(model, Mapping):
        return None
    return Finished(name, str(model.get("title", "")), request)
