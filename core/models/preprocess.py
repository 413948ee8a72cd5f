"""Pictures fitted to a model's input size."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from core import Pixels

Box = tuple[int, int, int, int]
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def squash(pixels: Pixels, size: tuple[int, int]) -> tuple[Pixels, Box]:
    """Resize the whole picture with Pillow's bilinear filter.

    Args:
        pixels: uint8 (H, W, 3).
        size: (h, w) in pixels.

    Returns:
        uint8 (h, w, 3), and the box (0, 0, W, H).
    """
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(image), (0, 0, width, height)


def crop(
    pixels: Pixels,
    size: tuple[int, int],
    resize_size: int,
    interpolation: Literal["bilinear", "bicubic"],
) -> tuple[Pixels, Box]:
    """Resize the shorter side and take the centre, as torchvision's transforms of weights do.

    The source box of the centre is resized directly, which gives the same pixels and never
    enlarges the parts of a long, thin picture that are cut away.

    Args:
        pixels: uint8 (H, W, 3).
        size: (h, w) of the result in pixels, at most `resize_size`.
        resize_size: the shorter side before the crop.
        interpolation: the filter.

    Returns:
        uint8 (h, w, 3), and the box (x0, y0, x1, y1) of `pixels` that it shows.
    """
    height, width = pixels.shape[:2]
    short = min(height, width)
    scaled = [int(resize_size * side / short) for side in (height, width)]
    starts = [round((long - want) / 2.0) for long, want in zip(scaled, size, strict=True)]
    ratio = height / scaled[0], width / scaled[1]
    top, left = (start * r for start, r in zip(starts, ratio, strict=True))
    bottom, right = (
        min((start + want) * r, side)
        for start, want, r, side in zip(starts, size, ratio, (height, width), strict=True)
    )
    image = Image.fromarray(pixels).resize(
        size[::-1], _FILTERS[interpolation], box=(left, top, right, bottom)
    )
    x0, y0 = min(round(left), width - 1), min(round(top), height - 1)
    return np.asarray(image), (x0, y0, max(round(right), x0 + 1), max(round(bottom), y0 + 1))
