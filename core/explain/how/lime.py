"""LIME step by step: superpixels, samples, the fit, the weights."""

from __future__ import annotations

import numpy as np

from core import Pixels
from core.errors import BadOption
from core.explain.base import Subject, Tick
from core.explain.how.steps import FEW, Step, Steps, Tile, signed
from core.explain.perturb.composition import base_view, filled
from core.explain.perturb.lime import fitted
from core.explain.perturb.lime_fit import distances_of, recipe_of
from core.explain.perturb.sample_cache import grow
from core.explain.perturb.sampled_method import heat_of
from core.requests.maps import AnyMap, LimeRequest


def lime_steps(request: AnyMap, subject: Subject, tick: Tick) -> Steps:
    """Return the steps of an explanation, from samples that are kept where they are there.

    Raises:
        BadOption: a request for another method.

    Source: Ribeiro et al. 2016, eq. 1-2.
    """
    if not isinstance(request, LimeRequest):
        raise BadOption(f"These are the steps of LIME, not of {request.method}.")
    kept, _ = grow(request.samples, subject, tick)
    rows, answers = kept.first(request.samples.most)
    linear, parts = fitted(request, kept), kept.superpixels
    classifier, recipe = subject.classifier, recipe_of(request)
    view = base_view(subject.prepared, classifier.input_size)
    off = filled(view, parts, request.samples.fill)
    answer, name = answers[:, request.target], classifier.names[request.target]
    kernel = recipe.kernel(distances_of(rows, recipe))
    guess = linear.intercept + rows @ linear.weights
    some = range(1, min(FEW + 1, len(rows)))

    def picture(at: int) -> Pixels:
        return np.where(rows[at].astype(bool)[parts.segments][..., None], view, off)

    heaviest = linear.order[:FEW]
    sizes = np.bincount(parts.segments.ravel())
    steps = (
        Step(
            "Superpixels",
            f"{request.samples.superpixels.segmentation.algorithm.capitalize()} cuts the picture "
            f"into {parts.count:,} superpixels of {sizes.min():,} to {sizes.max():,} pixels.",
            (
                Tile("what the model sees", pixels=view),
                Tile(f"{parts.count:,} superpixels", pixels=view, segments=parts.segments),
                Tile("everything hidden", request.samples.fill, pixels=off),
            ),
        ),
        Step(
            "Samples",
            f"{len(rows):,} times random superpixels are hidden, and the model answers. Its "
            f"probability of {name} runs from {answer.min():.3f} to {answer.max():.3f}; for the "
            f"whole picture it is {linear.model:.3f}.",
            tuple(
                Tile(f"sample {at}", f"probability {answer[at]:.3f}", pixels=picture(at))
                for at in some
            ),
        ),
        Step(
            "Fit",
            "A linear model of what is shown follows the answers; samples that are more like the "
            f"picture count more. R² {linear.r2_text}: the share of their spread that it explains.",
            tuple(
                Tile(
                    f"sample {at} counts {kernel[at]:.2f}",
                    f"fit {guess[at]:.3f}, model {answer[at]:.3f}",
                    pixels=picture(at),
                )
                for at in some
            ),
        ),
        Step(
            "Weights",
            "A superpixel's weight is by how much the linear model's answer rises when it is "
            "shown. The heaviest: "
            + ", ".join(f"{at} ({signed(linear.weights[at])})" for at in heaviest)
            + ("." if heaviest else "none, all are 0."),
            (
                Tile("all weights", heat=heat_of(linear, parts), signed=True),
                *(
                    Tile(
                        f"superpixel {at}",
                        f"weight {signed(linear.weights[at])}",
                        pixels=np.where((parts.segments == at)[..., None], view, view // 4),
                    )
                    for at in heaviest[: FEW - 1]
                ),
            ),
        ),
    )
    return Steps(view.shape[:2], steps)
