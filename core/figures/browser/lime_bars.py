"""The weights of the heaviest superpixels as bars, with their intervals."""

from __future__ import annotations

import numpy as np

from core.explain.perturb.lime_trust import Convergence
from core.figures.browser.figure import Figure, Properties
from core.figures.browser.lime import HOVER
from core.figures.charts.superpixels import AGAINST, FAINT, FOR, WeightBars
from core.figures.drawing import palette
from core.figures.drawing.tint import Weights

ROW = 26
HEAD, FOOT = 8, 40
HEIGHT_PARTS = [0.36, 1.0], [0.0, 0.24]
TICKS = (50, 100, 200, 500, 1000, 2000, 5000)
"""Numbers of samples that are written below the axis."""
LABEL_GAP = 0.085
"""Least distance of two labels, as a share of the axis."""


def weight_bars(chart: WeightBars) -> Figure:
    """Draw the heaviest superpixels; without weights, empty axes of the same size."""
    shown, rows = chart.shown, chart.rows
    names = [str(number) for number in shown]
    ticks = [
        f"<b>▶ {name}</b>" if number == chart.lit else name
        for number, name in zip(shown, names, strict=True)
    ]
    figure = _plain(HEAD + FOOT + rows * ROW, left=44, right=8)
    figure.layout |= {
        "bargap": 0.28,
        "xaxis": {
            **_values("weight", visible=bool(shown)),
            "zeroline": True,
            "nticks": 5,
        },
        "yaxis": {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
            "range": [rows - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": names,
            "ticktext": ticks,
            "ticksuffix": " ",
            "fixedrange": True,
            "showgrid": False,
            "visible": bool(shown),
        },
    }
    if shown:
        figure.add(
            "bar",
            x=chart.values,
            y=names,
            customdata=shown,
            orientation="h",
            marker={"color": chart.colours, "opacity": chart.opacities},
            hovertemplate=HOVER.replace("%{z:", "%{x:"),
            unselected={"marker": {"opacity": FAINT}},
            showlegend=False,
            **_whiskers(chart),
        )
    return figure


def _plain(height: int, *, left: int, right: int) -> Figure:
    """Return an empty figure on a clear ground that a finger does not move."""
    return Figure(
        height=height,
        margin={"l": left, "r": right, "t": HEAD, "b": FOOT},
        dragmode=False,
        hovermode="closest",
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
    )


def _values(title: str, *, visible: bool) -> Properties:
    """Return an axis that stands still, with faint lines."""
    return {
        "title": {"text": title, "font": {"size": 12}},
        "exponentformat": "e",  # not "-200μ"
        "gridcolor": palette.TRACK,
        "zerolinecolor": palette.QUIET,
        "fixedrange": True,
        "visible": visible,
    }


def _whiskers(chart: WeightBars) -> Properties:
    """Return the intervals of the bars, where there are some."""
    if chart.whiskers is None:
        return {}
    below, above = chart.whiskers
    whiskers = {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": palette.QUIET,
        "thickness": 1.4,
        "width": 3,
    }
    return {"error_x": whiskers}


def settling(convergence: Convergence | None, height: int = 300) -> Figure:
    """Draw how the first weights and R² settle as samples are added.

    Args:
        convergence: from the kept samples; None draws nothing, at the same size.
        height: in pixels.
    """
    visible = convergence is not None
    most = convergence.samples[-1] if convergence is not None else TICKS[-1]
    figure = _plain(height, left=56, right=30)
    figure.layout |= {
        "xaxis": {
            **_values("samples", visible=visible),
            "type": "log",
            "anchor": "y2",
            "tickmode": "array",
            "tickvals": [tick for tick in TICKS if tick <= most],
        },
        "yaxis": {
            **_values("weight", visible=visible),
            "domain": HEIGHT_PARTS[0],
            "nticks": 4,
        },
        "yaxis2": {
            **_values("R²", visible=visible),
            "domain": HEIGHT_PARTS[1],
            "range": [0, 1.02],
            "tickvals": [0, 0.5, 1],
        },
    }
    if convergence is None:
        return figure
    for place, number in enumerate(convergence.top):
        values = convergence.weights[:, place]
        hover = f"superpixel {number}<br>weight %{{y:+.4f}}"
        _add_line(figure, convergence, values, FOR if values[-1] >= 0 else AGAINST, hover)
    _name_lines(figure, convergence)
    _add_line(figure, convergence, convergence.r2, palette.QUIET, "R² %{y:.2f}", yaxis="y2")
    return figure


def _add_line(
    figure: Figure, convergence: Convergence, values: Weights, colour: str, hover: str, **axis: str
) -> None:
    """Add one value against the number of samples."""
    figure.add(
        "scatter",
        x=list(convergence.samples),
        y=values,
        mode="lines+markers",
        line={"color": colour, "width": 1.6},
        marker={"size": 4},
        cliponaxis=False,
        hovertemplate=f"{hover}<br>%{{x}} samples<extra></extra>",
        showlegend=False,
        **axis,
    )


def _name_lines(figure: Figure, convergence: Convergence) -> None:
    """Write the superpixels' numbers at the ends of their lines, pushed apart where they meet."""
    ends = convergence.weights[-1]
    if not len(ends):
        return
    span = float(np.ptp(np.append(convergence.weights, 0.0))) or 1.0
    places, least = np.array(ends, np.float64), -np.inf
    for at in np.argsort(ends, kind="stable"):
        places[at] = least = max(places[at], least + LABEL_GAP * span)
    places -= (places - ends).mean()
    figure.add(
        "scatter",
        x=[convergence.samples[-1]] * len(ends),
        y=places,
        text=[f"  {number}" for number in convergence.top],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
