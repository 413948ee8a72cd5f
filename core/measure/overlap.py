"""Overlap of two masks, likeness of two maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core import Heat, Mask
from core.imports.lazy import library

Place = tuple[float, float]
"""(down, right) in pixels."""


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union (Jaccard 1912), in [0, 1]; NaN for two empty masks."""
    return ratio(float((first & second).sum()), float((first | second).sum()))


def dice(first: Mask, second: Mask) -> float:
    """Twice the intersection over the sum of the sizes (Dice 1945), in [0, 1]; NaN for empty."""
    return ratio(2.0 * float((first & second).sum()), float(first.sum() + second.sum()))


def overlap_coefficient(first: Mask, second: Mask) -> float:
    """Intersection over the smaller mask (Szymkiewicz 1934), in [0, 1].

    NaN for two empty masks, 0 for one.
    """
    smaller = min(int(first.sum()), int(second.sum()))
    if not smaller:
        return 0.0 if first.any() or second.any() else float("nan")
    return float((first & second).sum()) / smaller


def pearson(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> float:
    """Linear correlation of two maps of one size, in [-1, 1]; NaN where one is flat."""
    one, two = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    one, two = one - one.mean(), two - two.mean()
    # Not `@`: waking the threads of BLAS for one row takes longer than the sum.
    size = float(np.sqrt((one * one).sum() * (two * two).sum()))
    return float(np.clip((one * two).sum() / size, -1, 1)) if size else float("nan")


def ssim(first: Heat, second: Heat) -> float:
    """Structural similarity (Wang et al. 2004) of two maps in [0, 1]; NaN below 7 pixels."""
    if min(first.shape) < 7:
        return float("nan")
    return float(library("skimage.metrics").structural_similarity(first, second, data_range=1.0))


def peak(values: Heat) -> Place:
    """Mean place of the highest pixels; NaN for a flat map."""
    if float(values.max()) == float(values.min()):
        return float("nan"), float("nan")
    down, right = np.nonzero(values == values.max())
    return float(down.mean()), float(right.mean())


def centre(values: Heat) -> Place:
    """Centre of mass of a map without negative values; NaN for an empty one."""
    if not values.any():
        return float("nan"), float("nan")
    down, right = library("scipy.ndimage").center_of_mass(values)
    return float(down), float(right)


def apart(first: Place, second: Place, size: tuple[int, int]) -> float:
    """Distance of two places as a share of the diagonal."""
    return float(np.hypot(first[0] - second[0], first[1] - second[1]) / np.hypot(*size))


def ratio(part: float, whole: float) -> float:
    """Return part / whole; NaN where the whole is 0."""
    return part / whole if whole else float("nan")
