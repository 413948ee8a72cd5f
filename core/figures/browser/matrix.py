"""One value for each pair of explanations."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from core.figures.browser import axes
from core.figures.browser.figure import Figure, Properties
from core.figures.browser.panels import add_head
from core.figures.charts.pairs import Matrix
from core.figures.drawing import palette

CELL = 92
"""Side of the largest cell, in pixels."""
BAR = 64
"""Room for the colour bar, in pixels."""
HEAD = 40
"""Room for the title, in pixels."""
UNDEFINED = "not defined: a map is flat or marks nothing"


def matrix(chart: Matrix, width: float) -> Figure:
    """Draw a value for each pair, with the numbers in the cells.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.

    Returns:
        Square cells; each explanation with itself is quiet.
    """
    names, count = chart.names, len(chart.names)
    left = min(axes.broadest(names), 0.3 * width, 200.0) + 12
    inside = width - left - BAR
    side = min(inside / max(count, 1), CELL)
    figure = Figure()
    _add_cells(figure, chart)
    _add_numbers(figure, chart, side)
    foot = _name_cells(figure, names, left - 12, side, side * count / inside)
    figure.layout["coloraxis"] = {
        "colorscale": palette.stops(chart.scale),
        "cmin": chart.low,
        "cmax": 1,
        "colorbar": {
            "thickness": 10,
            "x": min(1.0, side * count / inside),
            "xanchor": "left",
            "xpad": 12,
            "y": 1,
            "yanchor": "top",
            "ypad": 1,
            "lenmode": "pixels",
            "outlinewidth": 0,
            "len": max(60.0, side * count),
            "tickvals": [-1, -0.5, 0, 0.5, 1],
            "tickfont": {"size": axes.WORDS},
        },
    }
    axes.finish(figure, side * count, {"l": left, "r": BAR, "t": HEAD, "b": foot})
    add_head(figure, 1, chart.title, "", width, xshift=-left)  # from the edge of the figure on
    return figure


def _add_cells(figure: Figure, chart: Matrix) -> None:
    """Add the colours of the values, and quiet ones where a value says nothing."""
    names, values, own = chart.names, chart.values, chart.own
    count = len(names)
    pairs = [[_between(names, a, b) for b in range(count)] for a in range(count)]
    common = {"xgap": 2, "ygap": 2, "customdata": pairs, "hoverongaps": False}
    figure.add(
        "heatmap",
        z=np.where(own, np.nan, values),
        coloraxis="coloraxis",
        hovertemplate=f"%{{customdata}}<br>{html.escape(chart.title)} %{{z:.2f}}<extra></extra>",
        **common,
    )
    for where, colour, note in (
        (own & np.isfinite(values), palette.TRACK, ""),
        (np.isnan(values), palette.UNDEFINED, f"<br>{UNDEFINED}"),
    ):
        figure.add(
            "heatmap",
            z=np.where(where, 1.0, np.nan),
            colorscale=[[0, colour], [1, colour]],
            showscale=False,
            hovertemplate=f"%{{customdata}}{note}<extra></extra>",
            **common,
        )


def _add_numbers(figure: Figure, chart: Matrix, side: float) -> None:
    """Write the values into their cells, each in a colour that is read on the cell's.

    Quiet cells let the page show through: what stands there is an annotation, which has its colour
    of text.
    """
    size = min(14.0, max(8.0, side / (3.0 if chart.signed else 2.5)))
    rows, columns = np.indices(chart.values.shape)
    cells = list(zip(rows.ravel(), columns.ravel(), chart.texts, chart.inks, strict=True))
    written = [cell for cell in cells if cell[3]]
    figure.add(
        "scatter",
        x=[column for _, column, _, _ in written],
        y=[row for row, _, _, _ in written],
        mode="text",
        hoverinfo="skip",
        showlegend=False,
        text=[text for _, _, text, _ in written],
        textfont={"size": size, "color": [ink for _, _, _, ink in written]},
    )
    for row, column, text, ink in cells:
        if not ink:
            figure.annotate(x=int(column), y=int(row), text=text, font={"size": size})


def _name_cells(
    figure: Figure, names: Sequence[str], room: float, side: float, share: float
) -> float:
    """Write the names beside and below the cells.

    Args:
        figure: changed in place.
        names: of the explanations.
        room: for each name, in pixels.
        side: of a cell, in pixels.
        share: of the room between the margins that the cells fill.

    Returns:
        The pixels below the cells that the names take.
    """
    count, widest = len(names), min(axes.broadest(names), room)
    level = widest + 8 <= side
    common: Properties = {
        "tickvals": list(range(count)),
        "ticktext": [axes.fitted(name, room) for name in names],
        "showgrid": False,
    }
    figure.layout["xaxis"] = axes.axis(
        range=[-0.5, count - 0.5],
        domain=[0, min(1.0, share)],
        tickangle=0 if level else -45,
        **common,
    )
    figure.layout["yaxis"] = axes.axis(
        range=[count - 0.5, -0.5],
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",
        **common,
    )
    return 38 if level else widest * axes.SLANT + 26


def _between(names: Sequence[str], first: int, second: int) -> str:
    if first == second:
        return f"{html.escape(names[first])} with itself"
    return f"{html.escape(names[first])} and {html.escape(names[second])}"
