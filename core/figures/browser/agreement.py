"""Where explanations of one picture agree, over the picture."""

from __future__ import annotations

import html

import numpy as np

from core.figures.browser import axes, panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of
from core.figures.charts.areas import OPACITY, Areas
from core.figures.drawing.pictures import layer_uri, pale_grey, shrunk
from core.models.card import percent

LONGEST = 768
"""Of the picture in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
BUTTONS = 150
"""Pixels of Plotly's buttons, right of the title."""
SEEN = "shares of what the model sees"


def areas(chart: Areas, width: float, key: str = "") -> Figure:
    """Draw flat colours over the grey picture, with their shares in the legend.

    They are one PNG with a palette: a few KB at any size, drawn by the browser as it is, so a
    slider redraws at once.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels; it sets the height.
        key: the zoom is kept between figures of the same key.

    Returns:
        One panel, and a legend with the shares of the seen part in percent.
    """
    tall, wide = chart.pixels.shape[:2]
    room = width - axes.SYMBOL - axes.breadth(" · 100.0 %")
    names = [axes.fitted(name, room) for name in chart.names]
    longest = [f"{name} · 100.0 %" for name in names]
    foot = axes.lines_of(longest, width) * axes.LINE + 16
    frame = frame_of(1, 1, (wide, tall), width, foot)
    figure = Figure()
    grey = pale_grey(shrunk(chart.pixels, LONGEST)[0])
    panels.add_picture(figure, panels.under(grey, LONGEST, (wide, tall)), 1)
    placed = panels.over(chart.codes.shape, chart.box)
    layer = {"source": layer_uri(chart.codes, chart.colours), **placed}
    panels.add_picture(figure, layer, 1, OPACITY)
    for name, colour, share in zip(names, chart.colours, chart.shares, strict=True):
        text = percent(share) if share else "0 %"
        axes.add_swatch(figure, colour, f"{name} · {text}", **panels.axes_of(1))
    panels.place(figure, 0, frame.domain(0), (wide, tall))
    panels.behave(figure, frame, key)
    axes.legend(figure, longest, width, yref="container", y=0, yanchor="bottom")
    figure.layout["margin"]["autoexpand"] = False
    _add_mouse(figure, chart)
    panels.add_head(figure, 1, chart.title, SEEN, width - BUTTONS)
    return figure


def _add_mouse(figure: Figure, chart: Areas) -> None:
    """Add an unseen map, coarser than what is seen, in which the mouse reads the place."""
    coarse = panels.thinned(chart.codes, FINEST)
    figure.add(
        "heatmap",
        z=coarse,
        # Words for each place, because Plotly's hover texts cannot look a number up.
        text=np.array([html.escape(each) for each in chart.readings])[coarse],
        **panels.over(coarse.shape, chart.box),
        opacity=0,
        showscale=False,
        hovertemplate="%{text}<br>x %{x:.0f}, y %{y:.0f}<extra></extra>",
        **panels.axes_of(1),
    )
