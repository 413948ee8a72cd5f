"""Superpixels tinted by their weight, as pixels; and what lies under the mouse."""

from __future__ import annotations

import colorsys

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import distance_transform_edt

from core import Pixels, Segments
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box, in_place, whole_box
from core.figures.drawing.pictures import pale_grey

Weights = npt.NDArray[np.float64]


def tinted(
    pixels: Pixels, segments: Segments, weights: Weights, box: Box, opacity: float = 0.75
) -> Pixels:
    """Fill superpixels with the colour of their weight over the grey picture.

    The colour grows with the weight's share of the largest one, so what does not count stays grey.

    Args:
        pixels: uint8 (H, W, 3), RGB, any size.
        segments: int32 (S, S) over the box.
        weights: float64, one per superpixel.
        box: left, top, right, bottom of the seen region in pixels of `pixels`; what lies outside
            is dimmed.
        opacity: of the strongest colour, in [0, 1].

    Returns:
        uint8 (H, W, 3), the size of `pixels`.
    """
    picture = Image.fromarray(pixels)
    frame = whole_box(box, picture.size)
    grey = Image.fromarray(pale_grey(np.asarray(picture.crop(frame))))
    size = grey.size
    values = scaled(weights)
    table = palette.lookup(palette.DIVERGING)[np.rint((values + 1) * 127.5).astype(int)]
    numbers = np.asarray(Image.fromarray(segments).resize(size, Image.Resampling.NEAREST))
    strength = np.rint(255 * opacity * np.sqrt(np.abs(values))).astype(np.uint8)
    grey.paste(Image.fromarray(table[numbers]), mask=Image.fromarray(strength[numbers]))
    return in_place(picture, grey, frame[:2])


def scaled(weights: Weights) -> Weights:
    """Weights over the largest absolute one, in [-1, 1]; zeros stay zeros."""
    peak = float(np.abs(weights).max(initial=0.0))
    scaled: Weights = weights / peak if peak > 0 else weights
    return scaled


def place_of(segments: Segments, number: int) -> tuple[float, float]:
    """The middle of a superpixel's thickest part, as shares across and down.

    A centre of mass may lie outside of a bent superpixel; this never does.
    """
    inside = np.pad(segments == number, 1)
    deep = distance_transform_edt(inside)[1:-1, 1:-1]
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    return (column + 0.5) / segments.shape[1], (row + 0.5) / segments.shape[0]


def label_colours(count: int) -> Pixels:
    """A colour for each label, all different and neighbours far apart, uint8 (count, 3)."""
    rgb = np.array(
        [
            colorsys.hsv_to_rgb(k * 0.618034 % 1, 0.45 + 0.5 * (k % 3) / 2, 0.95 - 0.15 * (k % 4))
            for k in range(count)
        ]
    )
    colours: Pixels = np.rint(rgb * 255).astype(np.uint8)
    return colours
