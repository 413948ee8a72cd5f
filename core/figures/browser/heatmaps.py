"""The grid of heat maps: one figure, the picture first, every panel zooming with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import Heat, Pixels
from core.explain.scaling import resized
from core.figures.browser import panels as shared
from core.figures.browser.figure import Figure
from core.figures.browser.places import Frame, cells_of, frame_of
from core.figures.drawing import palette
from core.figures.drawing.pictures import shrunk

LARGE, SMALL = 1024, 512
"""Longest side of the picture in its own panel and under the maps, in pixels."""
FINEST = 128
"""Samples per side of a map in the browser; a map comes from far fewer cells than this."""
THICK = 1.5
"""Width of a contour in pixels."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class HeatmapLook:
    """How maps are drawn; none of it changes what was computed.

    Attributes:
        per_row: panels in a row, 1 to 4.
        opacity: of the map over the picture, in [0, 1].
        scale: name of a colour scale in `palette`.
        contour: a line is drawn where the map has this value in (0, 1); 0 draws none.
        signed: draw values against the class too, where the method has them.
    """

    per_row: int = 3
    opacity: float = 0.5
    scale: str = palette.DEFAULT
    contour: float = 0.0
    signed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One map of the grid, or the place that waits for it.

    Attributes:
        title: first line above the panel.
        detail: second line, quieter.
        shown: float32 (h, w) in [0, 1], or None while there is no map.
        heat: float32, the raw map, drawn instead of `shown` in the signed view; None for
            methods whose values have no sign.
        waiting: what stands in the panel while there is no map.
    """

    title: str
    detail: str = ""
    shown: Heat | None = None
    heat: Heat | None = None
    waiting: str = "waiting"


def grid(
    pixels: Pixels,
    box: Box,
    panels: Sequence[Panel],
    look: HeatmapLook,
    width: float,
    key: str = "",
    group: int = 1,
) -> Figure:
    """Draw the picture and all maps over it.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: (x0, y0, x1, y1) of the part that the model saw, in pixels of the picture.
        panels: the maps in the order of the grid; the picture itself comes before them.
        look: how to draw.
        width: of the figure in the browser, in pixels; sets the height, which stays the same
            while maps arrive.
        key: the zoom is kept between figures of the same key.
        group: how many panels after each other belong together and share a row.

    Returns:
        A figure whose panels have matched axes in pixels of the picture.
    """
    tall, wide = pixels.shape[:2]
    cells = [0, *cells_of(len(panels), look.per_row, group)]
    frame = frame_of(max(cells) + 1, look.per_row, (wide, tall), width)
    figure = Figure()
    large = shrunk(pixels, LARGE)[0]
    shared.add_picture(figure, shared.under(large, LARGE, (wide, tall)), 1, hover=True)
    shared.add_head(figure, 1, "Picture", f"{wide} x {tall} pixels", frame.room)
    small = shared.under(large, SMALL, (wide, tall)) if panels else {}
    for number, panel in enumerate(panels, start=2):
        opacity = shared.WAITING if panel.shown is None else 1.0
        shared.add_picture(figure, small, number, opacity)
        shared.add_head(figure, number, panel.title, panel.detail, frame.room)
        _add_map(figure, number, panel, box, look, frame)
    for index, cell in enumerate(cells):
        shared.place(figure, index, frame.domain(cell), (wide, tall))
    if look.signed:
        ends, scale, limits = ("against", "for the class"), palette.DIVERGING, (-1, 1)
    else:
        ends, scale, limits = ("least", "most important"), look.scale, (0, 1)
    shared.add_scale(figure, frame, scale, limits, ends)
    shared.behave(figure, frame, key)
    return figure


def _add_map(
    figure: Figure, number: int, panel: Panel, box: Box, look: HeatmapLook, frame: Frame
) -> None:
    """Add a map with its contour, or the word that stands in its place."""
    if panel.shown is None:
        shared.add_word(figure, number, panel.waiting, frame)
        return
    values = panel.shown
    if look.signed and panel.heat is not None:
        values = _signed(panel.heat, (values.shape[0], values.shape[1]))
    values = shared.thinned(values, FINEST)
    figure.add(
        "heatmap",
        z=values,
        **shared.over(values.shape, box),
        coloraxis="coloraxis",
        opacity=look.opacity,
        zsmooth="best",
        hovertemplate="value %{z:.2f}<br>x %{x:.0f}, y %{y:.0f}<extra></extra>",
        **shared.axes_of(number),
    )
    if look.contour > 0:
        shared.add_outline(figure, number, panel.shown, look.contour, box, THICK)


def _signed(heat: Heat, size: tuple[int, int]) -> Heat:
    """Return a raw map in [-1, 1] at a size (height, width); 0 stays 0."""
    peak = float(np.abs(heat).max())
    return resized(heat / peak if peak > 0 else heat, size)
