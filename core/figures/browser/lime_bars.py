"""The weights of the heaviest superpixels as bars, with their intervals."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import plotly.graph_objects as go

from core.explain.perturb.lime_trust import Convergence, Interval
from core.figures.browser.lime import HOVER
from core.figures.drawing import palette
from core.figures.drawing.tint import Weights

ROW = 26
HEAD, FOOT = 8, 40
HEIGHT_PARTS = (0.36, 1.0), (0.0, 0.24)
FOR, AGAINST = (tuple(palette.lookup(palette.DIVERGING)[at].tolist()) for at in (225, 30))
FAINT = 0.45
"""Opacity of bars whose superpixels are not outlined."""
LABEL_GAP = 0.085
"""Least distance of two labels, as a share of the axis."""
SHADE = 0.5
"""Of it that is left while another bar is picked."""


def weight_bars(
    weights: Weights | None,
    order: Sequence[int] = (),
    outlined: Collection[int] = (),
    interval: Interval | None = None,
    *,
    rows: int = 12,
    lit: int | None = None,
) -> go.Figure:
    """Draw the heaviest superpixels, each with its number; red for the class, blue against.

    Args:
        weights: float64, one per superpixel; None draws empty axes of the same size.
        order: numbers by falling absolute weight.
        outlined: numbers of the superpixels that are outlined; the others are faint.
        interval: drawn as whiskers.
        rows: bars at most; they set the height.
        lit: number of the picked superpixel.
    """
    figure = go.Figure()
    shown = list(order[:rows]) if weights is not None else []
    if weights is not None and shown:
        values = weights[shown]
        figure.add_bar(
            x=values,
            y=[str(number) for number in shown],
            customdata=shown,
            orientation="h",
            marker={
                "color": [_rgb(FOR if value >= 0 else AGAINST) for value in values],
                "opacity": [_opacity(k, outlined, lit) for k in shown],
            },
            error_x=_whiskers(values, interval, shown),
            hovertemplate=HOVER.replace("%{z:", "%{x:"),
            unselected={"marker": {"opacity": FAINT}},
            showlegend=False,
        )
    figure.update_layout(
        height=HEAD + FOOT + rows * ROW,
        margin={"l": 44, "r": 8, "t": HEAD, "b": FOOT},
        bargap=0.28,
        dragmode=False,
        hovermode="closest",
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
        xaxis={
            "title": {"text": "weight", "font": {"size": 12}}, "zeroline": True,
            "zerolinecolor": palette.QUIET, "gridcolor": palette.TRACK, "fixedrange": True,
            "nticks": 5, "visible": bool(shown),
        },
        yaxis={
            "type": "category", "categoryorder": "array", "fixedrange": True, "showgrid": False,
            "categoryarray": [str(number) for number in shown], "range": [rows - 0.5, -0.5],
            "tickmode": "array", "tickvals": [str(number) for number in shown],
            "ticktext": [f"<b>▶ {k}</b>" if k == lit else str(k) for k in shown],
            "visible": bool(shown), "ticksuffix": " ",
        },
    )  # fmt: skip
    return figure


def _opacity(number: int, outlined: Collection[int], lit: int | None) -> float:
    """Full for what is outlined; what a person picked puts all others in the shade."""
    opacity = 1.0 if number in outlined or number == lit else FAINT
    return opacity if lit in (None, number) else opacity * SHADE


def _rgb(colour: tuple[int, ...]) -> str:
    return "rgb({}, {}, {})".format(*colour)


def _whiskers(
    values: Weights, interval: Interval | None, shown: Sequence[int]
) -> dict[str, object] | None:
    if interval is None:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": np.maximum(0.0, interval.high[list(shown)] - values),
        "arrayminus": np.maximum(0.0, values - interval.low[list(shown)]),
        "color": palette.QUIET,
        "thickness": 1.4,
        "width": 3,
    }


def settling(found: Convergence | None, height: int = 300) -> go.Figure:
    """Draw how the first weights and R² settle as samples are added.

    Args:
        found: from the kept samples; None draws nothing, at the same size.
        height: in pixels.
    """
    figure = go.Figure()
    if found is not None:
        for place, number in enumerate(found.top):
            values = found.weights[:, place]
            colour = _rgb(FOR if values[-1] >= 0 else AGAINST)
            figure.add_scatter(
                x=found.samples, y=values, mode="lines+markers",
                line={"color": colour, "width": 1.6}, marker={"size": 4}, cliponaxis=False,
                hovertemplate=f"superpixel {number}<br>weight %{{y:+.4f}}<br>%{{x}} samples"
                "<extra></extra>", showlegend=False,
            )  # fmt: skip
        _name_lines(figure, found)
        figure.add_scatter(
            x=found.samples, y=found.r2, mode="lines+markers", yaxis="y2",
            line={"color": palette.QUIET, "width": 1.6}, marker={"size": 4},
            hovertemplate="R² %{y:.2f}<br>%{x} samples<extra></extra>", showlegend=False,
        )  # fmt: skip
    common = {"gridcolor": palette.TRACK, "fixedrange": True, "visible": found is not None}
    samples = found.samples if found is not None else (50, 100)
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 30, "t": 8, "b": FOOT},
        dragmode=False,
        hovermode="closest",
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
        xaxis={
            **common, "type": "log", "title": {"text": "samples", "font": {"size": 12}},
            "anchor": "y2", "tickmode": "array",
            "tickvals": [n for n in (50, 100, 200, 500, 1000, 2000, 5000) if n <= samples[-1]],
        },
        yaxis={
            **common, "domain": HEIGHT_PARTS[0], "nticks": 4,
            "title": {"text": "weight", "font": {"size": 12}},
            "zerolinecolor": palette.QUIET,
        },
        yaxis2={
            **common, "domain": HEIGHT_PARTS[1], "range": [0, 1.02], "tickvals": [0, 0.5, 1],
            "title": {"text": "R²", "font": {"size": 12}}, "zerolinecolor": palette.QUIET,
        },
    )  # fmt: skip
    return figure


def _name_lines(figure: go.Figure, found: Convergence) -> None:
    """Write the superpixels' numbers at the ends of their lines, pushed apart where they meet."""
    ends = found.weights[-1]
    if not len(ends):
        return
    span = float(np.ptp(np.append(found.weights, 0.0))) or 1.0
    places, least = np.array(ends, np.float64), -np.inf
    for at in np.argsort(ends, kind="stable"):
        places[at] = least = max(places[at], least + LABEL_GAP * span)
    places -= (places - ends).mean()
    figure.add_scatter(
        x=[found.samples[-1]] * len(ends),
        y=places,
        text=[f"  {number}" for number in found.top],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
