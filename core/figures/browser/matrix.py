"""One value for each pair of explanations."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.figures.browser import axes
from core.figures.browser.figure import Figure, Properties
from core.figures.browser.panels import add_head
from core.figures.drawing import palette

Values = npt.NDArray[np.float64]

CELL = 92
"""Side of the largest cell, in pixels."""
BAR = 64
"""Room for the colour bar, in pixels."""
HEAD = 40
"""Room for the title, in pixels."""
DASH = "\u2013"
UNDEFINED = "not defined: a map is flat or marks nothing"


def matrix(names: Sequence[str], values: Values, title: str, signed: bool, width: float) -> Figure:
    """Draw a value for each pair, with the numbers in the cells.

    Args:
        names: of the explanations.
        values: float64 (n, n), symmetric, in [0, 1] or [-1, 1]; NaN where not defined.
        title: what the values are.
        signed: whether the colours reach from -1 to 1, else from 0 to 1.
        width: of the figure in the browser, in pixels.

    Returns:
        Square cells; each explanation with itself is quiet.
    """
    count, low = len(names), -1.0 if signed else 0.0
    scale = palette.DIVERGING if signed else palette.MATRIX
    left = min(axes.broadest(names), 0.3 * width, 200.0) + 12
    inside = width - left - BAR
    side = min(inside / max(count, 1), CELL)
    figure = Figure()
    _add_cells(figure, names, values, title)
    _add_numbers(figure, values, scale, low, side)
    foot = _name_cells(figure, names, left - 12, side, side * count / inside)
    figure.layout["coloraxis"] = {
        "colorscale": palette.stops(scale),
        "cmin": low,
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
    add_head(figure, 1, title, "", width, xshift=-left)  # from the edge of the figure on
    return figure


def _add_cells(figure: Figure, names: Sequence[str], values: Values, title: str) -> None:
    """Add the colours of the values, and quiet ones where a value says nothing."""
    count = len(names)
    own = np.eye(count, dtype=bool)
    pairs = [[_between(names, a, b) for b in range(count)] for a in range(count)]
    common = {"xgap": 2, "ygap": 2, "customdata": pairs, "hoverongaps": False}
    figure.add(
        "heatmap",
        z=np.where(own, np.nan, values),
        coloraxis="coloraxis",
        hovertemplate=f"%{{customdata}}<br>{html.escape(title)} %{{z:.2f}}<extra></extra>",
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


def _add_numbers(figure: Figure, values: Values, scale: str, low: float, side: float) -> None:
    """Write the values into their cells, each in a colour that is read on the cell's."""
    rows, columns = np.indices(values.shape)
    flat = values.ravel().tolist()
    known = np.isfinite(values) & ~np.eye(len(values), dtype=bool)
    figure.add(
        "scatter",
        x=columns.ravel(),
        y=rows.ravel(),
        mode="text",
        hoverinfo="skip",
        showlegend=False,
        text=[DASH if value != value else f"{value:.2f}" for value in flat],
        textfont={
            "size": min(14.0, max(8.0, side / (3.0 if low < 0 else 2.5))),
            "color": [
                palette.text_on(scale, (value - low) / (1 - low)) if shown else palette.QUIET
                for value, shown in zip(flat, known.ravel().tolist(), strict=True)
            ],
        },
    )


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
