"""Requests of an audit: what a folder of pictures with known classes tells of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import BadOption
from core.requests.dissections import EvidenceRequest
from core.requests.maps import FITS, MAX_CLASS, Fit, one_of, whole
from core.requests.measures import BASES
from core.requests.options import check_settings, setting
from core.requests.references import DissectionRef, ModelRef, PictureRef, TruthTableRef
from core.requests.studies import AUTO, StudyRequest, split_label

UNKNOWN = -1
"""Stands for a true class that is not known."""
WORST = 12
"""Errors of each kind that are looked at closely when nobody says how many."""
PLACES = (
    "top left corner",
    "top edge",
    "top right corner",
    "left edge",
    "centre",
    "right edge",
    "bottom left corner",
    "bottom edge",
    "bottom right corner",
)
"""Parts of a picture, row by row: its sides are cut at a quarter and at three quarters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What pictures with known classes tell of a model: what `audit` and the gallery take.

    Attributes:
        study: pictures, model and methods. The first method explains every picture, the others
            only the errors that are looked at closely; the class is always the prediction.
        table: of true classes; None where folders are named after them, or `classes` says them.
        column: of the table, that has the classes; empty for the usual names.
        classes: true class of each picture of the study, in order, empty where it is not known;
            none at all where folders or a table say it.
        worst: how many errors of each kind are looked at closely.
        dissection: has the words for units; None for an audit without concepts.
    """

    study: StudyRequest
    table: TruthTableRef | None = None
    column: str = ""
    classes: tuple[str, ...] = ()
    worst: int = setting(WORST, "Errors of each kind that are looked at closely.", 0, 100)
    dissection: DissectionRef | None = None

    def __post_init__(self) -> None:
        check_settings(self)
        object.__setattr__(self, "study", replace(self.study, targets=(AUTO,)))
        if self.column and self.table is None:
            raise BadOption("A column of true classes needs a table: name the file as well.")
        if self.classes and self.table is not None:
            raise BadOption("True classes are given twice: name a table or type them, not both.")
        if self.classes and len(self.classes) != len(self.study.pictures):
            raise BadOption(
                f"{len(self.classes)} true classes are given for {len(self.study.pictures)} "
                "pictures: give one for each, empty where it is not known."
            )

    @property
    def first(self) -> StudyRequest:
        """The study with its first method alone, which explains every picture."""
        name = split_label(self.study.methods[0])[0]
        options = tuple(each for each in self.study.options if each[0] == name)
        return replace(self.study, methods=self.study.methods[:1], options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRequest:
    """What an audit keeps of all probabilities of one picture.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        truth: index of the true class; `UNKNOWN` where it is not known.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    truth: int = UNKNOWN

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        whole(self.truth, "truth", UNKNOWN, MAX_CLASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversRequest:
    """Which concepts the evidence for a class comes from.

    Attributes:
        evidence: of each channel.
        dissection: has the words of the channels.
    """

    evidence: EvidenceRequest
    dissection: DissectionRef


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverRequest:
    """What a model says of a picture while parts of it are covered, one at a time.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        target: index of the class whose probability is asked.
        places: numbers of `PLACES`, rising, each once, one at least.
        base: what covers them.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    target: int
    places: tuple[int, ...]
    base: str = "mean"

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        one_of(self.base, tuple(BASES), "base")
        whole(self.target, "target", 0, MAX_CLASS)
        if not self.places:
            raise BadOption("The places to cover are missing: give one at least.")
        for place in self.places:
            whole(place, "place", 0, len(PLACES) - 1)
        object.__setattr__(self, "places", tuple(sorted(set(self.places))))
