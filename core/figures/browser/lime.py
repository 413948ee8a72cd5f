"""LIME's figure: superpixels, outlines and tint side by side, zooming together."""

from __future__ import annotations

import numpy as np

from core import Segments
from core.figures.browser import panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of, per_row_for
from core.figures.charts.superpixels import TITLES, LimeLook, LimeView, drawn
from core.figures.drawing import palette

LONGEST = 768
"""Of the pictures in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
THICK = 2.5
"""Width of the picked superpixel's outline in pixels."""
HOVER = "superpixel %{customdata}<br>weight %{z:+.4f}<extra></extra>"
HOVER_PLAIN = "superpixel %{customdata}<extra></extra>"


def pictures(view: LimeView, look: LimeLook, width: float, key: str = "") -> Figure:
    """Draw the three panels.

    Args:
        view: what to draw.
        look: how.
        width: of the figure in the browser, in pixels; it sets the height, which stays the same
            whatever is still to come.
        key: the zoom is kept between figures of the same key.

    Returns:
        A figure whose panels have matched axes in pixels of the picture.
    """
    size = (view.pixels.shape[1], view.pixels.shape[0])
    frame = frame_of(3, per_row_for(width), size, width)
    figure = Figure()
    small, three = drawn(view, look, LONGEST)
    for index, panel in enumerate(three):
        number = index + 1
        picture = panels.under(small if panel is None else panel, LONGEST, size)
        panels.add_picture(figure, picture, number, panels.WAITING if panel is None else 1.0)
        panels.add_head(figure, number, TITLES[index], view.details[index], frame.room)
        panels.place(figure, index, frame.domain(index), size)
        if view.segments is not None and panel is not None:
            _add_mouse(figure, view, view.segments, number)
        elif panel is None:
            panels.add_word(figure, number, view.waiting, frame)
        if view.light is not None:
            values, box = view.light
            panels.add_outline(figure, number, values, 0.5, box, THICK)
    if view.numbers:
        _add_numbers(figure, view, 3)
    panels.add_scale(figure, frame, view.bar)
    panels.behave(figure, frame, key)
    return figure


def _add_mouse(figure: Figure, view: LimeView, segments: Segments, number: int) -> None:
    """Add an unseen layer in which the mouse reads the superpixel under it."""
    numbers = panels.thinned(segments, FINEST)
    weights = np.zeros(1, np.float32) if view.weights is None else view.weights.astype(np.float32)
    figure.add(
        "heatmap",
        z=weights[numbers if view.weights is not None else numbers * 0],
        customdata=numbers.astype(np.int16),
        **panels.over(numbers.shape, view.box),
        opacity=0,
        coloraxis="coloraxis",
        hovertemplate=HOVER_PLAIN if view.weights is None else HOVER,
        **panels.axes_of(number),
    )


def _add_numbers(figure: Figure, view: LimeView, number: int) -> None:
    """Write the numbers of the outlined superpixels, as they stand at the bars."""
    figure.add(
        "scatter",
        x=[across for _, across, _ in view.numbers],
        y=[down for *_, down in view.numbers],
        text=[str(each) for each, *_ in view.numbers],
        mode="markers+text",
        marker={"size": 21, "color": palette.CONTOUR_HALO, "opacity": 0.72},
        textfont={"color": palette.CONTOUR, "size": 11},
        textposition="middle center",
        hoverinfo="skip",
        showlegend=False,
        **panels.axes_of(number),
    )
