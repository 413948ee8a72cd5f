"""How the overlap of two explanations depends on how much each of them marks."""

from __future__ import annotations

import numpy as np

from core.figures.browser import axes
from core.figures.browser.figure import Figure
from core.figures.charts.pairs import CURVES, NO_CURVE, THRESHOLD, Curves, Values
from core.figures.charts.words import IOU, defined
from core.figures.drawing import palette

TALL = 280
"""Height between the axes in pixels."""


def curves(chart: Curves, width: float) -> Figure:
    """Draw how the overlap of two maps depends on the threshold.

    Args:
        chart: what to draw.
        width: of the figure in the browser, in pixels.
    """
    across, curve, level, at = chart.across, chart.curve, chart.level, chart.at
    low, high = chart.low, chart.high
    figure = Figure()
    _add_chance(figure, across, level, low, high)
    figure.add(
        "scatter",
        x=across,
        y=curve,
        mode="lines+markers",
        line={"color": palette.ACCENT, "width": 2.4},
        marker={"size": 4},  # a value between two gaps has no line
        name=CURVES[0],
        legendrank=1,
        connectgaps=False,
        cliponaxis=False,
        hoverinfo="skip",
    )
    # The mouse reads an unseen trace: it has no gaps, over which Plotly takes the next value.
    figure.add(
        "scatter",
        x=across,
        y=np.nan_to_num(np.where(np.isfinite(curve), curve, level)),
        mode="markers",
        marker={"color": palette.CLEAR},
        showlegend=False,
        text=[_reading(*each) for each in zip(curve, level, low, high, strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )
    if not np.isfinite(curve).any():
        axes.add_word(figure, NO_CURVE)
    if at is not None:
        _mark_threshold(figure, at, right=at > (across[0] + across[-1]) / 2)
    figure.layout["xaxis"] = axes.axis(
        THRESHOLD,
        range=[0, float(across[-1])],
        showgrid=False,
        unifiedhovertitle={"text": "highest %{x} % of the pixels"},
        showspikes=False,
    )
    figure.layout["yaxis"] = axes.share_axis()
    axes.add_side(figure, IOU)
    head = axes.legend_above(figure, CURVES, width - axes.LEFT - axes.RIGHT) + 12
    margin = {"l": axes.LEFT, "r": axes.RIGHT, "t": head, "b": axes.BOTTOM}
    axes.finish(figure, TALL, margin)
    figure.layout["hovermode"] = "x unified"
    return figure


def _add_chance(figure: Figure, across: Values, level: Values, low: Values, high: Values) -> None:
    """Add the band of random shifts, and the chance level over it."""
    xs, ys = _band(across, low, high)
    figure.add(
        "scatter",
        x=xs,
        y=ys,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=palette.BAND,
        name=CURVES[2],
        hoverinfo="skip",
        legendrank=3,
    )
    figure.add(
        "scatter",
        x=across,
        y=level,
        mode="lines",
        line={"color": palette.QUIET, "dash": "dash", "width": 2},
        name=CURVES[1],
        hoverinfo="skip",
        legendrank=2,
    )


def _mark_threshold(figure: Figure, at: float, *, right: bool) -> None:
    """Draw a line at the threshold in use, with its percent on the side that has more room."""
    line = {"color": palette.QUIET, "width": 1.2}
    figure.layout["shapes"] = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "y domain", "line": line}
    ]
    figure.annotate(
        x=at,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="right" if right else "left",
        text=f" {at:g} % ",
        font={"size": axes.WORDS},
        borderpad=3,
    )


def _reading(curve: float, level: float, low: float, high: float) -> str:
    """Return what the mouse reads at one threshold."""
    value, chance, least, most = (defined(each) for each in (curve, level, low, high))
    if not np.isfinite(level):
        return f"IoU {value}"
    return f"IoU {value}<br>by chance {chance}, 95 % from {least} to {most}"


def _band(
    across: Values, low: Values, high: Values
) -> tuple[list[float | None], list[float | None]]:
    """Return the outline of a band, one closed shape for each run without NaN."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run):
            xs += [*across[run].tolist(), *across[run[::-1]].tolist(), None]
            ys += [*low[run].tolist(), *high[run[::-1]].tolist(), None]
    return xs, ys
