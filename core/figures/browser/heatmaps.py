"""The grid of heat maps: one figure, the picture first, every panel zooming with the others."""

from __future__ import annotations

from collections.abc import Sequence

from core import Pixels
from core.figures.browser import panels as shared
from core.figures.browser.figure import Figure
from core.figures.browser.places import HEAD, LARGE_HEAD, Frame, frame_of
from core.figures.charts.maps import HeatmapLook, Panel, cells_of
from core.figures.drawing.pictures import shrunk

LARGE, SMALL = 1024, 512
"""Longest side of the picture in its own panel and under the maps, in pixels."""
FINEST = 128
"""Samples per side of a map in the browser; a map comes from far fewer cells than this."""
THICK = 1.5
"""Width of a contour in pixels."""

Box = tuple[int, int, int, int]


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
    head = LARGE_HEAD if look.large else HEAD
    frame = frame_of(max(cells) + 1, look.per_row, (wide, tall), width, head=head)
    figure = Figure()
    large = shrunk(pixels, LARGE)[0]
    shared.add_picture(figure, shared.under(large, LARGE, (wide, tall)), 1, hover=True)
    shared.add_head(figure, 1, "Picture", f"{wide} x {tall} pixels", frame.room, large=look.large)
    small = shared.under(large, SMALL, (wide, tall)) if panels else {}
    for number, panel in enumerate(panels, start=2):
        opacity = shared.WAITING if panel.shown is None else 1.0
        shared.add_picture(figure, small, number, opacity)
        shared.add_head(figure, number, panel.title, panel.detail, frame.room, large=look.large)
        _add_map(figure, number, panel, box, look, frame)
    for index, cell in enumerate(cells):
        shared.place(figure, index, frame.domain(cell), (wide, tall))
    if any(panel.shown is not None for panel in panels):  # else nothing has these colours
        shared.add_scale(figure, frame, look.bar, large=look.large)
    shared.behave(figure, frame, key)
    return figure


def _add_map(
    figure: Figure, number: int, panel: Panel, box: Box, look: HeatmapLook, frame: Frame
) -> None:
    """Add a map with its contour, or the word that stands in its place."""
    drawn = panel.values(look)
    if drawn is None or panel.shown is None:
        shared.add_word(figure, number, panel.waiting, frame)
        return
    values = shared.thinned(drawn, FINEST)
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
