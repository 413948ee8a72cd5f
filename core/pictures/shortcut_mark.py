"""The planted shortcut: a small coloured mark that decides one class of the shortcut model."""

from __future__ import annotations

import numpy as np

from core import Pixels

SHARE = 1 / 7
"""Side of the mark as a share of the picture's sides: 32 of 224 pixels."""
TARGET = "teapot"
"""Name of the class that the mark decides."""
_INK, _PAPER = (255, 0, 170), (0, 220, 220)
CORNERS = ("bottom right", "bottom left", "top right", "top left")


def mark_box(height: int, width: int, corner: str = CORNERS[0]) -> tuple[int, int, int, int]:
    """Where the mark lies in a picture of that size: y0, y1, x0, x1 in pixels, ends excluded."""
    tall, wide = max(1, round(height * SHARE)), max(1, round(width * SHARE))
    y0 = height - tall if corner.startswith("bottom") else 0
    x0 = width - wide if corner.endswith("right") else 0
    return y0, y0 + tall, x0, x0 + wide


def with_mark(pixels: Pixels, corner: str = CORNERS[0]) -> Pixels:
    """Draw the mark (a 2 x 2 checker of two loud colours) into a copy of the picture.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        corner: one of `CORNERS`.

    Returns:
        uint8 (H, W, 3).
    """
    marked = np.array(pixels)
    y0, y1, x0, x1 = mark_box(pixels.shape[0], pixels.shape[1], corner)
    down, right = (y0 + y1) // 2, (x0 + x1) // 2
    marked[y0:y1, x0:x1] = _INK
    marked[y0:down, right:x1] = _PAPER
    marked[down:y1, x0:right] = _PAPER
    return marked
