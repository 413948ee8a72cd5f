"""Dissecting layers: pictures to the model and the encoder, then words for every unit.

Oikarinen and Weng, CLIP-Dissect, ICLR 2023, with a test of every label against chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.caching.memory import machine_memory
from core.concepts.result.dissection import Dissection
from core.concepts.result.file import FILE, load, save
from core.concepts.run import disk_blocks
from core.concepts.run.activations import Tables
from core.concepts.run.inputs import Inputs
from core.concepts.run.label_units import Scoring, draws_of
from core.concepts.run.pointwise import PMI
from core.concepts.run.progress import Course, scoring_seconds
from core.concepts.run.record import record_of
from core.concepts.run.similarity import terms_of
from core.errors import BadLabels, BadOption
from core.explain.base import Tick, no_tick
from core.requests.dissections import DissectionRequest
from core.requests.keys import key_of

ROOM = 6 << 30
"""Bytes that may be held at a time while units are scored, at most."""
SHARE = 0.5
"""Of the machine's memory that may be held."""
FALLBACK = 8 << 30
"""Bytes of memory where the machine does not tell."""
Fill = Callable[[Tables, Tick], None]
"""Shows pictures to the model and the encoder: all of those that tables lack."""
_PER_WORD = 4
"""Bytes of a cosine, and of a similarity."""
_PER_UNIT = 32
"""Bytes of an activation while a layer is sorted: values and their copies, indices, positions."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a dissection will take.

    Attributes:
        pictures: of the set that must still be shown to the model or the encoder.
        of: pictures of the set.
        seconds: about, for all of it; 0 where the result is saved.
        probes: name of the set.
        words: concepts that units may be described with.
    """

    pictures: int
    of: int
    seconds: float
    probes: str
    words: int


def dissect(
    inputs: Inputs, tick: Tick = no_tick, root: Path | None = None, fill: Fill = Tables.fill
) -> Dissection:
    """Describe the units of some layers in words.

    Args:
        inputs: what is asked for.
        tick: told the share done and the stage; what it raises stops the work, which resumes
            there when it is asked for again.
        root: folder for progress and results, as `disk_blocks.default_root` gives it; None saves
            nothing.
        fill: shows the pictures to the model and the encoder.

    Raises:
        BadProbes: hardly any picture can be decoded.
        BadOption: the table would be too large.
        Cancelled: raised by `tick`.
    """
    path = path_of(inputs.request, root)
    if path is not None and path.is_file():
        try:
            return load(path)
        except BadLabels:
            path.unlink(missing_ok=True)  # damaged: it is made again
    disk_blocks.trim(root)
    tables = Tables(inputs, root)
    course = Course(tick, _scoring_seconds(inputs))
    fill(tables, course.pictures)
    numbers, words = tables.good(), inputs.vocabulary
    _check_room(len(numbers), len(words.words), max(tap.units for tap in inputs.taps))
    cosines = tables.cosines(words.words, course.part("words", 0.1))
    scoring = Scoring(inputs, tables, cosines, numbers, course)
    layers = scoring.layers()
    result = Dissection(
        record=record_of(inputs, tables, numbers, layers, scoring.draws),
        words=words.words,
        categories={
            word: words.categories[word] for word in words.words if word in words.categories
        },
        probes=inputs.probes.names,
        layers=layers,
    )
    if path is not None and not tables.changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(result, path)
    tick(1.0, "done")
    return result


def estimate(inputs: Inputs, root: Path | None = None) -> Estimate:
    """Return what `dissect` will take, from a trial with a few pictures."""
    whole, path = len(inputs.probes), path_of(inputs.request, root)
    words = len(inputs.vocabulary.words)
    if path is not None and path.is_file():
        return Estimate(0, whole, 0.0, inputs.probes.name, words)
    tables = Tables(inputs, root)
    pictures = min(whole, len(tables.missing()) * disk_blocks.BLOCK)
    seconds = _scoring_seconds(inputs)
    if pictures:
        seconds += pictures * tables.trial()
    return Estimate(pictures, whole, seconds, inputs.probes.name, words)


def _check_room(pictures: int, words: int, units: int) -> None:
    """Refuse tables that this machine cannot hold.

    Args:
        pictures: that could be decoded.
        words: that the encoder knows.
        units: of the widest layer.

    Raises:
        BadOption: they are too large together.
    """
    needed = _PER_WORD * words * (pictures + units) + _PER_UNIT * pictures * units
    room = min(ROOM, int(SHARE * (machine_memory() or FALLBACK)))
    if needed > room:
        raise BadOption(
            f"{pictures:,} pictures, {words:,} words and {units:,} units take "
            f"{needed / 2**30:.1f} GB of memory, more than the {room / 2**30:.1f} GB for them: "
            "take fewer pictures or words."
        )


def path_of(request: DissectionRequest, root: Path | None) -> Path | None:
    """Return where the finished result of a request lies, or would lie; its layers are given."""
    return root / key_of(request) / FILE if root is not None else None


def _scoring_seconds(inputs: Inputs) -> float:
    """Guess how long everything takes that comes after the pictures."""
    request, pictures = inputs.request, len(inputs.probes)
    words = len(inputs.vocabulary.words)
    draws = draws_of(request, [tap.units for tap in inputs.taps], pictures, words)
    drawn = max(draws) if request.similarity in PMI else sum(draws)
    terms = terms_of(request.similarity, pictures, words)
    return scoring_seconds(pictures, words, (inputs.units + drawn) * terms)
