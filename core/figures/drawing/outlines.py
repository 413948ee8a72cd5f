"""Superpixels drawn on their picture: all borders, or the outlines of those that count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor
from skimage.segmentation import find_boundaries

from core import Mask, Pixels, Segments
from core.figures.drawing import palette
from core.figures.drawing.overlay import LINE_SHARE, Box, in_place, outline, whole_box


def outlined(
    pixels: Pixels,
    segments: Segments,
    weights: npt.NDArray[np.float64],
    chosen: Sequence[int],
    box: Box,
    *,
    hide_rest: bool = False,
) -> Pixels:
    """Outline superpixels as the papers do: yellow those that support the class.

    Neighbours of one sign share one outline. Those that oppose the class are outlined in
    blue.

    Args:
        pixels: uint8 (H, W, 3), RGB, any size.
        segments: int32 (S, S) over the box.
        weights: float64, one per superpixel; only the sign counts.
        chosen: numbers of the superpixels to outline.
        box: left, top, right, bottom of the seen region in pixels of `pixels`; what lies outside
            is dimmed.
        hide_rest: whether the seen region is black except for the chosen superpixels.

    Returns:
        uint8 (H, W, 3), the size of `pixels`.
    """
    picture = Image.fromarray(pixels)
    frame = whole_box(box, picture.size)
    drawn = picture.crop(frame)
    numbers = np.asarray(chosen, dtype=np.int64)
    speaks_for = weights[numbers] >= 0
    regions = {
        palette.SPEAKS_FOR: _region(segments, numbers[speaks_for], drawn.size),
        palette.SPEAKS_AGAINST: _region(segments, numbers[~speaks_for], drawn.size),
    }
    if hide_rest:
        rest = ~np.logical_or.reduce(list(regions.values()))
        drawn.paste(ImageColor.getrgb(palette.HIDDEN), mask=Image.fromarray(rest))
    outline(drawn, regions)
    return in_place(picture, drawn, frame[:2])


def divided(pixels: Pixels, segments: Segments, box: Box) -> Pixels:
    """Draw the borders of all superpixels, as a preview.

    Args:
        pixels: uint8 (H, W, 3), RGB, any size.
        segments: int32 (S, S) over the box.
        box: left, top, right, bottom of the seen region in pixels of `pixels`.

    Returns:
        uint8 (H, W, 3), the size of `pixels`.
    """
    picture = Image.fromarray(pixels)
    frame = whole_box(box, picture.size)
    drawn = picture.crop(frame)
    large = np.asarray(Image.fromarray(segments).resize(drawn.size, Image.Resampling.NEAREST))
    wide = max(1, round(min(drawn.size) * LINE_SHARE / 2))
    # Borders are found on a picture that is smaller by the line's width, so lines get that width.
    small = large[::wide, ::wide]
    lines = Image.fromarray(find_boundaries(small, mode="inner"))  # type: ignore[no-untyped-call]
    lines = lines.resize((small.shape[1] * wide, small.shape[0] * wide), Image.Resampling.NEAREST)
    drawn.paste(ImageColor.getrgb(palette.SPEAKS_FOR), mask=lines.crop((0, 0, *drawn.size)))
    return in_place(picture, drawn, frame[:2])


def _region(segments: Segments, numbers: npt.NDArray[np.int64], size: tuple[int, int]) -> Mask:
    """Where the superpixels of these numbers lie, bool (height, width), with smooth edges.

    Args:
        segments: int32 (S, S).
        numbers: of the wanted superpixels.
        size: (width, height) of the result.
    """
    inside = Image.fromarray(np.isin(segments, numbers).astype(np.float32))
    region: Mask = np.asarray(inside.resize(size, Image.Resampling.BILINEAR)) >= 0.5
    return region
