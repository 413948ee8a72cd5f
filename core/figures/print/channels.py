"""Channels of a layer over their picture, as a file."""

from __future__ import annotations

from collections.abc import Sequence

from core import Heat, Pixels
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box, OverlayLook, overlay
from core.figures.drawing.pictures import shrunk
from core.figures.print.sheet import FONT, Kind, content, drawable, pictures_sheet, plain

LONGEST = 700
"""Pixels of a picture's longest side."""


def channels_file(
    pixels: Pixels,
    box: Box,
    maps: Sequence[tuple[str, Heat]],
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw the picture, and over it each map.

    Args:
        pixels: uint8 (H, W, 3).
        box: left, top, right, bottom of the part that the model saw, in pixels of `pixels`.
        maps: a line above each, and float32 (h, w) in [0, 1].
        title: above all.
        caption: below; names the encoder.
        kind: `png` or `svg`.
    """
    small, scale = shrunk(pixels, LONGEST)
    seen = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    over = [(said, overlay(small, shown, seen, OverlayLook())) for said, shown in maps]
    shape = small.shape[0] / small.shape[1]
    figure, cells = pictures_sheet(1 + len(over), shape, title, caption)
    for axes, (said, picture) in zip(cells, [("picture", small), *over], strict=True):
        axes.imshow(picture)
        head = axes.set_title(
            drawable(said), family=FONT, fontsize=11, color=palette.INK, loc="left"
        )
        plain([head])
    return content(figure, kind)
