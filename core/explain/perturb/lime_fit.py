"""LIME's weighted linear model over kept samples, and how far to trust it.

Nothing here calls the model, so every change of class, distance or regressor is answered from
the samples that are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from core.explain.base import Explanation
from core.explain.perturb.composition import Rows
from core.explain.perturb.ranking import heaviest
from core.explain.perturb.samples import Probabilities
from core.imports.lazy import library
from core.requests.maps import LimeRequest, flat

Vector = npt.NDArray[np.float64]

DISTANCES = ("cosine", "euclidean")
REGRESSORS = ("ridge", "lasso")
SELECTIONS = ("auto", "none", "highest_weights", "forward_selection", "lasso_path")
POOR_FIT = 0.3
"""R² below which an explanation should not be trusted."""
STEADY = 5
"""Samples per superpixel below which R² is optimistic, because the fit can follow every sample."""
FEW = 10.0
"""Effective samples below which a fit means nothing."""
RIDGE = 1.0
"""lime's ridge penalty."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted local model of one class.

    Attributes:
        weights: float64 (superpixels,), 0 where a superpixel was not chosen.
        order: superpixel numbers by falling absolute weight, those not chosen left out.
        intercept: of the linear model.
        r2: weighted R² on the samples.
        local: the linear model's probability of the whole picture.
        model: the classifier's probability of the whole picture.
        samples: number of samples.
        effective: effective number of samples under the kernel, (sum w)² / sum w².
    """

    weights: Vector
    order: tuple[int, ...]
    intercept: float
    r2: float
    local: float
    model: float
    samples: int
    effective: float

    def top(self, count: int, sign: str = "positive", least: float = 0.0) -> tuple[int, ...]:
        """The heaviest superpixels of this fit; see `heaviest`."""
        return heaviest(self.weights, self.order, count, sign, least)

    def sentence(self) -> str:
        """How far to trust the fit, for a person."""
        superpixels, samples = len(self.weights), f"{self.samples:,} samples"
        if self.effective < FEW:
            effective = max(1, round(self.effective))
            return (
                f"At this kernel width only about {effective} of {samples} "
                f"{'carries' if effective == 1 else 'carry'} weight, so do not trust this "
                "explanation; choose a larger kernel width."
            )
        if not self.weights.any():
            return "No superpixel changes the probability of the class: nothing can be outlined."
        if self.r2 < POOR_FIT:
            return (
                f"R² {self.r2:.2f} is low, so do not trust this explanation; "
                "more samples or larger superpixels help."
            )
        if self.samples < STEADY * superpixels:
            return (
                f"R² {self.r2:.2f} is optimistic: {samples} are too few for {superpixels:,} "
                f"superpixels; use at least {STEADY * superpixels:,}."
            )
        return f"R² {self.r2:.2f}: the linear model follows the classifier around this picture."


def distances_of(rows: Rows, recipe: Recipe) -> Vector:
    """Distance of each sample from the whole picture, over the switches."""
    switches = rows.astype(np.float64)
    pairwise = library("sklearn.metrics").pairwise_distances
    distances: Vector = pairwise(switches, switches[:1], metric=recipe.distance).ravel()
    return distances


def fit(rows: Rows, answers: Probabilities, class_index: int, recipe: Recipe | None = None) -> Fit:
    """Fit the local linear model of one class with lime's own code.

    Args:
        rows: switches uint8 (N, superpixels), the first row all 1.
        answers: softmax float32 (N, classes).
        class_index: the explained class.
        recipe: how to fit; lime's defaults when None.

    Returns:
        The fit.

    Source: Ribeiro et al. 2016, eq. 1-2; `lime_base.LimeBase`.
    """
    recipe = recipe or Recipe()
    distances = distances_of(rows, recipe)
    kernel = recipe.kernel(distances)
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
    return Fit(
        weights=weights,
        order=tuple(int(number) for number, _ in pairs),
        intercept=float(intercept),
        r2=float(r2),
        local=float(local[0]),
        model=float(answers[0, class_index]),
        samples=len(rows),
        effective=float(kernel.sum() ** 2 / (kernel**2).sum()),
    )


def fit_of(explanation: Explanation) -> Fit:
    """The fit that a LIME explanation was made of."""
    extras = explanation.extras
    return Fit(
        weights=cast(Vector, extras["weights"]),
        order=cast("tuple[int, ...]", extras["order"]),
        intercept=float(cast(float, extras["intercept"])),
        r2=float(cast(float, extras["r2"])),
        local=float(cast(float, extras["local"])),
        model=float(cast(float, extras["model"])),
        samples=int(cast(int, extras["samples"])),
        effective=float(cast(float, extras["effective"])),
    )
