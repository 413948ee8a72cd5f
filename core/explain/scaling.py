"""From raw heat to the map that is shown, and to words where the map needs them.

`shown` is what the grad-cam package returns, step for step: values below zero cut off, scaled
to [0, 1], enlarged, averaged over the layers, and scaled to [0, 1] once more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Heat
from core.imports.lazy import library

Size = tuple[int, int]
"""(height, width) in pixels."""
PEAKS_FROM = 99
"""Percentile from which on values are peaks."""
KNEE = 0.9
"""Where that percentile is drawn, in shares of the maximum."""
Values = npt.NDArray[np.floating]


def enlarge(heat: Heat, size: Size) -> Heat:
    """Cut off below zero, scale to [0, 1], enlarge bilinearly.

    Args:
        heat: float32 (gh, gw), any range.
        size: height and width of the result.

    Returns:
        float32 (height, width) in [0, 1].
    """
    height, width = size
    return _scaled(np.maximum(heat, 0), (width, height))


def average(heats: Sequence[Heat], size: Size) -> Heat:
    """Return the mean of the scaled maps of several layers, float32 (height, width) in [0, 1]."""
    scaled = np.stack([enlarge(heat, size) for heat in heats])
    return np.asarray(np.mean(np.maximum(scaled, 0), axis=0), dtype=np.float32)


def shown(heats: Sequence[Heat], size: Size) -> Heat:
    """Return the map of one or more layers exactly as the grad-cam package scales it.

    Args:
        heats: float32 (gh, gw) each, raw; grids may differ.
        size: height and width of the result.

    Returns:
        float32 (height, width) in [0, 1]; all zero where no heat is above zero, or all are flat.
    """
    return _scaled(average(heats, size))


def _scaled(heat: Heat, size: tuple[int, int] | None = None) -> Heat:
    """Scale one map to [0, 1] with the package's own code.

    Args:
        heat: float32 (h, w).
        size: width and height of the result; those of the map when None.
    """
    scale = library("pytorch_grad_cam.utils.image").scale_cam_image
    return np.asarray(scale(heat[None], size)[0], dtype=np.float32)


def lower_peaks(heat: Heat) -> Heat:
    """Bring the highest hundredth of the values closer to the others, in their order.

    A map of single pixels has a few that are many times as high as the rest, which would be drawn
    dark. Smilkov et al. 2017, section 3, cut off at the 99th percentile; here that percentile
    becomes 0.9 of the maximum, so that no two values become one.

    Args:
        heat: float32 (h, w), any range; what is below zero counts as 0.

    Returns:
        float32 (h, w), not negative, from 0 to at most 1.
    """
    positive = np.maximum(heat, 0).astype(np.float64)
    knee, top = float(np.percentile(positive, PEAKS_FROM)), float(positive.max())
    if not 0 < knee < KNEE * top:  # nothing stands out
        return positive.astype(np.float32) / np.float32(top or 1)
    low = positive / knee * KNEE
    high = KNEE + (positive - knee) / (top - knee) * (1 - KNEE)
    return np.where(positive <= knee, low, high).astype(np.float32)


def resized(values: Heat, size: Size) -> Heat:
    """Return a map at another size, bilinear, antialiased where it becomes smaller.

    Args:
        values: float32 (h, w), any range.
        size: height and width of the result.

    Returns:
        float32 (height, width); `values` itself where it has that size.
    """
    if values.shape == size:
        return values
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR), dtype=np.float32)


def finite(values: Values) -> tuple[Values, tuple[str, ...]]:
    """Return `values` with 0 in place of NaN and infinity, and a note if there were any."""
    good = np.isfinite(values)
    if good.all():
        return values, ()
    bad = int(good.size - good.sum())
    note = f"{bad} of {good.size} values could not be computed (division by zero) and count as 0."
    return np.where(good, values, np.zeros((), dtype=values.dtype)), (note,)


def describe(heat: Heat) -> tuple[str, ...]:
    """Say in words what a picture of the map would hide.

    Args:
        heat: float32, raw, any shape.

    Returns:
        One sentence where the map is zero everywhere, flat, or nowhere above zero; else nothing.
    """
    low, high = float(heat.min()), float(heat.max())
    if low == high == 0.0:
        return ("The map is empty: the method gives 0 everywhere.",)
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        return (f"The map is flat: every position has the value {high:.3g}.",)
    if high <= 0.0:
        return (
            "No position supports the class: all values are zero or negative "
            f"(lowest {low:.3g}), so nothing is shown.",
        )
    return ()
