"""Overlap on several pictures, in the browser."""

from __future__ import annotations

import html

import numpy as np

from core.figures.browser import axes
from core.figures.browser.figure import Figure
from core.figures.charts.overlaps import FAINT, LINES, PictureBars
from core.figures.charts.words import IOU
from core.figures.drawing import palette

TALL = 280
"""Height between the axes in pixels."""


def picture_bars(chart: PictureBars, width: float) -> Figure:
    """Draw the IoU of each pair on each picture, with its mean and what chance would give.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.
    """
    across = width - axes.LEFT - axes.RIGHT
    figure = Figure(barmode="overlay")
    for number in range(len(chart.pairs)):
        _add_pair(figure, chart, number)
    labels = _add_legend(figure, chart, width)
    head = axes.legend_above(figure, labels, across) + 36
    figure.annotate(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        text=LINES,
        font={"size": axes.WORDS},
    )
    ticks, angle, foot = axes.slanted(chart.names, across)
    figure.layout["xaxis"] = axes.axis(
        range=list(chart.limits),
        showgrid=False,
        tickangle=angle,
        tickvals=list(ticks),
        ticktext=list(ticks.values()),
    )
    figure.layout["yaxis"] = axes.share_axis()
    axes.add_side(figure, IOU)
    axes.finish(figure, TALL, {"l": axes.LEFT, "r": axes.RIGHT, "t": head, "b": foot})
    return figure


def _add_pair(figure: Figure, chart: PictureBars, number: int) -> None:
    """Add the bars of one pair, and a cross where a bar is not defined."""
    row, colour = chart.values[number], palette.series(number)
    start, thick = chart.span(number)
    names = [html.escape(name) for name in chart.names]
    hover = f"%{{customdata}}<br>{html.escape(chart.pairs[number])}<br>"
    figure.add(
        "bar",
        x=list(range(len(names))),
        y=row,
        offset=start,
        width=thick,
        marker={"color": colour, "opacity": FAINT, "line": {"color": colour, "width": 1}},
        customdata=names,
        hovertemplate=hover + "IoU %{y:.2f}<extra></extra>",
        showlegend=False,
    )
    gaps = np.flatnonzero(np.isnan(row)).tolist()
    if gaps:
        figure.add(
            "scatter",
            x=[gap + start + thick / 2 for gap in gaps],
            y=[0] * len(gaps),
            mode="markers",
            cliponaxis=False,
            marker={"symbol": "x-thin", "size": 7, "line": {"color": colour, "width": 2}},
            customdata=[names[gap] for gap in gaps],
            hovertemplate=hover + "not defined: neither marks a pixel<extra></extra>",
            showlegend=False,
        )


def _add_legend(figure: Figure, chart: PictureBars, width: float) -> list[str]:
    """Add the colour, the mean and the chance level of each pair; return the legend's words."""
    labels = []
    for number, pair in enumerate(chart.pairs):
        room = width - axes.SYMBOL - axes.breadth(chart.label(number, ""))
        labels.append(chart.label(number, axes.fitted(pair, room)))
        axes.add_swatch(figure, palette.series(number), labels[-1])
        for value, dash in ((chart.means[number], "solid"), (chart.chances[number], "dash")):
            if np.isfinite(value):
                figure.add(
                    "scatter",
                    x=list(chart.limits),
                    y=[value, value],
                    mode="lines",
                    line={"color": palette.series(number), "width": 1.8, "dash": dash},
                    showlegend=False,
                    hoverinfo="skip",
                )
    return labels
