"""What chance alone would give, and how overlap depends on the threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core import Heat, Mask
from core.imports.lazy import library
from core.measure.masks import entry_order

Curve = npt.NDArray[np.float64]

PERCENTS = tuple(range(1, 51))
"""Thresholds of an IoU curve, in percent of the pixels."""

FAR = 16
"""Standard deviations from the mean up to which numbers of shared pixels are counted."""


def chance(first: int, second: int, pixels: int) -> float:
    """Return the expected IoU of two masks of given sizes whose pixels are drawn at random.

    The number of shared pixels of such masks is hypergeometric: the IoU is averaged over all of
    its values, which differs from the ratio of the mean intersection to the mean union.

    Args:
        first: pixels of one mask, at most `pixels`.
        second: pixels of the other, at most `pixels`.
        pixels: of the picture.

    Returns:
        In [0, 1]; NaN where both masks are empty.
    """
    if not (first or second):
        return float("nan")
    mean = first * second / pixels
    spread = math.sqrt(mean * (pixels - first) * (pixels - second) / pixels / max(pixels - 1, 1))
    # What lies further out is less likely than the smallest difference of two floats.
    low = max(0, first + second - pixels, math.floor(mean - FAR * spread) - FAR)
    high = min(first, second, math.ceil(mean + FAR * spread) + FAR)
    shared = np.arange(low, high + 1, dtype=np.float64)
    # How much likelier each number of shared pixels is than the one before it.
    before = shared[:-1]
    steps = np.log(first - before) + np.log(second - before)
    steps -= np.log(before + 1) + np.log(pixels - first - second + before + 1)
    likely = np.concatenate(([0.0], steps.cumsum()))
    weights = np.exp(likely - likely.max())
    return float((weights * shared / (first + second - shared)).sum() / weights.sum())


def shifted(first: Mask, second: Mask) -> Curve:
    """Return the IoU for every shift of the second mask, its edges joined as on a torus.

    Shifting keeps how compact a mask is, so the spread is that of masks of these shapes laid at
    random. All shifts come from one circular correlation.

    Args:
        first: bool (h, w).
        second: bool (h, w).

    Returns:
        float64 (h * w,); NaN everywhere where both masks are empty.
    """
    both = correlated(first, second)
    union = first.sum() + second.sum() - both
    with np.errstate(invalid="ignore"):
        return np.asarray(both / union, np.float64)


def correlated(
    first: npt.NDArray[np.bool_ | np.integer], second: npt.NDArray[np.bool_ | np.integer]
) -> Curve:
    """Return the sum of the product for every shift of the second array, as on a torus.

    Args:
        first: bool or whole numbers (..., h, w).
        second: likewise, of the same size or one that broadcasts with it.

    Returns:
        float64 (..., h * w), whole numbers; the first is that without a shift.
    """
    fft = library("scipy.fft")
    spectrum = fft.rfft2(first.astype(np.float64)) * np.conj(fft.rfft2(second.astype(np.float64)))
    both = np.rint(fft.irfft2(spectrum, s=first.shape[-2:])) + 0.0  # not -0
    return np.asarray(both.reshape(*both.shape[:-2], -1), np.float64)


def chance_band(first: Mask, second: Mask) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile of the IoU over all shifts."""
    if not (first.any() or second.any()):
        return float("nan"), float("nan")
    low, high = np.percentile(shifted(first, second), [2.5, 97.5])
    return float(low), float(high)


def curve(first: Heat, second: Heat, percents: Sequence[float] = PERCENTS) -> Curve:
    """Return the IoU of the top masks of two maps over thresholds.

    Args:
        first: float32 (h, w).
        second: float32 (h, w).
        percents: rising, of all pixels.

    Returns:
        float64 (len(percents),); NaN where both masks are empty.
    """
    counts = np.array([round(first.size * percent / 100) for percent in percents])
    # A pixel belongs to a mask from the first threshold whose count is above its place on.
    enters = [
        np.searchsorted(counts, entry_order(values).ravel(), side="right")
        for values in (first, second)
    ]
    steps = len(counts) + 1
    table = np.bincount(enters[0] * steps + enters[1], minlength=steps * steps)
    grown = table.reshape(steps, steps)[:-1, :-1].cumsum(0).cumsum(1)
    both = np.diagonal(grown)
    sizes = [np.bincount(each, minlength=steps)[:-1].cumsum() for each in enters]
    union = sizes[0] + sizes[1] - both
    ious: Curve = np.divide(both, union, out=np.full(len(counts), np.nan), where=union > 0)
    return ious


def curve_band(first: Heat, second: Heat, percents: Sequence[float]) -> tuple[Curve, Curve, Curve]:
    """Return the chance level of a curve with its 95 % band: level, low and high, float64."""
    places = entry_order(first), entry_order(second)
    rows = []
    for percent in percents:
        one, two = (each < round(first.size * percent / 100) for each in places)
        level = chance(int(one.sum()), int(two.sum()), one.size)
        rows.append((level, *chance_band(one, two)))
    levels, low, high = np.array(rows, np.float64).T
    return levels, low, high


def mean_interval(
    values: Sequence[float], draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean of what is defined and its 95 % bootstrap interval over the values.

    Source: percentile intervals, Efron and Tibshirani 1993, chapter 13.
    """
    known = np.array([value for value in values if np.isfinite(value)], np.float64)
    if not known.size:
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    means = known[rng.integers(0, known.size, (draws, known.size))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(known.mean()), float(low), float(high)
