"""One value for each pair of explanations."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.browser import charts
from core.figures.browser.panels import add_head
from core.figures.drawing import palette

Values = npt.NDArray[np.float64]

CELL = 92
"""Side of the largest cell, in pixels."""
BAR = 64
"""Room for the colour bar, in pixels."""
DASH = "\u2013"
UNDEFINED = "not defined: a map is flat or marks nothing"


def matrix(
    names: Sequence[str], values: Values, title: str, signed: bool, width: float
) -> go.Figure:
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
    left = min(max(map(charts.breadth, names), default=0.0), 0.3 * width, 200.0) + 12
    labels = [charts.fitted(name, left - 12) for name in names]
    side = min((width - left - BAR) / max(count, 1), CELL)
    widest = min(max(map(charts.breadth, names), default=0.0), left - 12)
    level = widest + 8 <= side
    margin = {"l": left, "r": BAR, "t": 40.0, "b": 38 if level else widest * charts.SLANT + 26}
    own = np.eye(count, dtype=bool)
    known = np.isfinite(values) & ~own
    figure = go.Figure()
    rows, columns = np.indices(values.shape)
    pairs = np.array([[_between(names, a, b) for b in range(count)] for a in range(count)])
    common = {"xgap": 2, "ygap": 2, "customdata": pairs, "hoverongaps": False}
    figure.add_heatmap(
        z=np.where(known, values, np.nan), coloraxis="coloraxis", **common,
        hovertemplate="%{customdata}<br>" + html.escape(title) + " %{z:.2f}<extra></extra>",
    )  # fmt: skip
    for where, colour, said in (
        (own & np.isfinite(values), palette.TRACK, ""),
        (np.isnan(values), palette.UNDEFINED, f"<br>{UNDEFINED}"),
    ):
        figure.add_heatmap(
            z=np.where(where, 1.0, np.nan), colorscale=[[0, colour], [1, colour]], showscale=False,
            **common, hovertemplate=f"%{{customdata}}{said}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=columns.ravel(), y=rows.ravel(), mode="text", hoverinfo="skip", showlegend=False,
        text=[DASH if np.isnan(value) else f"{value:.2f}" for value in values.ravel().tolist()],
        textfont={
            "size": min(14.0, max(8.0, side / (3.0 if signed else 2.5))),
            "color": [
                palette.text_on(scale, (value - low) / (1 - low)) if shown else palette.QUIET
                for value, shown in zip(values.ravel().tolist(), known.ravel(), strict=True)
            ],
        },
    )  # fmt: skip
    places = list(range(count))
    share = min(1.0, side * count / (width - left - BAR))
    figure.update_layout(
        xaxis=charts.axis(
            tickvals=places, ticktext=labels, showgrid=False, range=[-0.5, count - 0.5],
            domain=[0, share], tickangle=0 if level else -45,
        ),
        yaxis=charts.axis(
            tickvals=places, ticktext=labels, showgrid=False, range=[count - 0.5, -0.5],
            scaleanchor="x", constrain="domain", constraintoward="top",
        ),
        coloraxis={
            "colorscale": palette.stops(scale), "cmin": low, "cmax": 1,
            "colorbar": {
                "thickness": 10, "x": share, "xanchor": "left", "xpad": 12, "y": 1,
                "yanchor": "top", "ypad": 1, "lenmode": "pixels", "outlinewidth": 0,
                "len": max(60.0, side * count), "tickvals": [-1, -0.5, 0, 0.5, 1],
                "tickfont": {"size": charts.WORDS},
            },
        },
    )  # fmt: skip
    charts.finish(figure, side * count + margin["t"] + margin["b"], margin)
    add_head(figure, 1, title, "", width)
    figure.layout.annotations[-1].xshift = -left  # from the edge of the figure on
    return figure


def _between(names: Sequence[str], first: int, second: int) -> str:
    if first == second:
        return f"{html.escape(names[first])} with itself"
    return f"{html.escape(names[first])} and {html.escape(names[second])}"
