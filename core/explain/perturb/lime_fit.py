"""LIME's weighted linear model over kept samples, and how far to trust it.

Nothing here calls the model, so every change of class, distance or regressor is answered from
the samples that are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.explain.perturb.answers import Probabilities
from core.explain.perturb.composition import Rows
from core.explain.superpixel_weights import LinearFit, Vector
from core.imports.lazy import library
from core.requests.maps import LimeRequest, flat

DISTANCES = ("cosine", "euclidean")
REGRESSORS = ("ridge", "lasso")
SELECTIONS = ("auto", "none", "highest_weights", "forward_selection", "lasso_path")
RIDGE = 1.0
"""lime's ridge penalty."""
ROUNDING = 1e-5
"""Share of a probability by which two passes over the same picture differ: a logit of ten is exact
to six digits, and batches of other sizes add up in another order."""
LEAST = 2.0**-23
"""Spacing of float32 numbers at 1, to which probabilities add up."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the linear model is fitted; the defaults are lime's.

    Attributes:
        distance: distance of a sample from the picture, over the switches.
        kernel_width: width of the exponential kernel over that distance.
        regressor: `ridge` (penalty 1) or `lasso`.
        penalty: of the lasso.
        selection: how features are chosen before the fit.
        features: most features that are chosen.
        seed: of the regressor; without effect on ridge and lasso's default solvers.
    """

    distance: str = "cosine"
    kernel_width: float = 0.25
    regressor: str = "ridge"
    penalty: float = 0.001
    selection: str = "auto"
    features: int = 100_000
    seed: int = 0

    def kernel(self, distances: Vector) -> Vector:
        """Sample weights in (0, 1]: lime's square root of an exponential kernel."""
        weights: Vector = np.sqrt(np.exp(-(distances**2) / self.kernel_width**2))
        return weights


def recipe_of(request: LimeRequest) -> Recipe:
    """Return how the request wants the linear model fitted."""
    return Recipe(**flat(request.surrogate), seed=request.seed)  # type: ignore[arg-type]


def distances_of(rows: Rows, recipe: Recipe) -> Vector:
    """Distance of each sample from the whole picture, over the switches."""
    switches = rows.astype(np.float64)
    pairwise = library("sklearn.metrics").pairwise_distances
    distances: Vector = pairwise(switches, switches[:1], metric=recipe.distance).ravel()
    return distances


def is_flat(answers: npt.NDArray[np.floating]) -> bool:
    """Return whether probabilities (N,) differ by no more than the rounding of equal passes."""
    return float(np.ptp(answers)) <= max(LEAST, ROUNDING * float(answers.max()))


def fit(
    rows: Rows, answers: Probabilities, class_index: int, recipe: Recipe | None = None
) -> LinearFit:
    """Fit the local linear model of one class with lime's own code.

    Args:
        rows: switches uint8 (N, superpixels), the first row all 1.
        answers: probabilities float32 (N, classes).
        class_index: the explained class.
        recipe: how to fit; lime's defaults when None.

    Returns:
        The fit. Where the answers differ by no more than rounding there is nothing to fit: weights
        of 0 and no R² (NaN), in place of a line through noise, which may have R² 0.99.

    Source: Ribeiro et al. 2016, eq. 1-2; `lime_base.LimeBase`.
    """
    recipe = recipe or Recipe()
    distances = distances_of(rows, recipe)
    kernel = recipe.kernel(distances)
    effective = float(kernel.sum() ** 2 / (kernel**2).sum())
    answer = answers[:, class_index]
    if is_flat(answer):
        mean, first = float(answer.mean()), float(answer[0])
        nothing = np.zeros(rows.shape[1])
        return LinearFit(nothing, (), mean, float("nan"), mean, first, len(rows), effective)
    base = library("lime.lime_base").LimeBase(recipe.kernel, random_state=recipe.seed)
    lasso = library("sklearn.linear_model").Lasso
    model = lasso(alpha=recipe.penalty) if recipe.regressor == "lasso" else None
    intercept, pairs, r2, local = base.explain_instance_with_data(
        rows,
        answers,
        distances,
        class_index,
        recipe.features,
        feature_selection=recipe.selection,
        model_regressor=model,
    )
    weights = np.zeros(rows.shape[1])
    for number, weight in pairs:
        weights[number] = weight
    return LinearFit(
        weights=weights,
        order=tuple(int(number) for number, _ in pairs),
        intercept=float(intercept),
        r2=float(r2),
        local=float(local[0]),
        model=float(answers[0, class_index]),
        samples=len(rows),
        effective=effective,
    )
