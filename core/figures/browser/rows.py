"""Charts with a name beside each row, and histograms, in the browser."""

from __future__ import annotations

import html

from core.figures.browser import axes
from core.figures.browser.figure import Figure
from core.figures.charts.rows import Bars, Boxes, Histogram, Series
from core.figures.drawing import palette
from core.files.names import shorten

TICKS = 6
"""Steps of an axis that counts things, about."""
ROW = 22
"""Height of a line of text in a row, in pixels."""
WRAPPED = 16
"""Height of a line of a name that is written over several."""
BOX = 54
"""Height of a row with a box."""
ABOVE = 10
"""Pixels above a chart without a legend."""
TALL = 162
"""Height of a histogram between its axes."""


def bars(chart: Bars, width: float) -> Figure:
    """Draw horizontal bars.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.
    """
    figure = Figure(barmode="overlay")
    for number, series in enumerate(chart.series):
        start, thick = chart.span(number)
        figure.add(
            "bar",
            x=list(series.values),
            y=list(range(len(chart.rows))),
            orientation="h",
            offset=start,
            width=thick,
            marker={"color": list(series.colours)},
            text=[] if series.ranges else list(series.texts),
            textposition="outside",
            textfont={"size": axes.WORDS},
            cliponaxis=False,
            customdata=[_markup(reading) for reading in series.readings],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
        if series.ranges:
            _add_ranges(figure, series, start + thick / 2)
            _add_texts(figure, series, start + thick / 2)
    left, lines = axes.name_rows(figure, chart.rows, width, chart.wraps)
    names = [shorten(name, axes.letters(width - axes.SYMBOL - 14)) for name in chart.legend]
    for name, colour in zip(names, chart.legend.values(), strict=True):
        axes.add_swatch(figure, colour, html.escape(name))
    head = axes.legend_above(figure, names, width - left - axes.RIGHT)
    if not chart.rows and chart.empty:
        axes.add_word(figure, chart.empty)
    zero = {"zeroline": True, "zerolinecolor": palette.QUIET} if chart.zero else {}
    percent = {"tickformat": ".1~%"} if chart.percent else {}
    whole = {"tick0": 0, "dtick": max(1, round(chart.limits[1] / TICKS))} if chart.whole else {}
    figure.layout["xaxis"] = axes.axis(
        chart.axis, range=list(chart.limits), **zero, **percent, **whole
    )
    tall = max(chart.lines * ROW, lines * WRAPPED + 8) if lines > 1 else chart.lines * ROW
    inside = max(chart.least, len(chart.rows)) * tall
    above = head + 24 if head else ABOVE
    axes.finish(figure, inside, _margin(left, above))
    return figure


def boxes(chart: Boxes, width: float) -> Figure:
    """Draw horizontal boxes; the dashed line in each is the mean.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.
    """
    figure = Figure()
    points = chart.points or ((),) * len(chart.rows)
    for number, (row, values, names) in enumerate(
        zip(chart.rows, chart.values, points, strict=True)
    ):
        if not len(values):
            font = {"size": axes.WORDS}
            figure.annotate(xref="paper", x=0.5, y=number, text=chart.empty, font=font)
            continue
        colour = palette.series(number)
        # Plotly spreads the points by a generator with a fixed seed: always the same.
        every = {"boxpoints": "all", "jitter": 0.6, "pointpos": 0}
        size, opacity = (6, 0.75) if chart.points else (3, 0.5)
        name = "%{text}<br>" if names else ""
        figure.add(
            "box",
            x=values,
            y0=number,
            orientation="h",
            width=0.5,
            name=html.escape(row),
            boxmean=True,
            fillcolor=palette.TRACK,
            line={"color": colour, "width": 1.8},
            marker={"color": colour, "size": size, "opacity": opacity},
            text=[html.escape(each) for each in names],
            hovertemplate=f"{name}{chart.measure} %{{x:.{chart.digits}f}}<extra></extra>",
            showlegend=False,
            **(every if chart.points else {"boxpoints": "outliers"}),
        )
    left, _ = axes.name_rows(figure, chart.rows, width)
    figure.layout["xaxis"] = axes.share_axis(chart.axis) if chart.shares else axes.axis(chart.axis)
    axes.finish(figure, max(1, len(chart.rows)) * BOX, _margin(left, ABOVE))
    return figure


def histogram(chart: Histogram) -> Figure:
    """Draw how often values are how large, as wide as there is room."""
    edges = chart.edges
    figure = Figure(
        xaxis=axes.axis(chart.axis, showgrid=False), yaxis=axes.axis(rangemode="tozero")
    )
    steps = zip(edges.tolist(), edges[1:].tolist(), chart.counts, strict=False)
    figure.add(
        "bar",
        x=(edges[:-1] + edges[1:]) / 2,
        y=list(chart.counts),
        width=(chart.high - chart.low) / len(chart.counts),
        marker={"color": palette.BAR},
        customdata=[f"{low:.3g} to {high:.3g}: {count}" for low, high, count in steps],
        hovertemplate=f"%{{customdata}} {chart.side}<extra></extra>",
        showlegend=False,
    )
    axes.add_side(figure, chart.side)
    axes.finish(figure, TALL, _margin(axes.LEFT, ABOVE))
    return figure


def _add_ranges(figure: Figure, series: Series, below: float) -> None:
    """Draw the lines over bars that have a range; `below` the middle of each row."""
    for number, spread in enumerate(series.ranges):
        if spread is not None:
            figure.add(
                "scatter",
                x=list(spread),
                y=[number + below] * 2,
                mode="lines+markers",
                line={"color": palette.QUIET, "width": 1.8},
                marker={"symbol": "line-ns-open", "size": 10, "line": {"width": 1.8}},
                hoverinfo="skip",
                showlegend=False,
            )


def _add_texts(figure: Figure, series: Series, below: float) -> None:
    """Write texts where neither a bar nor its range is; `below` the middle of each row."""
    for number, text in enumerate(series.texts):
        figure.annotate(
            x=series.end(number),
            y=number + below,
            xanchor="left",
            xshift=6,
            borderpad=0,
            text=html.escape(text),
            font={"size": axes.WORDS},
        )


def _margin(left: float, above: float) -> dict[str, float]:
    return {"l": left, "r": axes.RIGHT, "t": above, "b": axes.BOTTOM}


def _markup(text: str) -> str:
    """Return plain text as Plotly shows it."""
    return html.escape(text).replace("\n", "<br>")
