"""Shapley values of superpixels from kept samples, by KernelSHAP's least squares."""

from __future__ import annotations

import numpy as np

from core.explain.perturb.answers import Probabilities
from core.explain.perturb.composition import Rows
from core.explain.perturb.lime_fit import is_flat
from core.explain.superpixel_weights import LinearFit, Vector


def shapley_fit(rows: Rows, answers: Probabilities, class_index: int, weights: Vector) -> LinearFit:
    """Fit Shapley values that add up to f(x) - f(base) exactly.

    Args:
        rows: uint8 (N, superpixels), the first all 1 and the second all 0.
        answers: probabilities float32 (N, classes).
        class_index: the explained class.
        weights: float64 (N,), of each row; see `coalitions_of`.

    Returns:
        The fit. Its intercept is f(base), and R² says how far the values alone, without what
        superpixels do together, give the answers. Where the answers differ by rounding alone the
        values are 0 and R² is NaN.

    Source: Lundberg and Lee 2017, theorem 2; Covert and Lee 2021, eq. 7, for the constraint.
    """
    answer = answers[:, class_index].astype(np.float64)
    whole, base = float(answer[0]), float(answer[1])
    players, effective = rows.shape[1], _effective(weights)
    if is_flat(answer):
        nothing = np.zeros(players)
        return LinearFit(nothing, (), base, float("nan"), base, whole, len(rows), effective)
    used = weights > 0
    shown, weight = rows[used].astype(np.float64), weights[used]
    # Equal shares meet the constraint; what is added to them adds up to 0. Rows without their mean
    # see only that, and the ones in the matrix keep it there.
    share = (whole - base) / players
    left = answer[used] - base - shown.sum(1) * share
    centred = shown - shown.mean(1, keepdims=True)
    gram = (centred * weight[:, None]).T @ centred
    gram += np.trace(gram) / players**2
    added = np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ (centred.T @ (weight * left))
    values = share + added - added.mean()
    values += (whole - base - values.sum()) / players  # the last digits too
    return LinearFit(
        weights=values,
        order=tuple(int(k) for k in np.argsort(-np.abs(values), kind="stable")),
        intercept=base,
        r2=_r2(answer[used], base + shown @ values, weight),
        local=base + float(values.sum()),
        model=whole,
        samples=len(rows),
        effective=effective,
    )


def _r2(answers: Vector, fitted: Vector, weights: Vector) -> float:
    """Return the weighted R²; NaN where the answers do not differ."""
    if not len(answers):
        return float("nan")
    spread = float(weights @ (answers - np.average(answers, weights=weights)) ** 2)
    return 1 - float(weights @ (answers - fitted) ** 2) / spread if spread else float("nan")


def _effective(weights: Vector) -> float:
    """Return (sum w)² / sum w², 0 without weights."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0
