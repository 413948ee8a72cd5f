"""What charts with axes share: grounds, axes, legends, and room for words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.figures.browser import panels
from core.figures.drawing import palette
from core.files.names import shorten

IOU = "overlap (IoU)"
WORDS = 12
"""Size of axis and legend words in pixels; it is set, because margins are counted from it."""
BROAD = 0.56
"""Width of an average character as a share of its height."""
LINE = 22
"""Height of a line of the legend in pixels."""
SYMBOL = 46
"""Pixels of a legend's entry beside its words."""
LEFT, RIGHT = 54, 16
"""Margins beside a chart with an upright axis of numbers."""
SLANT = 0.72
"""What a word at 45 degrees takes of its length, across and down."""

TIGHT = 16
"""Pixels that a slanted label needs."""
NAME = 22
"""Characters of a picture's name under its bars; the mouse tells all of it."""
SUFFIX = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)


def breadth(text: str) -> float:
    """Return about how many pixels a text takes."""
    return len(text) * WORDS * BROAD


def fitted(text: str, room: float) -> str:
    """Return a text that takes about `room` pixels at most, cut in its middle, for Plotly."""
    return html.escape(shorten(text, max(5, int(room / (WORDS * BROAD)))))


def defined(value: float, digits: int = 2) -> str:
    """Return a number as it is read, and words for NaN."""
    return "not defined" if value != value else f"{value:.{digits}f}"


def picture_name(name: str) -> str:
    """Return a picture's name without the kind of its file, as short as a label must be."""
    return shorten(SUFFIX.sub("", name) or name, NAME)


def slanted(names: Sequence[str], width: float) -> tuple[dict[int, str], int, float]:
    """Return labels for an axis that fit below it, slanted or upright where they must be.

    Args:
        names: of pictures, one for each place from 0.
        width: of the axis in pixels.

    Returns:
        The labels by place, some left out where there are too many; their angle; the room that
        they need, in pixels.
    """
    slot = width / max(1, len(names))
    step = 1 if slot >= TIGHT else -(-TIGHT // max(1, int(slot)))
    short = [picture_name(name) for name in names]
    longest = max(map(breadth, short), default=0.0)
    labels = {at: html.escape(short[at]) for at in range(0, len(names), step)}
    if longest + 8 <= slot:
        return labels, 0, 36
    if any(breadth(label) * SLANT > LEFT + (at + 0.5) * slot for at, label in labels.items()):
        return labels, -90, longest + 24  # slanted, one of them would leave the figure
    return labels, -45, longest * SLANT + 24


def lines_of(texts: Sequence[str], width: float) -> int:
    """Return how many lines a legend takes where the axes are `width` pixels wide.

    Plotly gives a legend that width and no more, also where it begins at the figure's edge.
    """
    widest = max((breadth(text) for text in texts), default=0.0) + SYMBOL
    return -(-len(texts) // max(1, int(width / widest)))


def legend(figure: go.Figure, texts: Sequence[str], width: float, **at: object) -> None:
    """Place the legend, in columns of one width so that it stays while numbers change.

    Args:
        figure: changed in place.
        texts: of the entries, each as long as it may become.
        width: of the area between the axes in pixels.
        at: where it stands, as Plotly's legend takes it.
    """
    lines = lines_of(texts, width)
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "v" if lines == len(texts) else "h",
            "entrywidth": max((breadth(text) for text in texts), default=0.0),
            "entrywidthmode": "pixels",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": WORDS},
            "bgcolor": palette.CLEAR,
            "borderwidth": 0,
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            **at,
        },
    )


def swatch(colour: str, name: str, **axes: str) -> go.Scatter:
    """Return a trace that is seen in the legend only."""
    marker = {
        "symbol": "square", "size": 13, "color": colour,
        "line": {"color": palette.QUIET, "width": 1},
    }  # fmt: skip
    return go.Scatter(
        x=[None], y=[None], mode="markers", marker=marker, name=name, hoverinfo="skip",
        showlegend=True, **axes,
    )  # fmt: skip


def axis(title: str = "", **more: object) -> dict[str, object]:
    """Return an axis that stands still, with faint lines.

    Its room does not follow its labels: a theme turns that on, and the chart would jump.
    """
    return {
        "title": {"text": title, "font": {"size": WORDS}, "standoff": 8},
        "tickfont": {"size": WORDS},
        "ticks": "",
        "ticklabelstandoff": 4,
        "ticklabeloverflow": "allow",
        "gridcolor": palette.TRACK,
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
        **more,
    }


def share_axis(title: str = "") -> dict[str, object]:
    """Return an axis of values in [0, 1]."""
    return axis(
        title, range=[0, 1], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1], showgrid=True, zeroline=True,
        zerolinecolor=palette.QUIET,
    )  # fmt: skip


def add_side(figure: go.Figure, title: str) -> None:
    """Write the title of the upright axis at the left edge.

    Not as the axis's own: a theme moves the numbers, and Plotly then pushes the title over them or
    into the chart.
    """
    figure.add_annotation(
        xref="paper", yref="paper", x=0, y=0.5, xanchor="center", xshift=10 - LEFT, textangle=-90,
        text=title, showarrow=False, font={"size": WORDS},
    )  # fmt: skip


def finish(figure: go.Figure, height: float, margin: Mapping[str, float]) -> None:
    """Set the size, the see-through ground, and that a finger moves the page."""
    figure.update_layout(
        height=round(height),
        # Else a long legend takes room from the chart.
        margin={**margin, "autoexpand": False},
        dragmode=False,
        hovermode="closest",
        modebar=panels.MODEBAR,
        plot_bgcolor=palette.CLEAR,
        paper_bgcolor=palette.CLEAR,
    )


def word(figure: go.Figure, text: str) -> None:
    """Write a word in the middle of an empty chart."""
    figure.add_annotation(
        xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False, text=text, font={"size": 14},
    )  # fmt: skip
