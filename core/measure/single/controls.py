"""Maps that know nothing of the model, to compare others with."""

from __future__ import annotations

import numpy as np

from core import Heat, Pixels
from core.explain.scaling import Size, resized
from core.imports.lazy import library

GRID = 7
"""Rows and columns of a random map before it is enlarged: those of a usual last layer."""


def random_map(size: Size, seed: int, number: int = 0) -> Heat:
    """Return a random smooth map.

    Uniform numbers on a grid of 7 x 7, enlarged bilinearly.

    Args:
        size: height and width.
        seed: of all random maps of a picture.
        number: of the map among them.

    Returns:
        float32 (h, w) in [0, 1].
    """
    rng = np.random.default_rng([seed, number])
    return _unit(resized(rng.random((GRID, GRID), np.float32), size))


def sobel_map(view: Pixels) -> Heat:
    """Return the strength of the edges of a picture's brightness.

    Args:
        view: uint8 (h, w, 3), what the model saw.

    Returns:
        float32 (h, w) in [0, 1]; 0 everywhere where the picture is flat.
    """
    brightness = library("skimage.color").rgb2gray(view)
    return _unit(library("skimage.filters").sobel(brightness).astype(np.float32))


def centre_map(size: Size) -> Heat:
    """Return a map that falls from the middle of the picture to its corners, a straight line.

    Args:
        size: height and width.

    Returns:
        float32 (h, w) in [0, 1].
    """
    down, right = (np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in size)
    # In units of the sides, so that a wide picture is no matter of its rows alone.
    far = np.hypot(down[:, None] / size[0], right[None, :] / size[1])
    return _unit(-far)


def _unit(values: Heat) -> Heat:
    """Scale to [0, 1]; what is flat becomes 0."""
    low, high = float(values.min()), float(values.max())
    if high == low:
        return np.zeros(values.shape, np.float32)
    return np.asarray((values - low) / (high - low), np.float32)
