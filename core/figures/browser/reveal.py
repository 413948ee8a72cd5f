"""The reveal in the browser: maps beside what a class painted, and how its guesses split."""

from __future__ import annotations

import numpy as np

from core import Pixels
from core.figures.browser import heatmaps, panels, rows
from core.figures.browser.figure import Figure
from core.figures.browser.larger import enlarged
from core.figures.charts.maps import HeatmapLook
from core.figures.charts.reveal import RevealPanels
from core.figures.charts.rows import Bars

THICK = 2.5
"""Width of the outline of a painting in pixels."""
PROJECTED = 1.5
"""How many times as large words and bars are for a projector."""
OUTLINED = (1, 2)
"""Panels on which one's own painting is outlined: the picture and the first map."""


def grid(
    pixels: Pixels,
    box: heatmaps.Box,
    chart: RevealPanels,
    look: HeatmapLook,
    width: float,
    key: str = "",
) -> Figure:
    """Draw the picture, the maps and the class's mean painting side by side.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: (x0, y0, x1, y1) of the part that the model saw and that was painted on, in pixels of
            the picture.
        chart: what to draw.
        look: how to draw; `large` for a projector.
        width: of the figure in the browser, in pixels.
        key: the zoom is kept between figures of the same key.
    """
    figure = heatmaps.grid(pixels, box, chart.panels, look, width, key)
    if chart.own is None or not chart.own.any():
        return figure
    # A rim of cells that are not painted closes the line where a painting reaches the edge.
    rim = np.pad(chart.own.astype(np.float32), 1)
    across, down = ((box[2] - box[0]) / chart.own.shape[1], (box[3] - box[1]) / chart.own.shape[0])
    wider = (box[0] - across, box[1] - down, box[2] + across, box[3] + down)
    for number in OUTLINED:
        panels.add_outline(figure, number, rim, 0.5, wider, THICK)
    return figure


def split(chart: Bars, width: float, *, large: bool = False) -> Figure:
    """Draw how guesses split.

    Args:
        chart: from `charts.reveal.split`.
        width: of the figure in the browser, in pixels.
        large: whether to draw for a projector.
    """
    if not large:
        return rows.bars(chart, width)
    return enlarged(rows.bars(chart, width / PROJECTED), PROJECTED)
