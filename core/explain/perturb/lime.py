"""LIME as a method: superpixels, a kept neighbourhood, lime's fit, a signed heat map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import BadOption
from core.explain.base import Explanation, Request, Smooth, Tick, no_tick
from core.explain.perturb.lime_fit import Fit, fit
from core.explain.perturb.lime_request import (
    KEPT,
    OPTIONS,
    kept_samples,
    neighbourhood_key,
    neighbourhood_of,
    recipe_of,
    superpixels_of,
    values_of,
)
from core.explain.perturb.lime_trust import overlap
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import Superpixels
from core.explain.scaling import describe, resized, shown
from core.models.classifier import Classifier

Publish = Callable[[Explanation], None]

EVERY = 1.0
"""Seconds between two published explanations."""
FIT_SHARE = 5
"""A fit is published only after this many times the seconds that the last one took."""


def heat_of(found: Fit, superpixels: Superpixels) -> Heat:
    """float32 (S, S): the weight of each pixel's superpixel, signed."""
    heat: Heat = found.weights.astype(np.float32)[superpixels.segments]
    return heat


def fitted(request: Request, count: int | None = None) -> Fit:
    """Fit the kept samples without a model pass.

    Args:
        request: class, distance, regressor and so on.
        count: how many samples; those that the request wants when None.

    Raises:
        BadOption: fewer samples are kept.
    """
    wanted = int(values_of(request)["samples"]) if count is None else count
    rows, answers = neighbourhood_of(request).first(wanted)
    return fit(rows, answers, request.class_index, recipe_of(request))


def refine(request: Request, tick: Tick = no_tick, publish: Publish | None = None) -> Explanation:
    """Grow the kept neighbourhood to the wanted samples, batch by batch, and fit.

    Args:
        request: what to explain.
        tick: told the share done; may raise to stop, what was computed stays kept then.
        publish: given an explanation from the samples so far about every `EVERY` seconds.

    Returns:
        The explanation at the wanted number of samples.

    Raises:
        BadOption: smoothing was asked for, or an option is out of range.
        Cancelled: raised by `tick`.
    """
    if request.smooth != "none":
        raise BadOption("LIME has no smoothing: choose none.")
    started = working_seconds()
    wanted = int(values_of(request)["samples"])
    had = kept_samples(request)
    tick(0.0, "finding superpixels")
    parts = superpixels_of(request)
    kept = neighbourhood_of(request)
    growth = _Growth(request, parts, kept, started, had, publish)
    try:
        passes = kept.grow(request.classifier, wanted, tick, growth)
    finally:
        KEPT.weigh(neighbourhood_key(request, parts))
    found = _explained(request, parts, kept, wanted)
    tick(1.0, "done")
    return replace(found, passes=passes, seconds=working_seconds() - started)


class _Growth:
    """Publishes what the samples so far say, when it is time."""

    def __init__(
        self,
        request: Request,
        parts: Superpixels,
        kept: Neighbourhood,
        started: float,
        had: int,
        publish: Publish | None,
    ) -> None:
        self._request, self._parts, self._kept = request, parts, kept
        self._started, self._had = started, had
        self._publish = publish
        self._wanted = int(values_of(request)["samples"])
        self._due = working_seconds() + EVERY

    def __call__(self, count: int) -> None:
        """Publish when the last time is long enough ago; a finished growth is not published."""
        before = working_seconds()
        if self._publish is None or before < self._due or count >= self._wanted:
            return
        found = _explained(self._request, self._parts, self._kept, count)
        now = working_seconds()
        note = f"{count} of {self._wanted} samples so far."
        self._publish(
            replace(
                found,
                passes=max(0, count - self._had),
                seconds=now - self._started,
                notes=(note, *found.notes),
            )
        )
        self._due = now + max(EVERY, FIT_SHARE * (now - before))


def _explained(
    request: Request, parts: Superpixels, kept: Neighbourhood, count: int
) -> Explanation:
    """The explanation that the first `count` samples give; passes and seconds are not known."""
    values, model = values_of(request), request.classifier
    rows, answers = kept.first(count)
    found = fit(rows, answers, request.class_index, recipe_of(request))
    heat = heat_of(found, parts)
    notes = [*describe(heat), found.sentence()]
    precision = model.effective_precision(request.precision)
    if precision != request.precision:
        notes.append("This device has no fast bfloat16: the samples were computed exactly.")
    return Explanation(
        heat=heat,
        shown=shown([resized(heat, model.input_size)], model.input_size),
        method=Lime.name,
        label=Lime.name,
        layer="",
        class_index=request.class_index,
        class_name=model.names[request.class_index],
        probability=float(kept.prediction[request.class_index]),
        seconds=0.0,
        passes=0,
        device=str(model.device),
        precision=precision,
        smooth="none",
        seed=request.seed,
        options=values,
        notes=tuple(notes),
        signed=True,
        extras={
            "weights": found.weights,
            "segments": parts.segments,
            "r2": found.r2,
            "order": found.order,
            "intercept": found.intercept,
            "local": found.local,
            "model": found.model,
            "effective": found.effective,
            "samples": count,
            "outlined": found.top(
                int(values["superpixels"]), str(values["sign"]), float(values["min_weight"])
            ),
            "recipe": parts.recipe,
        },
    )


def between_seeds(request: Request, other: int, tick: Tick = no_tick) -> float:
    """Overlap of the outlined superpixels of two seeds, each with all samples; see `overlap`.

    The samples of the other seed are computed where they are not kept.
    """
    values, fits = values_of(request), []
    for number, seed in enumerate((request.seed, other)):
        again = replace(request, seed=seed)

        def part(share: float, stage: str = "", before: float = number / 2) -> None:
            tick(before + share / 2, stage)

        refine(again, part)
        fits.append(fitted(again))
    return overlap(fits[0], fits[1], int(values["superpixels"]), str(values["sign"]))


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
    options = OPTIONS
    signed = True
    smooths: tuple[Smooth, ...] = ("none",)
    layered = False

    def fits(self, classifier: Classifier, layer: str) -> str:
        """LIME needs only the model's answers, so it runs everywhere."""
        return ""

    def cost(self, request: Request) -> int:
        """One pass for each sample that is not kept yet."""
        return max(1, int(values_of(request)["samples"]) - kept_samples(request))

    def run(self, request: Request, tick: Tick = no_tick) -> Explanation:
        """Explain; a `tick` that can publish, as a job's link can, shows it while it grows.

        Raises:
            BadOption: smoothing was asked for, or an option is out of range.
            Cancelled: raised by `tick`.
        """
        return refine(request, tick, getattr(tick, "publish", None))


LIME = Lime()
