"""The words that all explainers share: Subject, Explanation, Method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core import Heat
from core.caching.once import Once
from core.errors import BadOption
from core.explain.families import Family
from core.explain.superpixel_weights import SuperpixelWeights
from core.requests.maps import AnyMap, MapRequest, Smooth
from core.requests.options import Option, Value

if TYPE_CHECKING:
    from core.explain.shared_pass import SharedPass
    from core.models.classifier import Classifier
    from core.models.input import Prepared

Tick = Callable[[float, str], None]
"""`tick(share done in [0, 1], stage)`; raises `core.errors.Cancelled` to stop the work."""

SAMPLES = Once(256 << 20)
"""Superpixels and samples of this process: a changed class or surrogate finds them here."""


def no_tick(fraction: float, stage: str = "") -> None:
    """A tick for work that nobody watches."""


def part(tick: Tick, start: float, stop: float) -> Tick:
    """Return a tick for work that takes `tick` from one share done to another."""

    def told(fraction: float, stage: str = "") -> None:
        tick(start + (stop - start) * fraction, stage)

    return told


class KeptMaps(Protocol):
    """Finished maps by their requests, for methods that are made of other maps."""

    def find(self, request: AnyMap) -> Explanation | None:
        """Return the map, None where it is not there; nothing is computed."""
        ...

    def keep(self, request: AnyMap, made: Explanation) -> None:
        """Keep a map for whoever asks for it next."""
        ...


class KeptPasses(Protocol):
    """Passes that a picture shared with others."""

    def find(self, layer: str) -> SharedPass | None:
        """Return the picture's part of a pass through a layer, None where there is none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a request names, loaded: a model, and a picture as the model sees it.

    Attributes:
        classifier: the loaded model.
        prepared: the picture.
        samples: where perturbed pictures stay for the next request; see `SamplesRequest`.
        maps: of this model and this picture; None where there are none to be had, as where a
            measure explains another model or picture than the request names.
        passes: that were run for several pictures at once; None likewise.
    """

    classifier: Classifier
    prepared: Prepared
    samples: Once = SAMPLES
    maps: KeptMaps | None = None
    passes: KeptPasses | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A finished map with all that is needed to make it again.

    Attributes:
        heat: float32, raw as the method gives it: the layer's grid for one layer without
            augmentation smoothing (signed where the method is), else the mean of scaled maps
            at the model's input size, as the grad-cam package averages them. Of a method without a
            layer: at the input size, or the grid of patches.
        shown: float32 (h, w) in [0, 1] at the model's input size, scaled as the grad-cam
            package scales; for input gradients after `scaling.lower_peaks`.
        method: command-line name without the smoothing suffix.
        label: command-line name with the smoothing suffix.
        layer: module paths joined by commas; empty for methods without a layer.
        class_index, class_name, probability: the explained class and its probability, from the
            model's activation.
        seconds: wall-clock time of the computation.
        passes: forward passes through the part of the model that the method ran.
        signed: whether negative `heat` here opposes the class (a smoothed map of a
            signed method has no such sign).
        device, precision: where and how it was computed.
        notes: sentences for the person, for example that the map is empty.
        superpixels: weights of superpixels, where the method gives them (LIME).
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
    superpixels: SuperpixelWeights | None = None
    signed: bool = False


def weighted_superpixels(explanation: Explanation) -> SuperpixelWeights:
    """Return the weights of superpixels of an explanation.

    Raises:
        BadOption: its method gives none.
    """
    if explanation.superpixels is None:
        raise BadOption(f"{explanation.label} has no superpixels: ask LIME.")
    return explanation.superpixels


class Method(Protocol):
    """A way to explain one logit. The pages draw whatever the table of methods holds.

    Attributes:
        name: command-line name, for example `grad-cam`.
        title: name as in its paper, for example `Grad-CAM`.
        sentence: what it does, in one sentence for a learner.
        paper: authors, year and equation.
        link: address of the paper.
        family: of methods that work alike.
        options: settings besides smoothing, precision and seed.
        signed: whether negative heat means evidence against the class.
        smooths: allowed kinds of smoothing.
        layered: whether it needs a layer.
        whole_passes: whether a pass runs the whole model, and not only what is behind the layer.
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
    def family(self) -> Family:
        """Of methods that work alike."""
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

    @property
    def whole_passes(self) -> bool:
        """Whether a pass runs the whole model, and not only what is behind the layer."""
        ...

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or one sentence why the method cannot run there."""
        ...

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Forward passes that `run` takes at most; loads and traces nothing."""
        ...

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Compute the map.

        Args:
            request: what is wanted.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop.

        Raises:
            UnsupportedLayer: `fits` says why.
            Cancelled: raised by `tick`.
        """
        ...


class Named(Protocol):
    """The part of a method that tells whether a request is its own; see `Method`."""

    @property
    def name(self) -> str:
        """Command-line name."""
        ...

    @property
    def title(self) -> str:
        """Name as in its paper."""
        ...

    @property
    def smooths(self) -> tuple[Smooth, ...]:
        """Allowed kinds of smoothing."""
        ...


def own_request(method: Named, request: AnyMap) -> MapRequest:
    """Return a request of a method that needs no layer.

    Raises:
        BadOption: it asks for another method, or for a smoothing that this one does not have.
    """
    if not isinstance(request, MapRequest) or request.method != method.name:
        raise BadOption(f"{method.title} cannot make a map of {request.method}: use that method.")
    if request.smooth not in method.smooths:
        raise BadOption(f"{method.title} has no smoothing {request.smooth!r}: choose none.")
    return request
