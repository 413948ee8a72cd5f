"""LIME as a method: superpixels, a kept neighbourhood, lime's fit, a signed heat map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import BadOption
from core.explain.base import Explanation, Subject, Tick, no_tick
from core.explain.families import PERTURBATION
from core.explain.perturb.lime_fit import fit, recipe_of
from core.explain.perturb.lime_trust import overlap
from core.explain.perturb.sample_cache import grow
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import Superpixels
from core.explain.scaling import describe, resized, shown
from core.explain.superpixel_weights import LinearFit, SuperpixelWeights
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, LimeRequest, Smooth
from core.requests.settings_text import LIME_OPTIONS, lime_values
from core.requests.studies import lime_settings_of

OPTIONS = tuple(LIME_OPTIONS.values())


def heat_of(linear: LinearFit, superpixels: Superpixels) -> Heat:
    """float32 (S, S): the weight of each pixel's superpixel, signed."""
    heat: Heat = linear.weights.astype(np.float32)[superpixels.segments]
    return heat


def fitted(request: LimeRequest, kept: Neighbourhood) -> LinearFit:
    """LinearFit the samples without a model pass.

    Raises:
        BadOption: there are fewer samples than the request wants.
    """
    rows, answers = kept.first(request.samples.samples)
    return fit(rows, answers, request.target, recipe_of(request))


def explained(request: LimeRequest, model: Classifier, kept: Neighbourhood) -> Explanation:
    """Return the explanation that samples give, without a model pass.

    Passes and seconds are not known here.

    Args:
        request: class, surrogate and outline.
        model: that gave the samples.
        kept: the samples, as many as the request wants at least.

    Raises:
        BadOption: there are fewer.
    """
    parts, linear = kept.superpixels, fitted(request, kept)
    heat = heat_of(linear, parts)
    notes = [*describe(heat), linear.sentence()]
    precision = model.effective_precision(request.precision)
    if precision != request.precision:
        notes.append("This device has no fast bfloat16: the samples were computed exactly.")
    outline = request.outline
    return Explanation(
        heat=heat,
        shown=shown([resized(heat, model.input_size)], model.input_size),
        method=Lime.name,
        label=Lime.name,
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
        options=lime_values(lime_settings_of(request)),
        notes=tuple(notes),
        signed=True,
        superpixels=SuperpixelWeights(
            segments=parts.segments,
            fit=linear,
            outlined=linear.top(outline.superpixels, outline.sign, outline.min_weight),
            recipe=parts.recipe,
        ),
    )


def between_seeds(
    request: LimeRequest, other: int, subject: Subject, tick: Tick = no_tick
) -> float:
    """Return the overlap of the outlined superpixels of two seeds, each with all samples.

    The samples of the other seed are computed where they are not kept; see `overlap`.
    """
    fits = []
    for number, seed in enumerate((request.seed, other)):
        again = replace(request, samples=replace(request.samples, seed=seed))

        def part(share: float, stage: str = "", before: float = number / 2) -> None:
            tick(before + share / 2, stage)

        kept, _ = grow(again.samples, subject, part)
        fits.append(fitted(again, kept))
    return overlap(fits[0], fits[1], request.outline.superpixels, request.outline.sign)


class Lime:
    """Local interpretable model-agnostic explanations over superpixels."""

    name = "lime"
    title = "LIME"
    sentence = (
        "Hides random superpixels and fits a linear model to the answers: a weight says how much "
        "a superpixel raises the class's probability."
    )
    paper = "Ribeiro, Singh and Guestrin 2016, eq. 1-2"
    link = "https://arxiv.org/abs/1602.04938"
    family = PERTURBATION
    options = OPTIONS
    signed = True
    smooths: tuple[Smooth, ...] = ("none",)
    layered = False
    whole_passes = True

    def fits(self, classifier: Classifier, layer: str) -> str:
        """LIME needs only the model's answers, so it runs everywhere."""
        return ""

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return one pass for each sample; those that are kept take none."""
        return self._own(request).samples.samples

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Explain.

        Args:
            request: for LIME.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop, what was computed stays kept then.

        Raises:
            BadOption: a request for another method, or an option out of range.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), self._own(request)
        kept, growth = grow(request.samples, subject, tick)
        explanation = explained(request, subject.classifier, kept)
        tick(1.0, "done")
        return replace(explanation, passes=growth.passes, seconds=working_seconds() - started)

    def _own(self, request: AnyMap) -> LimeRequest:
        """Return a request of this method.

        Raises:
            BadOption: it asks for another method, or for smoothing.
        """
        if isinstance(request, LimeRequest):
            return request
        if request.method == self.name and request.smooth != "none":
            raise BadOption("LIME has no smoothing: choose none.")
        raise BadOption(f"{self.title} cannot make a map of {request.method}: use that method.")


LIME = Lime()
