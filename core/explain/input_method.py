"""What methods share that look at a whole model at once: checks, scaling, and the record.

A function turns one batch into one map; `InputMethod` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import UnsupportedLayer
from core.explain import scaling
from core.explain.base import Explanation, Subject, Tick, no_tick, own_request
from core.explain.families import Family
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest, Smooth
from core.requests.options import Option, Value, fill_defaults


@dataclass(frozen=True, slots=True, eq=False)
class InputTask:
    """One picture and one class, as a function gets them.

    Attributes:
        classifier: the loaded model.
        batch: float32 (1, C, h, w), normalised.
        class_index: the explained logit.
        options: a value for every option of the method.
        rng: drives every random number.
        tick: told the share done, from 0 to 1; may raise to stop.
        request: that asks for the map.
        subject: what it names, loaded, and where answers stay for the next request.
    """

    classifier: Classifier
    batch: torch.Tensor
    class_index: int
    options: Mapping[str, Value]
    rng: np.random.RandomState
    tick: Tick
    request: MapRequest
    subject: Subject


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a function gives back.

    Attributes:
        heat: float32 (h, w) at the model's input size, or (gh, gw) on its grid of patches; signed
            where the method is.
        logits: float32 (1, K) of the picture.
        passes: forward passes that it took.
        notes: sentences for the person.
    """

    heat: Heat
    logits: torch.Tensor
    passes: int = 1
    notes: tuple[str, ...] = ()


Compute = Callable[[InputTask], Found]
Passes = Callable[[Classifier, Mapping[str, Value]], int]


def one_pass(classifier: Classifier, options: Mapping[str, Value]) -> int:
    """Return the cost of a method that runs the model once."""
    return 1


def any_model(classifier: Classifier) -> str:
    """Accept every model."""
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class InputMethod:
    """A method that needs no layer. See `core.explain.base.Method`.

    Attributes:
        compute: makes the map.
        passes: forward passes at most.
        limits: a sentence why a model is out of reach, else empty.
        fine: whether its map is of single pixels, whose peaks are lowered where it is shown.
        uses_precision: whether it can use bfloat16; the others always compute exactly.
    """

    name: str
    title: str
    sentence: str
    paper: str
    link: str
    family: Family
    compute: Compute
    passes: Passes = one_pass
    limits: Callable[[Classifier], str] = any_model
    options: tuple[Option, ...] = ()
    signed: bool = False
    fine: bool = False
    smooths: tuple[Smooth, ...] = ("none",)
    layered: bool = False
    whole_passes: bool = True
    uses_precision: bool = False

    def fits(self, classifier: Classifier, layer: str = "") -> str:
        """Return an empty string, or one sentence why the method cannot explain the model.

        Args:
            classifier: the model.
            layer: does not matter.
        """
        return self.limits(classifier)

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return the forward passes that `run` takes at most; loads and traces nothing."""
        return self.passes(
            classifier, fill_defaults(self.options, dict(own_request(self, request).options))
        )

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Compute the map.

        Args:
            request: of this method.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop.

        Raises:
            BadOption: an option or the smoothing is not one of the method's.
            UnsupportedLayer: `fits` says why.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), own_request(self, request)
        classifier = subject.classifier
        options = fill_defaults(self.options, dict(request.options))
        tick(0.0, "")
        if sentence := self.fits(classifier):
            raise UnsupportedLayer(sentence)
        rng = np.random.RandomState(request.seed)
        task = InputTask(
            classifier,
            subject.prepared.batch,
            request.target,
            options,
            rng,
            tick,
            request,
            subject,
        )
        found = self.compute(task)
        heat, bad = scaling.finite(found.heat)
        heat = np.asarray(heat, dtype=np.float32)
        evened = scaling.lower_peaks(heat) if self.fine else heat
        shown = scaling.shown([evened], classifier.input_size)
        tick(1.0, "done")
        return Explanation(
            heat=heat,
            shown=shown,
            method=self.name,
            label=request.label,
            layer="",
            class_index=request.target,
            class_name=classifier.names[request.target],
            probability=float(classifier.activated(found.logits)[0, request.target]),
            seconds=working_seconds() - started,
            passes=found.passes,
            device=str(classifier.device),
            precision=classifier.effective_precision(request.precision)
            if self.uses_precision
            else "exact",
            smooth=request.smooth,
            seed=request.seed,
            options=options,
            notes=(*found.notes, *bad, *scaling.describe(heat)),
            signed=self.signed,
        )
