"""Requests about one picture: its prediction, a map of a layer, and LIME with its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal

from core.errors import BadOption
from core.requests.options import Value, check_settings, setting
from core.requests.references import ModelRef, PictureRef

Fit = Literal["squash", "crop"]
Precision = Literal["exact", "fast"]
Smooth = Literal["none", "eigen", "aug", "both"]

FITS: tuple[Fit, ...] = ("squash", "crop")
PRECISIONS: tuple[Precision, ...] = ("exact", "fast")
SMOOTHS: tuple[Smooth, ...] = ("none", "eigen", "aug", "both")
SUFFIX: Mapping[Smooth, str] = {"none": "", "eigen": "+eigen", "aug": "+aug", "both": "+both"}
MAX_SEED = 2**32 - 1
MAX_CLASS = 10_000_000

WITHOUT_LAYER: frozenset[str] = frozenset(
    (
        "attention-gradient",
        "attention-rollout",
        "guided-backprop",
        "input-x-gradient",
        "integrated-gradients",
        "legrad",
        "occlusion",
        "rise",
        "saliency",
        "smoothgrad",
    )
)
"""Methods that know no layer, so that one map serves every choice of layers."""
ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "quickshift": ("kernel_size", "max_dist", "ratio"),
    "slic": ("n_segments", "compactness"),
    "felzenszwalb": ("scale", "sigma", "min_size"),
    "grid": ("cells",),
    "mask": ("drawn",),
}
"""Ways to find superpixels, with the settings that each of them uses."""
DISTANCES = ("cosine", "euclidean")
REGRESSORS = ("ridge", "lasso")
SELECTIONS = ("auto", "none", "highest_weights", "forward_selection", "lasso_path")
SIGNS = ("positive", "negative", "any")
SAMPLINGS = ("random", "balanced")
AUTO_SAMPLES, MOST_SAMPLES = 0, 5000
"""As many as are needed, and the most that are taken."""
SAMPLES_HELP = (
    "Perturbed pictures; more give more stable weights. Auto stops when the outlined superpixels "
    "and their order are settled."
)
SHAPLEY = "shapley"
"""Sampling by the Shapley kernel, which is KernelSHAP's alone."""
SAMPLING_HELP = (
    "How superpixels are chosen to be hidden: random as lime does, or balanced (rows of a Hadamard "
    "matrix with their complements), which needs fewer samples for the same accuracy."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRequest:
    """What a model says about one picture, and which part of the picture it saw.

    Attributes:
        picture: what is shown.
        model: to whom.
        fit: `squash` shows the whole picture, `crop` its centre as in training.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """One class activation map.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        method: command-line name, for example `grad-cam`.
        target: index of the explained logit.
        layers: module paths, whose scaled maps are averaged; empty for the model's last layer,
            and for methods that know none.
        smooth: test-time smoothing.
        precision: `exact` is float32, `fast` is bfloat16 where the device has it.
        seed: drives every random number.
        options: settings of the method that differ from its defaults, by name, sorted.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    method: str
    target: int
    layers: tuple[str, ...] = ()
    smooth: Smooth = "none"
    precision: Precision = "exact"
    seed: int = 0
    options: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")
        one_of(self.smooth, SMOOTHS, "smooth")
        one_of(self.precision, PRECISIONS, "precision")
        whole(self.target, "target", 0, MAX_CLASS)
        whole(self.seed, "seed", 0, MAX_SEED)
        object.__setattr__(self, "options", tuple(sorted(self.options)))
        if self.method in WITHOUT_LAYER:
            object.__setattr__(self, "layers", ())

    @property
    def label(self) -> str:
        """The method's name with the suffix of its smoothing."""
        return self.method + SUFFIX[self.smooth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """How a picture is cut into superpixels; settings of other algorithms do not matter."""

    algorithm: str = setting("quickshift", "Segmentation algorithm.", choices=tuple(ALGORITHMS))
    kernel_size: float = setting(
        4.0, "Width of the smoothing; larger values give fewer superpixels.", 1, 20
    )
    max_dist: float = setting(
        200.0, "Largest distance within a superpixel; larger values give fewer.", 1, 400
    )
    ratio: float = setting(0.2, "Weight of colour against position.", 0, 1)
    n_segments: int = setting(100, "Approximate number of superpixels.", 2, 1000)
    compactness: float = setting(10.0, "Weight of position against colour.", 0.01, 100)
    scale: float = setting(1.0, "Larger values give larger superpixels.", 1, 1000)
    sigma: float = setting(0.8, "Width of the smoothing beforehand.", 0, 5)
    min_size: int = setting(20, "Smallest superpixel in pixels.", 1, 5000)
    cells: int = setting(8, "Rows and columns of equal squares.", 2, 32)
    drawn: str = setting("", "Label image of the segmentation `mask`, as text.")

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogate:
    """LIME's linear model over the samples; the defaults are lime's."""

    distance: str = setting(
        "cosine", "Distance between samples and the picture.", choices=DISTANCES
    )
    kernel_width: float = setting(0.25, "Smaller values fit closer to the picture.", 0.01, 10)
    regressor: str = setting("ridge", "The linear model.", choices=REGRESSORS)
    penalty: float = setting(0.001, "Penalty of the lasso.", 1e-6, 1)
    selection: str = setting("auto", "How features are chosen.", choices=SELECTIONS)
    features: int = setting(
        100_000, "Maximum number of superpixels in the linear model.", 1, 100_000
    )

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Which superpixels are outlined."""

    superpixels: int = setting(5, "Number of superpixels that are outlined.", 1, 100)
    sign: str = setting("positive", "Sign of the superpixels that are outlined.", choices=SIGNS)
    min_weight: float = setting(0.0, "Smallest absolute weight that is outlined.", 0, 1)
    hide_rest: bool = setting(False, "Whether everything that is not outlined is hidden.")

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperpixelsRequest:
    """The superpixels of one picture as a model sees it.

    Attributes:
        picture, model, fit: as in `PredictionRequest`.
        segmentation: how they are found.
    """

    picture: PictureRef
    model: ModelRef
    fit: Fit = "squash"
    segmentation: Segmentation = field(default_factory=Segmentation)

    def __post_init__(self) -> None:
        one_of(self.fit, FITS, "fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesRequest:
    """LIME's perturbed pictures with the model's answers: all that a fit of any class needs.

    Attributes:
        superpixels: what is switched on and off.
        samples: how many, `AUTO_SAMPLES` for as many as are needed; a larger number begins with the
            same ones.
        fill: what a hidden superpixel shows: `mean`, `blur` or a colour.
        sampling: how the switches are drawn.
        seed: of the switches.
        precision: of the passes.
    """

    superpixels: SuperpixelsRequest
    samples: int = setting(1000, SAMPLES_HELP, 50, MOST_SAMPLES, words=(("auto", AUTO_SAMPLES),))
    fill: str = setting("mean", "What replaces a hidden superpixel: mean, blur or a colour.")
    sampling: str = setting("random", SAMPLING_HELP, choices=(*SAMPLINGS, SHAPLEY))
    seed: int = 0
    precision: Precision = "exact"

    def __post_init__(self) -> None:
        check_settings(self)
        whole(self.seed, "seed", 0, MAX_SEED)
        one_of(self.precision, PRECISIONS, "precision")

    @property
    def most(self) -> int:
        """Samples at most."""
        return self.samples if self.samples != AUTO_SAMPLES else MOST_SAMPLES

    @property
    def picture(self) -> PictureRef:
        """The picture that is perturbed."""
        return self.superpixels.picture

    @property
    def model(self) -> ModelRef:
        """The model that answers."""
        return self.superpixels.model

    @property
    def fit(self) -> Fit:
        """How the picture is fitted to the model's input."""
        return self.superpixels.fit


class OfSamples:
    """What maps share that are made of perturbed pictures."""

    __slots__ = ()

    samples: SamplesRequest
    target: int
    outline: Outline

    layers: ClassVar[tuple[str, ...]] = ()
    smooth: ClassVar[Smooth] = "none"

    @property
    def picture(self) -> PictureRef:
        """The explained picture."""
        return self.samples.picture

    @property
    def model(self) -> ModelRef:
        """The explained model."""
        return self.samples.model

    @property
    def fit(self) -> Fit:
        """How the picture is fitted to the model's input."""
        return self.samples.fit

    @property
    def precision(self) -> Precision:
        """Of the passes."""
        return self.samples.precision

    @property
    def seed(self) -> int:
        """Of the switches."""
        return self.samples.seed


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeRequest(OfSamples):
    """One explanation by LIME.

    Attributes:
        samples: the perturbed pictures.
        target: index of the explained class.
        surrogate: the linear model.
        outline: which superpixels are outlined.
    """

    samples: SamplesRequest
    target: int
    surrogate: Surrogate = field(default_factory=Surrogate)
    outline: Outline = field(default_factory=Outline)

    def __post_init__(self) -> None:
        whole(self.target, "target", 0, MAX_CLASS)
        one_of(self.samples.sampling, SAMPLINGS, "sampling")

    method: ClassVar[str] = "lime"
    label: ClassVar[str] = "lime"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelShapRequest(OfSamples):
    """Shapley values of superpixels.

    Attributes:
        samples: the perturbed pictures; their sampling is always `shapley`.
        target: index of the explained class.
        outline: which superpixels are outlined.
    """

    samples: SamplesRequest
    target: int
    outline: Outline = field(default_factory=Outline)

    def __post_init__(self) -> None:
        whole(self.target, "target", 0, MAX_CLASS)
        object.__setattr__(self, "samples", replace(self.samples, sampling=SHAPLEY))

    method: ClassVar[str] = "kernel-shap"
    label: ClassVar[str] = "kernel-shap"


AnyMap = MapRequest | LimeRequest | KernelShapRequest


def flat(settings: object) -> dict[str, Value]:
    """Return the settings of a dataclass by name."""
    return {
        item.name: getattr(settings, item.name)
        for item in fields(settings)  # type: ignore[arg-type]
        if "option" in item.metadata
    }


def one_of(value: str, choices: tuple[str, ...], what: str) -> None:
    """Check a choice.

    Raises:
        BadOption: it is none of them.
    """
    if value not in choices:
        raise BadOption(f"{what} is {value!r:.80}: choose one of {', '.join(choices)}.")


def whole(value: int, what: str, low: int, high: int) -> None:
    """Check a whole number.

    Raises:
        BadOption: another type, or outside the range.
    """
    if type(value) is not int or not low <= value <= high:
        raise BadOption(f"{what} is {value!r:.80}: give a whole number from {low} to {high}.")
