"""Settings of the measures that say how far one map can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from core.errors import BadOption
from core.requests.maps import (
    FITS,
    MAX_CLASS,
    MAX_SEED,
    AnyMap,
    Fit,
    one_of,
    whole,
)
from core.requests.options import check_settings, setting
from core.requests.references import ModelRef, PictureRef, TruthFileRef, TruthRef
from core.requests.studies import StudyRequest

DEFAULT_MEASURES = ("single-deletion", "deletion", "insertion", "randomisation")
"""What is measured when nobody says what."""
Control = Literal["random", "sobel", "centre"]
CONTROLS: tuple[Control, ...] = ("random", "sobel", "centre")
RANDOM_MAPS = 50
"""Random maps whose spread says what chance gives."""

BASES: Mapping[str, str] = {
    "blur": "the picture blurred over 11 pixels, sigma 5",
    "mean": "the model's mean colour, 0 after normalisation",
    "black": "black, colour 0 before normalisation",
}
"""What stands in the place of removed pixels, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSettings:
    """How maps are measured; a setting that a measure does not name does not matter to it.

    Attributes:
        seed: drives every random number.
    """

    base: str = setting(
        "mean", "What replaces pixels in deletion and insertion.", choices=tuple(BASES)
    )
    steps: int = setting(28, "Steps of deletion and insertion.", 2, 448)
    tolerance: int = setting(15, "Pixels by which the pointing game may miss the object.", 1, 200)
    stages: int = setting(8, "Steps in which the weights of a model are made random.", 1, 100)
    copies: int = setting(5, "Changed copies of the picture for stability.", 1, 50)
    noise: float = setting(
        0.02, "Standard deviation of the noise for stability, white being 1.", 0.001, 0.5
    )
    shift: int = setting(4, "Largest shift in pixels for stability.", 1, 64)
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self)
        whole(self.seed, "seed", 0, MAX_SEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRequest:
    """A map that knows nothing of the model, to compare others with.

    Attributes:
        picture, model, fit: as in `PredictionRequest`; the map has the size of the model's input.
        target: index of the class, which the measures look at.
        control: `random` (smooth), `sobel` (the picture's edges) or `centre`.
        number: which of the random maps; 0 for the others.
        seed: of the random maps.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    target: int
    control: Control
    number: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        one_of(self.control, CONTROLS, "control")
        whole(self.target, "target", 0, MAX_CLASS)
        whole(self.number, "number", 0, RANDOM_MAPS - 1)
        whole(self.seed, "seed", 0, MAX_SEED)

    @property
    def label(self) -> str:
        """What it is called among the methods."""
        return self.control


Measurable = AnyMap | ControlRequest
"""What can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRequest:
    """One measure of one map.

    Attributes:
        map: what is measured.
        measure: command-line name, for example `deletion`.
        settings: of the measure.
        on: whom pictures are shown that measure the map; the map's own model when not given.
        truth: where the object is; None for measures that do not ask.
        others: pictures from which three of other classes are chosen for a mosaic; none for
            measures without one.
    """

    map: Measurable
    measure: str
    on: ModelRef | None = None
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    truth: TruthRef | None = None
    others: tuple[PictureRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomIntervalRequest:
    """What a measure says of the random maps of one picture: where chance lies.

    Attributes:
        picture, model, fit: as in `PredictionRequest`; a map that was measured on another model
            than its own is compared with random maps on that one.
        target: index of the class.
        measure: command-line name of a measure that makes no maps anew.
        settings: of the measure; their seed is that of the random maps.
        truth: as in `MeasureRequest`.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    target: int
    measure: str
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    truth: TruthRef | None = None

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        whole(self.target, "target", 0, MAX_CLASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """One measure of one map beside its controls: how far the map can be trusted.

    Attributes:
        map, measure, settings, truth, others: as in `MeasureRequest`.
        full: whether also the costly controls are asked for: random maps where each of them takes
            passes of its own, and the same method on the untrained network.
    """

    map: AnyMap
    measure: str
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    truth: TruthRef | None = None
    others: tuple[PictureRef, ...] = ()
    full: bool = False

    @property
    def of_map(self) -> MeasureRequest:
        """The measure of the map itself."""
        return MeasureRequest(
            map=self.map,
            measure=self.measure,
            settings=self.settings,
            truth=self.truth,
            others=self.others,
        )

    @property
    def of_random(self) -> RandomIntervalRequest:
        """The same measure of random maps."""
        return RandomIntervalRequest(
            picture=self.map.picture,
            model=self.map.model,
            fit=self.map.fit,
            target=self.map.target,
            measure=self.measure,
            settings=self.settings,
            truth=self.truth,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """What the model sees and says at one step of deletion or insertion.

    Attributes:
        map: whose hottest pixels come first.
        deletes: whether they are deleted, else inserted.
        percent: of the pixels, 0 to 100.
        settings: their base counts.
    """

    map: AnyMap
    deletes: bool
    percent: int
    settings: MeasureSettings = field(default_factory=MeasureSettings)

    def __post_init__(self) -> None:
        whole(self.percent, "percent", 0, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredStudyRequest:
    """Measures of the maps of one or more pictures: what `measure` takes.

    Attributes:
        study: the maps.
        measures: command-line names, one at least.
        settings: of the measures; their seed is the study's.
        truth: where the objects are in the pictures, for the measures that ask; None without.
    """

    study: StudyRequest
    measures: tuple[str, ...]
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    truth: TruthFileRef | None = None

    def __post_init__(self) -> None:
        if not self.measures:
            raise BadOption("A measure is missing: give one at least.")
        object.__setattr__(self, "settings", replace(self.settings, seed=self.study.seed))
