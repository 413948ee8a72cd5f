"""Pictures fitted to a model's input size and channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image
from torch import Tensor

from core import Pixels
from core.requests.references import Interpolation

Box = tuple[int, int, int, int]
_FILTERS: Mapping[Interpolation, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}
_LUMA = (19595, 38470, 7471)
"""Pillow's weights of red, green and blue in mode `L`, in units of 2**-16."""


def squash(
    pixels: Pixels,
    size: tuple[int, int],
    interpolation: Interpolation = "bilinear",
    resize_size: int = 0,
) -> tuple[Pixels, Box]:
    """Resize the whole picture with one of Pillow's filters, and take the centre.

    Args:
        pixels: uint8 (H, W, 3).
        size: (h, w) of the result in pixels.
        interpolation: the filter.
        resize_size: the longer side before the crop; nothing is cut where it is not above `size`.

    Returns:
        uint8 (h, w, 3), and the box (x0, y0, x1, y1) of `pixels` that it shows.
    """
    factor = max(resize_size / max(size), 1)
    return _centre(pixels, size, [round(factor * side) for side in size], interpolation)


def crop(
    pixels: Pixels,
    size: tuple[int, int],
    resize_size: int,
    interpolation: Interpolation,
) -> tuple[Pixels, Box]:
    """Resize the shorter side and take the centre, as torchvision's transforms of weights do.

    The source box of the centre is resized directly, which gives the same pixels and never
    enlarges the parts of a long, thin picture that are cut away.

    Args:
        pixels: uint8 (H, W, 3).
        size: (h, w) of the result in pixels.
        resize_size: the shorter side before the crop; more where the crop would not fit.
        interpolation: the filter.

    Returns:
        uint8 (h, w, 3), and the box (x0, y0, x1, y1) of `pixels` that it shows.
    """
    height, width = pixels.shape[:2]
    short = min(height, width)
    scaled = [int(resize_size * side / short) for side in (height, width)]
    if scaled[0] < size[0] or scaled[1] < size[1]:
        least = max(size[0] / height, size[1] / width)
        scaled = [
            max(round(least * side), want) for side, want in zip((height, width), size, strict=True)
        ]
    return _centre(pixels, size, scaled, interpolation)


def _centre(
    pixels: Pixels, size: tuple[int, int], scaled: Sequence[int], interpolation: Interpolation
) -> tuple[Pixels, Box]:
    """Return the centre, of `size` (h, w), of a picture resized to `scaled` (H, W)."""
    height, width = pixels.shape[:2]
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


def grey(pixels: Pixels) -> Pixels:
    """Return a picture as Pillow's mode `L` shows it, uint8 (h, w, 3) with equal channels."""
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


def luma(rgb: Tensor) -> Tensor:
    """Return the grey of colours as Pillow's mode `L` gives it for whole numbers.

    Args:
        rgb: float32 (N, 3, h, w) in [0, 1].

    Returns:
        float32 (N, 1, h, w) in [0, 1], in steps of 1/255.
    """
    weights = rgb.new_tensor(_LUMA, dtype=rgb.dtype).view(1, 3, 1, 1)
    levels = (rgb * 255).round()
    return ((levels * weights).sum(1, keepdim=True) / 2**16 + 0.5).floor() / 255
