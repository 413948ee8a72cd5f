"""The words that all explainers share: Option, Request, Explanation, Method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from core import Heat
from core.errors import BadOption

if TYPE_CHECKING:
    from core.models.classifier import Classifier, Prepared

Value = bool | int | float | str
Precision = Literal["exact", "fast"]
Smooth = Literal["none", "eigen", "aug", "both"]
Tick = Callable[[float, str], None]
"""`tick(share done in [0, 1], stage)`; raises `core.errors.Cancelled` to stop the work."""

SUFFIX: Mapping[Smooth, str] = {"none": "", "eigen": "+eigen", "aug": "+aug", "both": "+both"}


def no_tick(fraction: float, stage: str = "") -> None:
    """A tick for work that nobody watches."""


@dataclass(frozen=True, slots=True)
class Option:
    """One typed setting of a method, enough to draw a control for it.

    Attributes:
        name: key in `Request.options`.
        default: value when not given; its type is the option's type.
        help: one sentence.
        low, high: range of numbers, both inclusive; None for other types.
        choices: allowed values of a text option.
    """

    name: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Value) -> Value:
        """Return `value` in the option's type.

        Raises:
            BadOption: wrong type or outside the range.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise BadOption(f"{self.name} is {value!r}: give a value of type {kind.__name__}.")
        if self.choices and value not in self.choices:
            raise BadOption(f"{self.name} is {value!r}: choose one of {', '.join(self.choices)}.")
        low, high = self.low, self.high
        if low is None or high is None or isinstance(value, str):
            return value
        if not low <= value <= high:
            raise BadOption(f"{self.name} is {value}: give {low:g} to {high:g}.")
        return value


def settle(options: tuple[Option, ...], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for every option: the given one, else the default.

    Raises:
        BadOption: a value is outside its range, or the method has no option of that name.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise BadOption(f"The method has no option {name!r}: {has}.")
    return {name: option.check(given.get(name, option.default)) for name, option in known.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """All that a method needs for one map of one picture.

    Attributes:
        classifier: the loaded model.
        prepared: the picture as the model sees it.
        layers: one module path or several, whose scaled maps are averaged.
        class_index: the explained logit.
        smooth: `none`, `eigen`, `aug` or `both`.
        precision: `exact` is float32; `fast` is bfloat16 where the device has it.
        seed: drives every random number of the method.
        options: values by option name; what is absent has the option's default.
    """

    classifier: Classifier
    prepared: Prepared
    layers: tuple[str, ...]
    class_index: int
    smooth: Smooth = "none"
    precision: Precision = "exact"
    seed: int = 0
    options: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A finished map with all that is needed to make it again.

    Attributes:
        heat: float32, raw as the method gives it: the layer's grid for one layer without
            augmentation smoothing (signed where the method is), else the mean of scaled maps
            at the model's input size, as the grad-cam package averages them.
        shown: float32 (h, w) in [0, 1] at the model's input size, scaled as the grad-cam
            package scales.
        method: command-line name without the smoothing suffix.
        label: command-line name with the smoothing suffix.
        layer: module paths joined by commas; empty for methods without a layer.
        class_index, class_name, probability: the explained class and its softmax probability.
        seconds: wall-clock time of the computation.
        passes: forward passes through the part of the model that the method ran.
        signed: whether negative `heat` here speaks against the class (a smoothed map of a
            signed method has no such sign).
        device, precision: where and how it was computed.
        notes: sentences for the person, for example that the map is empty.
        extras: further arrays of the method by name (LIME's weights and segments).
    """

    heat: Heat
    shown: Heat
    method: str
    label: str
    layer: str
    class_index: int
    class_name: str
    probability: float
    seconds: float
    passes: int
    device: str
    precision: str
    smooth: str
    seed: int
    options: Mapping[str, Value]
    notes: tuple[str, ...] = ()
    extras: Mapping[str, object] = field(default_factory=dict)
    signed: bool = False


class Method(Protocol):
    """A way to explain one logit. The pages draw whatever the table of methods holds.

    Attributes:
        name: command-line name, for example `grad-cam`.
        title: name as in its paper, for example `Grad-CAM`.
        sentence: what it does, in one sentence for a learner.
        paper: authors, year and equation.
        link: address of the paper.
        options: settings besides smoothing, precision and seed.
        signed: whether negative heat means evidence against the class.
        smooths: allowed kinds of smoothing.
        layered: whether it needs a layer.
    """

    @property
    def name(self) -> str:
        """Command-line name."""
        ...

    @property
    def title(self) -> str:
        """Name as in its paper."""
        ...

    @property
    def sentence(self) -> str:
        """What it does, for a learner."""
        ...

    @property
    def paper(self) -> str:
        """Authors, year and equation."""
        ...

    @property
    def link(self) -> str:
        """Address of the paper."""
        ...

    @property
    def options(self) -> tuple[Option, ...]:
        """Settings besides smoothing, precision and seed."""
        ...

    @property
    def signed(self) -> bool:
        """Whether negative heat means evidence against the class."""
        ...

    @property
    def smooths(self) -> tuple[Smooth, ...]:
        """Allowed kinds of smoothing."""
        ...

    @property
    def layered(self) -> bool:
        """Whether it needs a layer."""
        ...

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or one sentence why the method cannot run there."""
        ...

    def cost(self, request: Request) -> int:
        """Number of forward passes that `run` will take, for the estimate and the queue."""
        ...

    def run(self, request: Request, tick: Tick = no_tick) -> Explanation:
        """Compute the map.

        Raises:
            UnsupportedLayer: `fits` says why.
            Cancelled: raised by `tick`.
        """
        ...
