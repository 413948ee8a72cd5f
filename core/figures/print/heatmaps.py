"""The grid of maps as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from core import Heat, Pixels
from core.figures.charts.maps import ColourBar, HeatmapLook, Panel, cells_of
from core.figures.drawing import palette
from core.figures.drawing.contours import level_line
from core.figures.drawing.overlay import Box, OverlayLook, overlay, whole_box
from core.figures.drawing.pictures import shrunk
from core.figures.print.paper import (
    EDGE,
    FINEST,
    Block,
    Canvas,
    Cell,
    Place,
    column_of,
    paper,
    pictures,
)
from core.figures.print.sheet import Kind

THICK = 1.1
"""Width of a contour in points."""
FADED = 0.25
"""Opacity of the picture in a panel that has no map."""


def grid_file(
    pixels: Pixels,
    box: Box,
    panels: Sequence[Panel],
    look: HeatmapLook,
    title: str,
    caption: str,
    kind: Kind = "png",
    group: int = 1,
) -> bytes:
    """Draw the picture and all maps over it, as the browser's grid does.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: left, top, right, bottom of the part that the model saw, in pixels of the picture.
        panels: the maps in the order of the grid; the picture itself comes before them.
        look: how to draw.
        title: above all.
        caption: below; names what is the same for all panels.
        kind: of the file.
        group: how many panels after each other belong together and share a row.
    """
    tall, wide = pixels.shape[:2]
    small, scale = shrunk(pixels, round(FINEST * column_of(look.per_row)))
    seen = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    cells = [Cell("Picture", f"{wide} x {tall} pixels", small)]
    for panel in panels:
        values = panel.values(look)
        if values is None or panel.shown is None:
            cells.append(Cell(panel.title, panel.detail, faded(small), panel.waiting))
            continue
        shares = (values - look.bar.limits[0]) / (look.bar.limits[1] - look.bar.limits[0])
        colours = OverlayLook(look.bar.scale, look.opacity)
        more = _contour(panel.shown, look.contour, box) if look.contour > 0 else _nothing
        drawn = laid_over(small, shares, seen, colours)
        cells.append(Cell(panel.title, panel.detail, drawn, more=more))
    places = [0, *cells_of(len(panels), look.per_row, group)]
    blocks = [pictures(cells, (wide, tall), look.per_row, places), colour_bar(look.bar)]
    return paper(title, caption, blocks, kind)


def laid_over(pixels: Pixels, shares: Heat, box: Box, look: OverlayLook) -> Pixels:
    """Return a picture with a map in [0, 1] over a part of it; the rest stays as it is."""
    left, top, right, bottom = whole_box(box, (pixels.shape[1], pixels.shape[0]))
    part = pixels[top:bottom, left:right]
    drawn = pixels.copy()
    drawn[top:bottom, left:right] = overlay(part, shares, (0, 0, right - left, bottom - top), look)
    return drawn


def faded(pixels: Pixels) -> Pixels:
    """Return a picture behind a word."""
    pale: Pixels = np.rint(255 - FADED * (255.0 - pixels)).astype(np.uint8)
    return pale


def colour_bar(bar: ColourBar) -> Block:
    """Return what the colours mean, with a word and the value at each end."""
    length, high = 3.0, 0.12

    def draw(canvas: Canvas, place: Place) -> None:
        axes = canvas.axes(Place(place.left, place.top, length, high))
        steps = palette.lookup(bar.scale)[None]
        axes.imshow(steps, aspect="auto", interpolation="nearest")
        axes.set_axis_off()
        below = place.top + high + 0.05
        for left, side, end, value in zip(
            (EDGE, EDGE + length), ("left", "right"), bar.ends, bar.limits, strict=True
        ):
            canvas.write(left, below, [f"{end} ({value:.3g})"], ha=side)

    return Block(high + 0.05 + 0.2, draw)


def draw_line(axes: Axes, values: Heat, level: float, box: Box, width: float = THICK) -> None:
    """Draw where values equal a level, light on a dark halo."""
    across, down = level_line(values, level, box)
    for colour, thick in ((palette.CONTOUR_HALO, width + 1.4), (palette.CONTOUR, width)):
        axes.plot(across, down, color=colour, linewidth=thick, scalex=False, scaley=False)


def _contour(values: Heat, level: float, box: Box) -> Callable[[Axes], None]:
    return lambda axes: draw_line(axes, values, level, box)


def _nothing(axes: Axes) -> None:
    """Draw nothing over a picture."""
