"""Four pictures in one, so that different classes have different places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core import Pixels

SIDE = 300
"""Pixels a side of a quarter."""


def mosaic(pictures: Sequence[Pixels], side: int = SIDE) -> Pixels:
    """Lay the centres of four pictures into the quarters of one, row by row.

    Args:
        pictures: four, uint8 (H, W, 3) of any size.
        side: of a quarter in pixels.

    Returns:
        uint8 (2 * side, 2 * side, 3).
    """
    quarters = [square(pixels, side) for pixels in pictures]
    return np.vstack([np.hstack(quarters[:2]), np.hstack(quarters[2:])])


def square(pixels: Pixels, side: int) -> Pixels:
    """Return the centre of a picture as a square.

    Args:
        pixels: uint8 (H, W, 3).
        side: of the square in pixels.

    Returns:
        uint8 (side, side, 3).
    """
    height, width = pixels.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    box = (left, top, left + short, top + short)
    image = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS, box=box)
    return np.asarray(image)
