"""What charts with axes share: grounds, axes, legends, and room for words."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence

from core.figures.browser import panels
from core.figures.browser.figure import Figure, Properties
from core.figures.charts.words import picture_name
from core.figures.drawing import palette
from core.files.names import shorten

WORDS = 12
"""Size of axis and legend words in pixels; it is set, because margins are counted from it."""
BROAD = 0.56
"""Width of an average character as a share of its height."""
LINE = 22
"""Height of a line of the legend in pixels."""
SYMBOL = 46
"""Pixels of a legend's entry beside its words."""
LEFT, RIGHT, BOTTOM = 54, 16, 48
"""Margins of a chart with an upright axis of numbers."""
SLANT = 0.72
"""What a word at 45 degrees takes of its length, across and down."""
TIGHT = 16
"""Pixels that a slanted label needs."""


def breadth(text: str) -> float:
    """Return about how many pixels a text takes."""
    return len(text) * WORDS * BROAD


def broadest(texts: Sequence[str]) -> float:
    """Return about how many pixels the longest of the texts takes; 0 without any."""
    return max(map(breadth, texts), default=0.0)


def letters(room: float) -> int:
    """Return about how many characters fit into so many pixels, at least 5."""
    return max(5, int(room / (WORDS * BROAD) + 1e-6))  # as many as `breadth` counted


def fitted(text: str, room: float) -> str:
    """Return a text that takes about `room` pixels at most, cut in its middle, for Plotly."""
    return html.escape(shorten(text, letters(room)))


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
    longest = broadest(short)
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
    widest = broadest(texts) + SYMBOL
    return -(-len(texts) // max(1, int(width / widest)))


def legend(figure: Figure, texts: Sequence[str], width: float, **at: object) -> None:
    """Place the legend, in columns of one width so that it stays while numbers change.

    Args:
        figure: changed in place.
        texts: of the entries, each as long as it may become.
        width: of the area between the axes in pixels.
        at: where it stands, as Plotly's legend takes it.
    """
    lines = lines_of(texts, width)
    figure.layout["showlegend"] = True
    figure.layout["legend"] = {
        "orientation": "v" if lines == len(texts) else "h",
        "entrywidth": broadest(texts),
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
    }


def legend_above(figure: Figure, texts: Sequence[str], width: float) -> float:
    """Place the legend above the chart; return how many pixels its lines take, 0 without any.

    Args:
        figure: changed in place.
        texts: of the entries.
        width: of the area between the axes in pixels.
    """
    if not texts:
        return 0.0
    # A column would push the chart aside, by as much as it is wide; a row that is full breaks.
    legend(figure, texts, width, yref="container", y=1, yanchor="top", orientation="h")
    return lines_of(texts, width) * LINE


def add_swatch(figure: Figure, colour: str, name: str, **axes: str) -> None:
    """Add a trace that is seen in the legend only; `name` is shown as markup."""
    line = {"color": palette.QUIET, "width": 1}
    figure.add(
        "scatter",
        x=[None],
        y=[None],
        mode="markers",
        marker={"symbol": "square", "size": 13, "color": colour, "line": line},
        name=name,
        hoverinfo="skip",
        showlegend=True,
        **axes,
    )


def axis(title: str = "", **more: object) -> Properties:
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


def share_axis(title: str = "") -> Properties:
    """Return an axis of values in [0, 1]."""
    return axis(
        title,
        range=[0, 1],
        tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1],
        showgrid=True,
        zeroline=True,
        zerolinecolor=palette.QUIET,
    )


def name_rows(
    figure: Figure, names: Sequence[str], width: float, lines: int = 1
) -> tuple[float, int]:
    """Write names beside the rows, the first at the top.

    Args:
        figure: changed in place.
        names: of the rows, the first at 0.
        width: of the figure in pixels.
        lines: over which a name may be written before it is cut.

    Returns:
        The pixels that the names take across, and the lines of the longest.
    """
    room = 0.4 * width
    broken = [_broken(name, room, lines) for name in names]
    left = min(broadest([line for name in broken for line in name]), room) + 12
    figure.layout["yaxis"] = axis(
        range=[max(1, len(names)) - 0.5, -0.5],
        showgrid=False,
        tickvals=list(range(len(names))),
        ticktext=["<br>".join(fitted(line, left - 12) for line in name) for name in broken],
    )
    return left, max(map(len, broken), default=1)


def _broken(name: str, room: float, lines: int) -> list[str]:
    """Return a name in as many lines as it may have; the last holds what is left."""
    rows = textwrap.wrap(name, letters(room)) if lines > 1 else []
    return (
        [*rows[: lines - 1], " ".join(rows[lines - 1 :])] if len(rows) > lines else rows or [name]
    )


def add_side(figure: Figure, title: str) -> None:
    """Write the title of the upright axis at the left edge.

    Not as the axis's own: a theme moves the numbers, and Plotly then pushes the title over them or
    into the chart.
    """
    figure.annotate(
        xref="paper",
        yref="paper",
        x=0,
        y=0.5,
        xanchor="center",
        xshift=10 - LEFT,
        textangle=-90,
        text=title,
        font={"size": WORDS},
    )


def finish(figure: Figure, inside: float, margin: Mapping[str, float]) -> None:
    """Set the size, the see-through ground, and that a finger moves the page.

    Args:
        figure: changed in place.
        inside: height between the axes in pixels.
        margin: pixels left (`l`), right (`r`), above (`t`) and below (`b`).
    """
    # Only a legend above the chart takes room from it: where the page is narrower than was counted,
    # as before the browser has measured it, more lines would lie over the chart.
    above = figure.layout.get("legend", {}).get("yref") == "container"
    figure.layout |= {
        "height": round(inside + margin["t"] + margin["b"]),
        "margin": {**margin, "autoexpand": above},
        "dragmode": False,
        "hovermode": "closest",
        "modebar": panels.MODEBAR,
        "plot_bgcolor": palette.CLEAR,
        "paper_bgcolor": palette.CLEAR,
    }


def add_word(figure: Figure, text: str) -> None:
    """Write a word in the middle of an empty chart."""
    figure.annotate(xref="paper", yref="paper", x=0.5, y=0.5, text=text, font={"size": 14})
