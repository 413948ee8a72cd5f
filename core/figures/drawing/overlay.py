"""A heat map laid over its picture, as pixels for a file: no axes, no legend, no Plotly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageColor
from scipy import ndimage

from core import Heat, Mask, Pixels
from core.errors import BadOption
from core.figures.drawing import palette

Box = tuple[float, float, float, float]

DIM = 0.35
"""Brightness that is left of what the model did not see."""
LINE_SHARE = 1 / 250
"""Width of the contour as a share of the shorter side of the seen region."""


@dataclass(frozen=True, slots=True)
class OverlayLook:
    """How a map is drawn; nothing here changes what was computed.

    Attributes:
        scale: name of a colour scale in `palette.SCALES`.
        opacity: weight of the colours in [0, 1]; the picture has the rest.
        contour: level in [0, 1] whose outline is drawn, or None.
    """

    scale: str = palette.DEFAULT
    opacity: float = 0.5
    contour: float | None = None

    def __post_init__(self) -> None:
        palette.get(self.scale)
        for name, value in (("opacity", self.opacity), ("contour", self.contour)):
            if value is not None and not 0.0 <= value <= 1.0:
                raise BadOption(f"{name} is {value:g}: give 0 to 1.")


def overlay(pixels: Pixels, shown: Heat, box: Box, look: OverlayLook) -> Pixels:
    """Draw a map over the part of the picture that the model saw.

    Args:
        pixels: uint8 (H, W, 3), RGB, any size.
        shown: float32 (h, w) in [0, 1]; stretched bilinearly over the box.
        box: left, top, right, bottom of the seen region in pixels of `pixels`; what lies
            outside is dimmed.
        look: colours, opacity and contour.

    Returns:
        uint8 (H, W, 3), RGB, the size of `pixels`.
    """
    picture = Image.fromarray(pixels)
    left, top, right, bottom = whole_box(box, picture.size)
    size = (right - left, bottom - top)
    values = Image.fromarray(np.nan_to_num(np.asarray(shown, dtype=np.float32)))
    values = values.resize(size, Image.Resampling.BILINEAR)
    seen = picture.crop((left, top, right, bottom))
    drawn = Image.blend(seen, _coloured(values, look.scale), look.opacity)
    if look.contour is not None:
        outline(drawn, {palette.CONTOUR: np.asarray(values) >= look.contour})
    return in_place(picture, drawn, (left, top))


def in_place(picture: Image.Image, drawn: Image.Image, corner: tuple[int, int]) -> Pixels:
    """Put what was drawn on the seen part back into its picture, and dim the rest.

    Args:
        picture: the whole picture.
        drawn: the seen part, same mode.
        corner: its left and top.

    Returns:
        uint8 (H, W, 3).
    """
    if drawn.size == picture.size:
        return np.asarray(drawn)
    whole = Image.blend(Image.new("RGB", picture.size), picture, DIM)
    whole.paste(drawn, corner)
    return np.asarray(whole)


def whole_box(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Round a box to pixels inside a picture of that size, at least one pixel each way."""
    width, height = size
    left = min(max(round(box[0]), 0), width - 1)
    top = min(max(round(box[1]), 0), height - 1)
    right = max(min(round(box[2]), width), left + 1)
    bottom = max(min(round(box[3]), height), top + 1)
    return left, top, right, bottom


def _coloured(values: Image.Image, scale: str) -> Image.Image:
    """Return an RGB picture of a float picture through a colour table.

    Pillow's palette mode keeps one byte a pixel until the end, which matters at 40 megapixels.
    """
    table = np.asarray(values)
    index = Image.fromarray(np.rint(np.clip(table, 0.0, 1.0) * 255).astype(np.uint8))
    index.putpalette(palette.lookup(scale).tobytes())
    return index.convert("RGB")


def outline(drawn: Image.Image, regions: Mapping[str, Mask]) -> None:
    """Draw the border of regions: a line inside each, a dark one around it.

    A region is taken to go on outside the frame, so that no line runs along the frame itself.

    Args:
        drawn: changed in place.
        regions: bool (H, W) of the size of `drawn`, by the line's colour.
    """
    width = max(1, round(min(drawn.size) * LINE_SHARE))
    reach = 2 * width + 1
    parts = []
    for colour, region in regions.items():
        mask = region.astype(np.uint8)
        line = mask - ndimage.minimum_filter(mask, size=reach, mode="nearest")
        halo = ndimage.maximum_filter(mask, size=reach, mode="nearest") - mask
        parts += [(0, palette.CONTOUR_HALO, halo), (1, colour, line)]
    for _, colour, part in sorted(parts, key=lambda each: each[0]):
        drawn.paste(ImageColor.getrgb(colour), mask=Image.fromarray(part * 255))
