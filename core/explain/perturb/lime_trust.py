"""How far a LIME explanation can be trusted, from the kept samples, without a model pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.explain.perturb.answers import Probabilities
from core.explain.perturb.composition import Rows
from core.explain.perturb.lime_fit import RIDGE, Recipe, distances_of, fit, recipe_of
from core.explain.perturb.samples import Neighbourhood
from core.explain.superpixel_weights import LinearFit, Vector
from core.requests.maps import LimeRequest

MOST_DRAWS, FEWEST_DRAWS = 200, 30
_BUDGET = 4e9
"""Multiplications that a bootstrap may take, about half a second on two cores; `FEWEST_DRAWS` are
always made, which takes longer for many superpixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """95 % bootstrap interval of each superpixel's weight.

    Attributes:
        low, high: float64 (superpixels,).
        draws: bootstrap draws made.
    """

    low: Vector
    high: Vector
    draws: int


def bootstrap(
    rows: Rows, answers: Probabilities, class_index: int, recipe: Recipe, seed: int = 0
) -> Interval:
    """Resample the kept samples and refit the ridge over all superpixels.

    Args:
        rows: switches uint8 (N, superpixels).
        answers: probabilities float32 (N, classes).
        class_index: the explained class.
        recipe: distance and kernel are used; the fit is lime's ridge over all superpixels.
        seed: of the resampling.

    Returns:
        Percentile intervals (Efron and Tibshirani 1993, chapter 13).
    """
    count, width = rows.shape
    draws = int(np.clip(_BUDGET / (count * width * width), FEWEST_DRAWS, MOST_DRAWS))
    switches, target = rows.astype(np.float64), answers[:, class_index].astype(np.float64)
    kernel = recipe.kernel(distances_of(rows, recipe))
    rng = np.random.default_rng(seed)
    weights = np.empty((draws, width))
    for draw in range(draws):
        weight = kernel * rng.multinomial(count, np.full(count, 1 / count))
        weights[draw] = weighted_ridge(switches, target, weight)
    low, high = np.percentile(weights, [2.5, 97.5], axis=0)
    return Interval(low, high, draws)


def weighted_ridge(switches: Vector, target: Vector, weight: Vector) -> Vector:
    """Coefficients of lime's ridge with an intercept, by its normal equations.

    Args:
        switches: float64 (N, F).
        target: float64 (N,).
        weight: float64 (N,), not negative, not all 0.

    Returns:
        float64 (F,).
    """
    share = weight / weight.sum()
    centred = switches - share @ switches
    root = centred * weight[:, None]
    gram = root.T @ centred
    gram[np.diag_indices_from(gram)] += RIDGE
    solved: Vector = np.linalg.solve(gram, root.T @ (target - share @ target))
    return solved


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """How the fit settles as samples are added.

    Attributes:
        samples: int (points,).
        weights: float64 (points, top), of the superpixels that lead at the end.
        top: their numbers.
        r2: float64 (points,).
    """

    samples: tuple[int, ...]
    weights: Vector
    top: tuple[int, ...]
    r2: Vector


def convergence(
    rows: Rows,
    answers: Probabilities,
    class_index: int,
    recipe: Recipe,
    final: LinearFit,
    top: int = 5,
) -> Convergence:
    """Refit on the first samples, at about twelve counts spaced by equal factors."""
    least = min(len(rows), 50)
    counts = sorted({int(n) for n in np.geomspace(least, len(rows), 12).round()})
    leading = final.order[:top]
    fits = [fit(rows[:n], answers[:n], class_index, recipe) for n in counts]
    return Convergence(
        tuple(counts),
        np.array([[f.weights[k] for k in leading] for f in fits]),
        leading,
        np.array([f.r2 for f in fits]),
    )


def overlap(first: LinearFit, second: LinearFit, count: int, sign: str = "positive") -> float:
    """Share of top superpixels that two fits have in common, over the larger list; NaN if none."""
    one, two = set(first.top(count, sign)), set(second.top(count, sign))
    longer = max(len(one), len(two))
    return len(one & two) / longer if longer else float("nan")


def halves(
    rows: Rows,
    answers: Probabilities,
    class_index: int,
    recipe: Recipe,
    count: int = 5,
    sign: str = "positive",
) -> float:
    """Overlap of the top superpixels of two fits, each on one half of the samples.

    The whole picture, which is the first sample, is in both halves.
    """
    odd = np.r_[0, 1 : len(rows) : 2]
    even = np.arange(0, len(rows), 2)
    fits = [fit(rows[half], answers[half], class_index, recipe) for half in (odd, even)]
    return overlap(fits[0], fits[1], count, sign)


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """What speaks for and against a fit, all from the kept samples."""

    interval: Interval
    convergence: Convergence


def trust(request: LimeRequest, kept: Neighbourhood, top: int = 5) -> Trust:
    """Return intervals and convergence of an explanation's weights, without a model pass.

    Args:
        request: of the explanation.
        kept: its samples.
        top: superpixels that are followed while samples are added.

    Raises:
        BadOption: there are fewer samples than the request wants.
    """
    rows, answers = kept.first(request.samples.most)
    recipe = recipe_of(request)
    final = fit(rows, answers, request.target, recipe)
    return Trust(
        bootstrap(rows, answers, request.target, recipe, request.seed),
        convergence(rows, answers, request.target, recipe, final, top),
    )


def halves_of(request: LimeRequest, kept: Neighbourhood) -> float:
    """Return the share of outlined superpixels that two halves of the samples have in common.

    Raises:
        BadOption: there are fewer samples than the request wants.
    """
    rows, answers = kept.first(request.samples.most)
    outline = request.outline
    return halves(
        rows, answers, request.target, recipe_of(request), outline.superpixels, outline.sign
    )
