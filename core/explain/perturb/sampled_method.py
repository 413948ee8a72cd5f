"""What methods share that weigh superpixels by kept samples: the run, the record, the notes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import BadOption
from core.explain.base import (
    Explanation,
    Subject,
    Tick,
    no_tick,
    part,
    weighted_superpixels,
)
from core.explain.families import PERTURBATION
from core.explain.perturb.sample_cache import grow
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.settling import is_settled, looks, reason
from core.explain.perturb.superpixels import Superpixels
from core.explain.scaling import describe, resized, shown
from core.explain.superpixel_weights import LinearFit, SuperpixelWeights, Vector
from core.models.classifier import Classifier
from core.requests.maps import (
    AUTO_SAMPLES,
    MOST_SAMPLES,
    AnyMap,
    KernelShapRequest,
    LimeRequest,
    MapRequest,
    Smooth,
)
from core.requests.options import Option
from core.requests.settings_text import lime_values
from core.requests.studies import lime_settings_of

Request = LimeRequest | KernelShapRequest


def heat_of(linear: LinearFit, superpixels: Superpixels) -> Heat:
    """float32 (S, S): the weight of each pixel's superpixel, signed."""
    heat: Heat = linear.weights.astype(np.float32)[superpixels.segments]
    return heat


def weighed(
    request: Request,
    model: Classifier,
    kept: Neighbourhood,
    linear: LinearFit,
    notes: Iterable[str],
    options: tuple[Option, ...],
    base: float | None = None,
) -> Explanation:
    """Return the explanation of weights; passes and seconds are not known here.

    Args:
        request: class and outline.
        model: that gave the samples.
        kept: the samples.
        linear: the weights.
        notes: of the method, for a person.
        options: of the method; the record names these alone.
        base: see `SuperpixelWeights`.
    """
    parts, heat = kept.superpixels, heat_of(linear, kept.superpixels)
    said = [*describe(heat), *notes]
    precision = model.effective_precision(request.precision)
    if precision != request.precision:
        said.append("This device has no fast bfloat16: the samples were computed exactly.")
    outline, named = request.outline, {option.name for option in options}
    values = lime_values(lime_settings_of(request))
    return Explanation(
        heat=heat,
        shown=shown([resized(heat, model.input_size)], model.input_size),
        method=request.method,
        label=request.label,
        layer="",
        class_index=request.target,
        class_name=model.names[request.target],
        probability=float(kept.prediction[request.target]),
        seconds=0.0,
        passes=0,
        device=str(model.device),
        precision=precision,
        smooth="none",
        seed=request.seed,
        options={name: value for name, value in values.items() if name in named},
        notes=tuple(said),
        signed=True,
        superpixels=SuperpixelWeights(
            segments=parts.segments,
            fit=linear,
            outlined=linear.top(outline.superpixels, outline.sign, outline.min_weight),
            recipe=parts.recipe,
            base=base,
        ),
    )


class SampledMethod(ABC):
    """A method that fits weights of superpixels to kept samples. See `core.explain.base.Method`."""

    name = ""
    title = ""
    options: tuple[Option, ...] = ()
    family = PERTURBATION
    signed = True
    smooths: tuple[Smooth, ...] = ("none",)
    layered = False
    whole_passes = True

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Only the model's answers are needed, so it runs everywhere."""
        return ""

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return one pass for each sample; those that are kept take none."""
        return self._own(request).samples.most

    def run(
        self,
        request: AnyMap,
        subject: Subject,
        tick: Tick = no_tick,
        publish: Callable[[Explanation], None] | None = None,
    ) -> Explanation:
        """Explain.

        Args:
            request: for this method.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop, what was computed stays kept then.
            publish: told the explanation of fewer samples where more turn out to be needed.

        Raises:
            BadOption: a request for another method, or an option out of range.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), self._own(request)
        if request.samples.samples == AUTO_SAMPLES:
            explanation, passes = self._settled(request, subject, tick, publish)
        else:
            kept, growth = grow(request.samples, subject, tick)
            explanation, passes = self.explained(request, subject.classifier, kept), growth.passes
        tick(1.0, "done")
        return replace(explanation, passes=passes, seconds=working_seconds() - started)

    def _settled(
        self,
        request: Request,
        subject: Subject,
        tick: Tick,
        publish: Callable[[Explanation], None] | None,
    ) -> tuple[Explanation, int]:
        """Return the explanation of as many samples as are needed, and the passes."""

        def told(share: float, stage: str = "") -> None:
            tick(share, f"{stage}, {MOST_SAMPLES:,} at most")

        passes = had = 0
        for count in looks():
            asked = replace(request, samples=replace(request.samples, samples=count))
            kept, growth = grow(
                asked.samples, subject, part(told, had / MOST_SAMPLES, count / MOST_SAMPLES)
            )
            passes, had, there = passes + growth.passes, count, min(count, kept.most)
            explanation = self.explained(asked, subject.classifier, kept)
            settled = is_settled(
                weighted_superpixels(explanation).fit,
                asked.outline,
                partial(self.redrawn, asked, kept),
            )
            if settled or there in (kept.most, MOST_SAMPLES):
                break
            if publish is not None:
                publish(replace(explanation, passes=passes))
        why = reason(there, kept.most, settled=settled)
        return replace(explanation, notes=(*explanation.notes, why)), passes

    @abstractmethod
    def redrawn(self, request: Request, kept: Neighbourhood) -> Vector:
        """Return weights that are fitted to samples drawn from the kept ones.

        Returns:
            float64 (draws, superpixels).
        """

    @abstractmethod
    def explained(self, request: Request, model: Classifier, kept: Neighbourhood) -> Explanation:
        """Return the explanation that samples give, without a model pass."""

    def _own(self, request: AnyMap) -> Request:
        """Return a request of this method.

        Raises:
            BadOption: it asks for another method, or for smoothing.
        """
        if not isinstance(request, MapRequest) and request.method == self.name:
            return request
        if request.method == self.name and request.smooth != "none":
            raise BadOption(f"{self.title} has no smoothing: choose none.")
        raise BadOption(f"{self.title} cannot make a map of {request.method}: use that method.")
