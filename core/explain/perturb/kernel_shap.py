"""KernelSHAP as a method: Shapley values of superpixels."""

from __future__ import annotations

import numpy as np

from core.explain.base import Explanation
from core.explain.perturb.coalitions import coalitions_of
from core.explain.perturb.sampled_method import Request, SampledMethod, weighed
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.settling import times_drawn
from core.explain.perturb.shapley_fit import shapley_fit
from core.explain.superpixel_weights import STEADY, LinearFit, Vector
from core.models.classifier import Classifier
from core.requests.maps import Surrogate
from core.requests.options import options_of
from core.requests.settings_text import LIME_OPTIONS

_OF_LIME = {"sampling", *(option.name for option in options_of(Surrogate))}
OPTIONS = tuple(option for name, option in LIME_OPTIONS.items() if name not in _OF_LIME)


def _notes(values: LinearFit, *, complete: bool) -> list[str]:
    """Return what the values add up to, and how far they are exact."""
    total = f"{values.weights.sum():.4f}"
    if not values.weights.any():
        return ["No superpixel changes the probability of the class: every Shapley value is 0."]
    notes = [
        f"The Shapley values add up to {total}: the probability {values.model:.4f} of the picture "
        f"less {values.intercept:.4f} with everything hidden."
    ]
    superpixels = len(values.weights)
    if complete:
        notes.append(f"All {values.samples:,} combinations were tried: the values are exact.")
    elif values.samples < STEADY * superpixels:
        notes.append(
            f"{values.samples:,} samples are too few for {superpixels:,} superpixels; use at least "
            f"{STEADY * superpixels:,}."
        )
    return notes


class KernelShap(SampledMethod):
    """Shapley values of superpixels, by weighted least squares over coalitions."""

    name = "kernel-shap"
    title = "KernelSHAP"
    sentence = (
        "Shares the class's probability among superpixels by Shapley's rule: what each adds, "
        "averaged over all orders of showing them."
    )
    paper = "Lundberg and Lee 2017, theorem 2"
    link = "https://arxiv.org/abs/1705.07874"
    options = OPTIONS

    def explained(self, request: Request, model: Classifier, kept: Neighbourhood) -> Explanation:
        """Return the explanation that samples give, without a model pass.

        Raises:
            BadOption: there are fewer samples than the request wants.
        """
        rows, answers = kept.first(request.samples.most)
        weights = coalitions_of(kept.seed, len(rows), rows.shape[1])[1]
        values = shapley_fit(rows, answers, request.target, weights)
        notes = _notes(values, complete=len(rows) == kept.most)
        return weighed(request, model, kept, values, notes, OPTIONS, base=values.intercept)

    def redrawn(self, request: Request, kept: Neighbourhood) -> Vector:
        """Fit Shapley values to pairs drawn from the kept ones."""
        rows, answers = kept.first(request.samples.most)
        weights = coalitions_of(kept.seed, len(rows), rows.shape[1])[1]
        draws = times_drawn(len(rows), request.samples.sampling, request.seed)
        return np.array(
            [shapley_fit(rows, answers, request.target, weights * t).weights for t in draws]
        )


KERNEL_SHAP = KernelShap()
