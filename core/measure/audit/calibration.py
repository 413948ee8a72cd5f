"""Calibration: whether a model is right as often as it says it is.

The expected calibration error is never negative, so that also a model that is calibrated perfectly
has one above 0, the more so the fewer pictures there are. What such a model would show on as many
pictures with the same confidences stands beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.measure.audit.rates import Rate
from core.measure.audit.rows import AuditRow

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

BINS = 15
"""Of the expected calibration error, as Guo et al. 2017 take them."""
FEWEST = 20
"""Pictures in a bin of equal mass, on average, at least."""
DRAWS, FEW_DRAWS, MANY = 1000, 200, 10_000
"""Simulated sets of labels, those of more than `MANY` pictures, and how many these are."""
AT_ONCE = 1 << 22
"""Simulated labels that are held at a time."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Pictures of about the same confidence.

    Attributes:
        low, high: lowest and highest confidence that belongs to it.
        confidence: mean; NaN without pictures.
        right: how many are right.
    """

    low: float
    high: float
    confidence: float
    right: Rate


@dataclass(frozen=True, slots=True)
class Error:
    """An expected calibration error beside what chance gives.

    Attributes:
        value: the error in [0, 1]; NaN without pictures.
        chance: mean error of perfectly calibrated models on as many pictures.
        low, high: 2.5th and 97.5th percentile of those.
        bins: that it is summed over.
    """

    value: float
    chance: float
    low: float
    high: float
    bins: tuple[Bin, ...]

    @property
    def is_calibrated(self) -> bool | None:
        """Whether a perfectly calibrated model could show it; None without pictures."""
        return bool(self.value <= self.high) if math.isfinite(self.value) else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether a model is right as often as it says.

    Attributes:
        equal_width: the error over bins of equal width.
        equal_mass: the error over bins with as many pictures each.
        confidence: mean confidence; NaN without pictures.
        brier: mean squared distance of the probabilities from the truth, in [0, 2]; NaN without.
        loss: mean logarithm of 1 / probability of the true class, natural.
        draws: simulated sets of labels behind `chance`.
        seed: of them.
    """

    equal_width: Error
    equal_mass: Error
    confidence: float
    brier: float
    loss: float
    draws: int
    seed: int


def calibration(rows: Sequence[AuditRow], seed: int = 0) -> Calibration:
    """Compare confidence and accuracy.

    The Brier score is the mean over pictures of sum_k (p_k - y_k)^2, where y is 1 for the true
    class and 0 for the others: sum_k p_k^2 - 2 p_true + 1 (Brier 1950).

    Args:
        rows: of all pictures; those without a known class do not count.
        seed: of the simulated labels.
    """
    known = [row for row in rows if row.is_known]
    confidence = np.array([row.confidence for row in known], np.float64)
    right = np.array([row.is_right for row in known], bool)
    brier = [row.squares - 2 * row.true_probability + 1 for row in known]
    draws = DRAWS if len(known) <= MANY else FEW_DRAWS
    equal, edges = by_width(confidence)
    mass, cuts = by_mass(confidence)
    return Calibration(
        equal_width=_error(confidence, right, equal, edges, draws, seed),
        equal_mass=_error(confidence, right, mass, cuts, draws, seed),
        confidence=_mean(confidence),
        brier=_mean(np.array(brier)),
        loss=_mean(np.array([row.loss for row in known])),
        draws=draws,
        seed=seed,
    )


def by_width(confidence: Values) -> tuple[Places, Values]:
    """Put confidences into bins of equal width: ((m - 1) / M, m / M] for m = 1 to M.

    Source: Guo et al. 2017, eq. 2.

    Args:
        confidence: float64 (n,) in [0, 1].

    Returns:
        The bin of each, int64 (n,), and the ends of the bins, float64 (M + 1,).
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1), edges


def by_mass(confidence: Values) -> tuple[Places, Values]:
    """Put confidences into bins with as many each, at most as many as by width.

    Equal confidences stay together, so that the order of the pictures does not matter.

    Source: Nguyen and O'Connor 2015, section 3.

    Args:
        confidence: float64 (n,) in [0, 1].

    Returns:
        The bin of each, int64 (n,), and the ends of the bins.
    """
    if not confidence.size:
        return np.zeros(0, np.int64), np.array([0.0, 1.0])
    count = max(1, min(BINS, confidence.size // FEWEST))
    ranked = np.sort(confidence)
    last = [ranked[(ranked.size * at) // count - 1] for at in range(1, count + 1)]
    highest = np.unique(last)  # of each bin; several are one where confidences are equal
    return np.searchsorted(highest, confidence, side="left"), np.array([ranked[0], *highest])


def expected_error(confidence: Values, right: Values, places: Places) -> Values:
    """Return sum over bins of (size / n) |accuracy - mean confidence|.

    Source: Guo et al. 2017, eq. 3, after Naeini et al. 2015.

    Args:
        confidence: float64 (n,).
        right: float64 (d, n), 1 where right, for each of d sets of labels.
        places: int64 (n,), the bin of each.

    Returns:
        float64 (d,); NaN without pictures.
    """
    if not confidence.size:
        return np.full(len(right), np.nan)
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    gaps = np.add.reduceat((right - confidence)[:, order], starts, axis=1)
    return np.asarray(np.abs(gaps).sum(1) / confidence.size, np.float64)


def _error(
    confidence: Values,
    right: npt.NDArray[np.bool_],
    places: Places,
    edges: Values,
    draws: int,
    seed: int,
) -> Error:
    value = float(expected_error(confidence, right[None].astype(np.float64), places)[0])
    simulated = _simulated(confidence, places, draws, seed)
    low, high = np.percentile(simulated, [2.5, 97.5]) if confidence.size else (np.nan, np.nan)
    bins = []
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        inside = places == number
        mean = float(confidence[inside].mean()) if inside.any() else math.nan
        rate = Rate(int(right[inside].sum()), int(inside.sum()))
        bins.append(Bin(float(start), float(end), mean, rate))
    return Error(value, _mean(simulated), float(low), float(high), tuple(bins))


def _simulated(confidence: Values, places: Places, draws: int, seed: int) -> Values:
    """Return the errors of models that are right just as often as they say, float64 (draws,)."""
    rng = np.random.default_rng(seed)
    step = max(1, AT_ONCE // max(1, confidence.size))
    parts = []
    for start in range(0, draws, step):
        shape = min(step, draws - start), confidence.size
        labels = (rng.random(shape) < confidence).astype(np.float64)
        parts.append(expected_error(confidence, labels, places))
    return np.concatenate(parts)


def _mean(values: Values) -> float:
    return float(values.mean()) if values.size else math.nan
