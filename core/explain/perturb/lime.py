"""LIME as a method: superpixels, a kept neighbourhood, lime's fit, a signed heat map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.explain.base import Explanation, Subject, Tick, no_tick
from core.explain.perturb.lime_fit import distances_of, fit, recipe_of
from core.explain.perturb.lime_trust import overlap, weighted_ridge
from core.explain.perturb.sample_cache import grow
from core.explain.perturb.sampled_method import Request, SampledMethod, weighed
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.settling import times_drawn
from core.explain.superpixel_weights import LinearFit, Vector
from core.models.classifier import Classifier
from core.requests.maps import LimeRequest
from core.requests.settings_text import LIME_OPTIONS

OPTIONS = tuple(LIME_OPTIONS.values())


def fitted(request: LimeRequest, kept: Neighbourhood) -> LinearFit:
    """LinearFit the samples without a model pass.

    Raises:
        BadOption: there are fewer samples than the request wants.
    """
    rows, answers = kept.first(request.samples.most)
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
    linear = fitted(request, kept)
    return weighed(request, model, kept, linear, [linear.sentence()], OPTIONS)


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


class Lime(SampledMethod):
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

    def explained(self, request: Request, model: Classifier, kept: Neighbourhood) -> Explanation:
        """Return the explanation that samples give; see `explained`."""
        assert isinstance(request, LimeRequest)
        return explained(request, model, kept)

    def redrawn(self, request: Request, kept: Neighbourhood) -> Vector:
        """Fit lime's ridge over all superpixels to samples drawn from the kept ones."""
        assert isinstance(request, LimeRequest)
        rows, answers = kept.first(request.samples.most)
        recipe = recipe_of(request)
        switches, kernel = rows.astype(float), recipe.kernel(distances_of(rows, recipe))
        target = answers[:, request.target].astype(float)
        draws = times_drawn(len(rows), request.samples.sampling, request.seed)
        return np.array([weighted_ridge(switches, target, kernel * times) for times in draws])


LIME = Lime()
