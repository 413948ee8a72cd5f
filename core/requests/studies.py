"""Requests about several maps: of many pictures, and how far maps of one picture agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from core.errors import BadOption
from core.requests.maps import (
    AUTO_SAMPLES,
    FITS,
    MAX_SEED,
    MOST_SAMPLES,
    PRECISIONS,
    SAMPLES_HELP,
    SAMPLING_HELP,
    SAMPLINGS,
    SUFFIX,
    AnyMap,
    Fit,
    KernelShapRequest,
    LimeRequest,
    MapRequest,
    Outline,
    Precision,
    PredictionRequest,
    SamplesRequest,
    Segmentation,
    Smooth,
    SuperpixelsRequest,
    Surrogate,
    one_of,
    whole,
)
from core.requests.options import Value, check_settings, setting
from core.requests.references import ModelRef, PictureRef

AUTO = "auto"
"""Stands for the predicted class."""
FOLDER = "folder"
"""Stands for the true class, which the picture's folder is named after."""
LIME, KERNEL_SHAP = "lime", "kernel-shap"
RuleKind = Literal["top", "value", "otsu", "superpixels"]
Sign = Literal["positive", "any"]
TOP = 10.0
"""Percent of its pixels that a map marks when nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeSettings:
    """All that LIME takes besides the picture, the model and the class.

    KernelSHAP takes the same, apart from the sampling and the surrogate, which are its own.
    """

    segmentation: Segmentation = field(default_factory=Segmentation)
    samples: int = setting(1000, SAMPLES_HELP, 50, MOST_SAMPLES, words=(("auto", AUTO_SAMPLES),))
    fill: str = setting("mean", "What replaces a hidden superpixel: mean, blur or a colour.")
    sampling: str = setting("random", SAMPLING_HELP, choices=SAMPLINGS)
    surrogate: Surrogate = field(default_factory=Surrogate)
    outline: Outline = field(default_factory=Outline)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """The same maps of one or more pictures: what `explain` takes and the pages show.

    Attributes:
        pictures: what is shown, one at least.
        model: to whom.
        fit: as in `PredictionRequest`.
        methods: labels such as `grad-cam+eigen`, one at least.
        layers: module paths; empty for the model's last layer.
        targets: classes to explain, each `auto` (the prediction), `folder` (the class
            that the picture's folder is named after), an index or a name.
        precision, seed: as in `MapRequest`.
        lime: settings of the methods `lime` and `kernel-shap`; the defaults of what none of
            `methods` uses.
        options: settings of the other methods, by method and name, sorted.
    """

    pictures: tuple[PictureRef, ...]
    model: ModelRef
    fit: Fit = "squash"
    methods: tuple[str, ...]
    layers: tuple[str, ...] = ()
    targets: tuple[str, ...] = (AUTO,)
    precision: Precision = "exact"
    seed: int = 0
    lime: LimeSettings = field(default_factory=LimeSettings)
    options: tuple[tuple[str, str, Value], ...] = ()

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        one_of(self.precision, PRECISIONS, "precision")
        whole(self.seed, "seed", 0, MAX_SEED)
        for values, what in ((self.pictures, "picture"), (self.methods, "method")):
            if not values:
                raise BadOption(f"A {what} is missing: give one at least.")
        object.__setattr__(self, "options", tuple(sorted(self.options)))
        if LIME not in self.methods:  # then some of them ask for nothing
            kept = LimeSettings()
            if KERNEL_SHAP in self.methods:
                kept = replace(self.lime, sampling=kept.sampling, surrogate=kept.surrogate)
            object.__setattr__(self, "lime", kept)

    def prediction(self, picture: PictureRef) -> PredictionRequest:
        """Return the request for the prediction of one picture."""
        return PredictionRequest(picture=picture, model=self.model, fit=self.fit)

    def map_of(self, label: str, picture: PictureRef, target: int) -> AnyMap:
        """Return the request for one map.

        Args:
            label: one of `methods`.
            picture: one of `pictures`, with its digest.
            target: index of the class.

        Raises:
            BadOption: a setting is outside its range.
        """
        method, smooth = split_label(label)
        if method not in (LIME, KERNEL_SHAP) or smooth != "none":
            return MapRequest(
                picture=picture,
                model=self.model,
                fit=self.fit,
                method=method,
                target=target,
                layers=self.layers,
                smooth=smooth,
                precision=self.precision,
                seed=self.seed,
                options=tuple((name, value) for of, name, value in self.options if of == method),
            )
        parts = SuperpixelsRequest(
            picture=picture, model=self.model, fit=self.fit, segmentation=self.lime.segmentation
        )
        samples = SamplesRequest(
            superpixels=parts,
            samples=self.lime.samples,
            fill=self.lime.fill,
            sampling=self.lime.sampling,
            seed=self.seed,
            precision=self.precision,
        )
        outline = self.lime.outline
        if method == KERNEL_SHAP:
            return KernelShapRequest(samples=samples, target=target, outline=outline)
        return LimeRequest(
            samples=samples, target=target, surrogate=self.lime.surrogate, outline=outline
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What of a map counts as marked.

    Attributes:
        kind: `top` percent of the pixels, `value` of the scaled map or more, Otsu's threshold
            (Otsu 1979) or LIME's heaviest `superpixels`.
        amount: percent in (0, 100], a value in [0, 1], or a number of superpixels.
        sign: whether only superpixels that support the class count.
    """

    kind: RuleKind = "top"
    amount: float = TOP
    sign: Sign = "positive"

    def __post_init__(self) -> None:
        one_of(self.kind, ("top", "value", "otsu", "superpixels"), "rule")
        one_of(self.sign, ("positive", "any"), "sign")
        ranges = {"top": (0.01, 100.0), "value": (0.0, 1.0), "superpixels": (1.0, 1000.0)}
        low, high = ranges.get(self.kind, (-math.inf, math.inf))
        if not low <= self.amount <= high:
            raise BadOption(f"{self.kind} is {self.amount:g}: give {low:g} to {high:g}.")
        object.__setattr__(self, "amount", float(self.amount))

    @property
    def text(self) -> str:
        """The rule in one word for tables: `top10`, `value0.5`, `otsu`, `superpixels5`."""
        if self.kind == "otsu":
            return "otsu"
        ending = "any" if self.kind == "superpixels" and self.sign == "any" else ""
        return f"{self.kind}{self.amount:g}{ending}"

    @property
    def words(self) -> str:
        """The rule for a person."""
        if self.kind == "superpixels":
            which = "" if self.sign == "any" else " that support the class"
            return f"the {self.amount:g} highest-weighted superpixels{which}"
        if self.kind == "value":
            return f"pixels from {self.amount:g} of the scaled map on"
        if self.kind == "otsu":
            return "pixels above Otsu's threshold"
        return f"the highest {self.amount:g} % of the pixels"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRequest:
    """How far the maps of one picture agree.

    Attributes:
        maps: two or more of the same picture.
        rules: what each of them marks.
    """

    maps: tuple[AnyMap, ...]
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if len(self.maps) != len(self.rules) or len(self.maps) < 2:
            raise BadOption("An overlap needs two maps or more, and a rule for each.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsRequest:
    """The overlap of two maps over all shares of marked pixels.

    Attributes:
        first, second: two maps of the same picture.
    """

    first: AnyMap
    second: AnyMap


def lime_settings_of(request: LimeRequest | KernelShapRequest) -> LimeSettings:
    """Return the settings of a request; those that KernelSHAP does not take have their default."""
    settings = LimeSettings(
        segmentation=request.samples.superpixels.segmentation,
        samples=request.samples.samples,
        fill=request.samples.fill,
        outline=request.outline,
    )
    if not isinstance(request, LimeRequest):
        return settings
    return replace(settings, sampling=request.samples.sampling, surrogate=request.surrogate)


def split_label(label: str) -> tuple[str, Smooth]:
    """Split `grad-cam+eigen` into the method's name and its smoothing; case does not matter."""
    text = label.strip().lower()
    for smooth, suffix in SUFFIX.items():
        if suffix and text.endswith(suffix):
            return text.removesuffix(suffix), smooth
    return text, "none"
