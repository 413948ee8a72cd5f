"""Dissecting layers: pictures to the model and the encoder, then words for every unit.

Oikarinen and Weng, CLIP-Dissect, ICLR 2023, with a test of every label against chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.caching.memory import machine_memory
from core.concepts.result.dissection import Dissection
from core.concepts.result.file import FILE, load, save
from core.concepts.run import disk_blocks
from core.concepts.run.activations import Tables
from core.concepts.run.label_units import Scoring, draws_of
from core.concepts.run.progress import Course, scoring_seconds
from core.concepts.run.record import record_of, result_key
from core.concepts.run.request import Request, Settled, settle, words_for
from core.concepts.run.similarity import PMI, terms_of
from core.errors import BadLabels, BadOption
from core.explain.base import Tick, no_tick

__all__ = ["Estimate", "Request", "dissect", "estimate", "words_for"]

ROOM = 6 << 30
"""Bytes that may be held at a time while units are scored, at most."""
SHARE = 0.5
"""Of the machine's memory that may be held."""
FALLBACK = 8 << 30
"""Bytes of memory where the machine does not tell."""
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
    """

    pictures: int
    of: int
    seconds: float


def dissect(request: Request, tick: Tick = no_tick, root: Path | None = None) -> Dissection:
    """Describe the units of some layers in words.

    Args:
        request: what is asked.
        tick: told the share done and the stage; what it raises stops the work, which resumes
            there when it is asked for again.
        root: folder for progress and results, as `disk_blocks.default_root` gives it; None saves
            nothing.

    Raises:
        UnknownLayer, UnsupportedLayer: a layer cannot be read.
        BadProbes: hardly any picture can be decoded.
        BadOption: the encoder knows none of the words, or the table would be too large.
        Cancelled: raised by `tick`.
    """
    settled = settle(request)
    path = _path_of(settled, root)
    if path is not None and path.is_file():
        try:
            return load(path)
        except BadLabels:
            path.unlink(missing_ok=True)  # damaged: it is made again
    disk_blocks.trim(root)
    tables = Tables(settled.source, root)
    course = Course(tick, _scoring_seconds(settled))
    tables.fill(course.pictures)
    numbers, words = tables.good(), settled.words
    _check_room(len(numbers), len(words.words), max(tap.units for tap in settled.source.taps))
    cosines = tables.cosines(words.words, course.part("words", 0.1))
    scoring = Scoring(request, tables, cosines, numbers, course)
    layers = scoring.layers()
    result = Dissection(
        record=record_of(settled, numbers, tables.changed, layers, scoring.draws),
        words=words.words,
        categories={
            word: words.categories[word] for word in words.words if word in words.categories
        },
        probes=request.probes.names,
        layers=layers,
    )
    if path is not None and not tables.changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(result, path)
    tick(1.0, "done")
    return result


def estimate(request: Request, root: Path | None = None) -> Estimate:
    """Return what `dissect` will take, from a trial with a few pictures.

    Raises:
        SeeWhyError: the request cannot be done.
    """
    settled = settle(request)
    whole, path = len(request.probes), _path_of(settled, root)
    if path is not None and path.is_file():
        return Estimate(0, whole, 0.0)
    tables = Tables(settled.source, root)
    pictures = min(whole, len(tables.missing()) * disk_blocks.BLOCK)
    seconds = pictures * tables.trial() if pictures else 0.0
    return Estimate(pictures, whole, seconds + _scoring_seconds(settled))


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


def _path_of(settled: Settled, root: Path | None) -> Path | None:
    """Return where the finished result of a request lies, or would lie."""
    return root / result_key(settled) / FILE if root is not None else None


def _scoring_seconds(settled: Settled) -> float:
    """Guess how long everything takes that comes after the pictures."""
    request, pictures, words = (
        settled.request,
        len(settled.request.probes),
        len(settled.words.words),
    )
    draws = draws_of(request, [tap.units for tap in settled.source.taps], pictures, words)
    drawn = max(draws) if request.similarity in PMI else sum(draws)
    terms = terms_of(request.similarity, pictures, words)
    return scoring_seconds(pictures, words, (settled.units + drawn) * terms)
