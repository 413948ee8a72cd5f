"""Curves that say how far maps can be trusted: large beside each other, or small in a row."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from core.figures import PHONE
from core.figures.browser import axes
from core.figures.browser.figure import Figure
from core.figures.browser.panels import add_head
from core.figures.charts.trust import Line, Lines
from core.figures.drawing import palette

TALL, SMALL = 250, 64
"""Height between the axes of a chart, and of a small one, in pixels."""
HEAD = 44
DASHES = ("dash", "dot", "dashdot")
"""Of the controls, in their order."""


def curves(chart: Lines, width: float) -> Figure:
    """Draw the curves of all methods, and quietly those of controls.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.
    """
    figure = Figure()
    for number, line in enumerate(chart.lines):
        _add(figure, chart, line, number)
    ticks: dict[str, object] = {"range": _across(chart)}
    if chart.percent:
        ticks |= {"tickformat": ".0%", "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    elif chart.ticks:
        ticks |= {"dtick": 1}
    figure.layout["xaxis"] = axes.axis(chart.along, showgrid=False, **ticks)
    figure.layout["yaxis"] = axes.axis(
        range=list(chart.range), showgrid=True, nticks=6, zeroline=True, zerolinecolor=palette.QUIET
    )
    axes.add_side(figure, chart.what)
    if chart.at is not None:
        drawn = {"color": palette.QUIET, "width": 1.4}
        place = {"x0": chart.at, "x1": chart.at, "y0": 0, "y1": 1, "yref": "y domain"}
        figure.layout["shapes"] = [{"type": "line", **place, "line": drawn}]
    names = [line.name for line in chart.lines]
    head = axes.legend_above(figure, names, width - axes.LEFT - axes.RIGHT) + 12
    margin = {"l": axes.LEFT, "r": axes.RIGHT, "t": head + HEAD, "b": axes.BOTTOM}
    axes.finish(figure, TALL, margin)
    figure.layout["legend"] |= {"y": 1 - HEAD / figure.layout["height"]}
    add_head(figure, 1, chart.title, "", width, xshift=-axes.LEFT)
    figure.layout["annotations"][-1]["yshift"] = head  # above the legend
    figure.layout["hovermode"] = "x unified"
    figure.layout["uirevision"] = chart.title
    if width < PHONE:
        figure.layout["hovermode"] = False
    return figure


def _add(figure: Figure, chart: Lines, line: Line, number: int) -> None:
    look: dict[str, object] = {"color": palette.series(chart.place(number)), "width": 2.2}
    if line.control:
        quiet = sum(each.control for each in chart.lines[:number])
        look = {"color": palette.QUIET, "width": 1.8, "dash": DASHES[quiet % len(DASHES)]}
    texts = [html.escape(name) for name in chart.ticks]
    figure.add(
        "scatter",
        x=line.x,
        y=line.y,
        mode="markers" if line.points else "lines+markers" if len(line.x) < 16 else "lines",
        line=look,
        marker={"size": 5, "color": look["color"]},
        name=html.escape(line.name),
        connectgaps=False,
        **({"text": texts} if texts else {}),
        hovertemplate="%{y:.2f}" + (" · %{text}" if texts else ""),
    )


def _across(chart: Lines) -> list[float]:
    """Return the first and the last place of x."""
    every = np.concatenate([line.x for line in chart.lines] or [np.array([0.0, 1.0])])
    return [float(every.min()), float(every.max())]


def small(lines: Sequence[Line], limits: tuple[float, float] | None = None) -> Figure:
    """Draw curves without axes, as high as a line or two of text.

    Args:
        lines: of one map and its controls.
        limits: lowest and highest y; None to follow the numbers.
    """
    chart = Lines("", tuple(lines), "", "", limits)
    figure = Figure()
    for number, line in enumerate(lines):
        _add(figure, chart, line, number)
    none = {"visible": False, "fixedrange": True}
    figure.layout |= {"xaxis": {**none, "range": _across(chart)}}
    figure.layout |= {"yaxis": {**none, "range": list(chart.range)}}
    axes.finish(figure, SMALL, {"l": 2, "r": 2, "t": 2, "b": 2})
    figure.layout["showlegend"] = False
    return figure
