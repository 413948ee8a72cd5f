"""The frame of LIME's figure: three panels that zoom together, their titles, one colour scale."""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go

from core.figures import PHONE
from core.figures.browser.panels import axes_of, behave
from core.figures.browser.places import FOOT, GAP, HEAD, TALLEST
from core.figures.drawing import palette


def add_word(figure: go.Figure, number: int, word: str) -> None:
    """Write a word in the middle of a panel."""
    axes = axes_of(number)
    figure.add_annotation(
        xref=f"{axes['xaxis']} domain", yref=f"{axes['yaxis']} domain", x=0.5, y=0.5,
        showarrow=False, text=html.escape(word), font={"size": 14},
    )  # fmt: skip


def finish(figure: go.Figure, size: tuple[int, int], width: float, key: str) -> None:
    """Give each panel its place, link the axes, and set size, colours and behaviour."""
    per_row = 1 if width < PHONE else 3
    cell = (width - GAP * (per_row - 1)) / per_row
    ratio = size[1] / size[0]
    tall = min(cell * ratio, TALLEST)
    rows, across = 3 // per_row, min(cell, tall / ratio)
    height = rows * (tall + HEAD) + FOOT
    paper = height - FOOT
    plain = {"visible": False, "showgrid": False, "zeroline": False, "constrain": "domain"}
    for index in range(3):
        row, column = divmod(index, per_row)
        left, top = column * (across + GAP), row * (tall + HEAD) + HEAD
        axes, suffix = axes_of(index + 1), "" if index == 0 else str(index + 1)
        places = (
            [left / width, min(1.0, (left + across) / width)],
            [max(0.0, 1 - (top + tall) / paper), 1 - top / paper],
        )
        links: tuple[dict[str, str], dict[str, str]] = (
            ({}, {"scaleanchor": "x"}) if index == 0 else ({"matches": "x"}, {"matches": "y"})
        )
        figure.update_layout(
            {
                f"xaxis{suffix}": {**plain, **links[0], "domain": places[0],
                                   "range": [0, size[0]], "anchor": axes["yaxis"]},
                f"yaxis{suffix}": {**plain, **links[1], "domain": places[1],
                                   "range": [size[1], 0], "anchor": axes["xaxis"]},
            }
        )  # fmt: skip
    length = min(280.0, width * 0.5)
    ends = (("against", 0.0, "left"), ("for the class", length / width, "right"))
    for text, place, side in ends:
        figure.add_annotation(
            xref="paper", yref="paper", x=place, y=0, xanchor=side, yanchor="top", yshift=-26,
            text=text, font={"size": 12}, showarrow=False, borderpad=0,
        )  # fmt: skip
    behave(figure, height, width, FOOT, key)
    figure.update_layout(coloraxis=_colours(figure, length))


def _colours(figure: go.Figure, length: float) -> dict[str, object]:
    """The diverging scale, symmetric around 0 and as far as the largest weight."""
    peak = max((float(np.abs(t.z).max()) for t in figure.data if t.type == "heatmap"), default=0)
    peak = peak or 1.0
    return {
        "colorscale": palette.stops(palette.DIVERGING),
        "cmin": -peak,
        "cmax": peak,
        "colorbar": {
            "orientation": "h", "thickness": 10, "lenmode": "pixels", "len": length,
            "x": 0, "xanchor": "left", "xpad": 0, "y": 0, "yanchor": "top", "ypad": 12,
            "showticklabels": False, "outlinewidth": 0,
        },
    }  # fmt: skip
