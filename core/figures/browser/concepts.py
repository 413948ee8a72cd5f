"""The charts of a dissection in the browser: concepts, layers, similarities, one unit, evidence."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.browser import charts
from core.figures.drawing import palette
from core.figures.drawing.categories import category_colours

Values = npt.NDArray[np.floating]

ROW = 22
"""Height of a bar's row in pixels."""
LAYER_ROW = 62
BOX = 54
_COUNTS = ("units", "labelled units", "distinct concepts")


def frequent_bars(
    ranked: Sequence[tuple[str, int]], categories: Mapping[str, str], width: float
) -> go.Figure:
    """Draw how many units each concept describes, one bar a concept, coloured by category.

    Args:
        ranked: concept and number of units, in the order from top to bottom.
        categories: of the concepts that have one.
        width: of the figure in the browser, in pixels.
    """
    names, counts = [name for name, _ in ranked], [count for _, count in ranked]
    colours, legend = category_colours(names, categories)
    kinds = [html.escape(categories.get(name, "")) for name in names]
    figure = go.Figure()
    figure.add_bar(
        x=counts, y=list(range(len(names))), orientation="h", marker={"color": colours}, width=0.8,
        text=counts, textposition="outside", cliponaxis=False, textfont={"size": charts.WORDS},
        customdata=[[html.escape(name), kind] for name, kind in zip(names, kinds, strict=True)],
        hovertemplate="%{customdata[0]}: %{x} units<br>%{customdata[1]}<extra></extra>",
        showlegend=False,
    )  # fmt: skip
    for kind, colour in legend.items():
        figure.add_trace(charts.swatch(colour, html.escape(kind)))
    left = _rows(figure, names, width)
    head = _head(figure, list(legend), width - left)
    if not names:
        charts.word(figure, "no unit is labelled")
    right = max(counts, default=1) * 1.1
    figure.update_xaxes(charts.axis("units", range=[0, right]))
    height = head + max(4, len(names)) * ROW + 48
    charts.finish(figure, height, {"l": left, "r": charts.RIGHT, "t": head, "b": 48})
    return figure


def layer_bars(
    names: Sequence[str], counts: Sequence[tuple[int, int, int]], width: float
) -> go.Figure:
    """Draw for each layer its units, the labelled ones, and the distinct concepts among those.

    Args:
        names: of the layers.
        counts: units, labelled units and distinct concepts of each.
        width: of the figure in the browser, in pixels.
    """
    figure = go.Figure()
    for number, (said, colour) in enumerate(zip(_COUNTS, _three(), strict=True)):
        figure.add_bar(
            x=[count[number] for count in counts], y=list(range(len(names))), orientation="h",
            offset=(number - 1.5) * 0.26, width=0.24, marker={"color": colour}, name=said,
            text=[count[number] for count in counts], textposition="outside", cliponaxis=False,
            textfont={"size": charts.WORDS}, customdata=[html.escape(name) for name in names],
            hovertemplate=f"%{{customdata}}: %{{x}} {said}<extra></extra>",
        )  # fmt: skip
    left = _rows(figure, names, width)
    head = _head(figure, _COUNTS, width - left)
    right = max((count[0] for count in counts), default=1) * 1.12
    figure.update_xaxes(charts.axis("number", range=[0, right]))
    figure.update_layout(barmode="overlay")
    height = head + max(1, len(names)) * LAYER_ROW + 48
    charts.finish(figure, height, {"l": left, "r": charts.RIGHT, "t": head, "b": 48})
    return figure


def spread_boxes(
    names: Sequence[str], values: Sequence[Values], measure: str, width: float
) -> go.Figure:
    """Draw how the units' best similarities are spread in each layer.

    Args:
        names: of the layers.
        values: float (units,) of each layer, without units that have none.
        measure: the similarity's name.
        width: of the figure in the browser, in pixels.
    """
    figure = go.Figure()
    for number, (name, row) in enumerate(zip(names, values, strict=True)):
        figure.add_box(
            x=np.asarray(row, np.float64), y0=number, orientation="h", width=0.5,
            name=html.escape(name), boxpoints="outliers", boxmean=True, fillcolor=palette.TRACK,
            line={"color": palette.series(number), "width": 1.8},
            marker={"color": palette.series(number), "size": 3, "opacity": 0.5},
            hovertemplate="%{x:.3f}<extra></extra>", showlegend=False,
        )  # fmt: skip
    left = _rows(figure, names, width)
    figure.update_xaxes(charts.axis(f"{measure} of each unit's best word"))
    height = 10 + max(1, len(names)) * BOX + 48
    charts.finish(figure, height, {"l": left, "r": charts.RIGHT, "t": 10, "b": 48})
    return figure


def answer_bars(counts: npt.NDArray[np.integer], low: float, high: float) -> go.Figure:
    """Draw how often a unit answers how strongly.

    Args:
        counts: int (bins,), probes by answer in equal steps.
        low: the smallest answer.
        high: the largest.
    """
    edges = np.linspace(low, high, len(counts) + 1)
    said = [f"{a:.3g} to {b:.3g}: {n}" for a, b, n in zip(edges, edges[1:], counts, strict=False)]
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2, y=counts, width=(high - low) / len(counts),
        marker={"color": palette.BAR}, customdata=said,
        hovertemplate="%{customdata} probes<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure.update_layout(
        xaxis=charts.axis("answer", showgrid=False), yaxis=charts.axis(rangemode="tozero")
    )
    charts.add_side(figure, "probes")
    charts.finish(figure, 220, {"l": charts.LEFT, "r": charts.RIGHT, "t": 10, "b": 48})
    return figure


def evidence_bars(
    names: Sequence[str],
    speaks_for: Sequence[float],
    speaks_against: Sequence[float],
    shares: Sequence[float],
    measure: str,
    width: float,
) -> go.Figure:
    """Draw what the channels of each concept add to a class's score, with the share of each.

    Args:
        names: of the concepts, in the order from top to bottom.
        speaks_for: sums of the contributions above 0.
        speaks_against: sums of those below 0.
        shares: of what speaks for the class, in [0, 1].
        measure: what a contribution is.
        width: of the figure in the browser, in pixels.
    """
    figure = go.Figure()
    common = {
        "y": list(range(len(names))), "orientation": "h", "width": 0.8, "offset": -0.4,
        "customdata": [html.escape(name) for name in names], "showlegend": False,
    }  # fmt: skip
    figure.add_bar(
        x=list(speaks_for), marker={"color": palette.BAR}, text=[f"{s:.0%}" for s in shares],
        textposition="outside", cliponaxis=False, textfont={"size": charts.WORDS},
        hovertemplate="%{customdata}: %{x:.3g} for the class, %{text} of the evidence"
        "<extra></extra>", **common,
    )  # fmt: skip
    figure.add_bar(
        x=list(speaks_against), marker={"color": palette.BAR_REST},
        hovertemplate="%{customdata}: %{x:.3g} against the class<extra></extra>", **common,
    )  # fmt: skip
    figure.update_layout(barmode="overlay")
    left = _rows(figure, names, width)
    low, high = min([0.0, *speaks_against]), max([0.0, *speaks_for])
    room = 0.14 * (high - low or 1.0)
    figure.update_xaxes(
        charts.axis(
            measure, zeroline=True, zerolinecolor=palette.QUIET,
            range=[low - 0.2 * room * (low < 0), high + room],
        )
    )  # fmt: skip
    height = 10 + max(3, len(names)) * (ROW + 4) + 48
    charts.finish(figure, height, {"l": left, "r": charts.RIGHT, "t": 10, "b": 48})
    return figure


def compared_bars(
    names: Sequence[str],
    first: Sequence[float],
    second: Sequence[float],
    titles: tuple[str, str],
    width: float,
) -> go.Figure:
    """Draw which share of its units each concept has in two models, side by side.

    Args:
        names: of the concepts, in the order from top to bottom.
        first: shares in one model, in [0, 1].
        second: shares in the other.
        titles: of the models.
        width: of the figure in the browser, in pixels.
    """
    figure = go.Figure()
    room = width - 60
    said = [charts.fitted(title, room) for title in titles]
    for number, values in enumerate((first, second)):
        figure.add_bar(
            x=list(values), y=list(range(len(names))), orientation="h", width=0.36,
            offset=(number - 1) * 0.38, marker={"color": palette.series(number)},
            name=said[number], customdata=[html.escape(name) for name in names],
            hovertemplate=f"%{{customdata}}: %{{x:.1%}}<extra>{said[number]}</extra>",
        )  # fmt: skip
    left = _rows(figure, names, width)
    head = _head(figure, [title[: int(room)] for title in titles], width - left)
    if not names:
        charts.word(figure, "no concept to compare")
    figure.update_xaxes(charts.axis("share of the units", tickformat=".1~%", rangemode="tozero"))
    figure.update_layout(barmode="overlay")
    height = head + max(4, len(names)) * (ROW + 10) + 48
    charts.finish(figure, height, {"l": left, "r": charts.RIGHT, "t": head, "b": 48})
    return figure


def _three() -> tuple[str, str, str]:
    return palette.BAR_REST, palette.series(0), palette.series(1)


def _head(figure: go.Figure, texts: Sequence[str], width: float) -> float:
    """Place the legend above the chart; return the room that it takes, in pixels.

    Args:
        figure: changed in place.
        texts: of the legend.
        width: of the figure without the names beside the rows, in pixels.
    """
    if not texts:
        return 10.0
    room = width - charts.RIGHT
    charts.legend(figure, texts, room, yref="container", y=1, yanchor="top")
    return charts.lines_of(texts, room) * charts.LINE + 24.0


def _rows(figure: go.Figure, names: Sequence[str], width: float) -> float:
    """Write names beside the rows, the first at the top; return the room that they take."""
    left = min(max(map(charts.breadth, names), default=0.0), 0.4 * width) + 12
    figure.update_yaxes(
        charts.axis(
            range=[max(1, len(names)) - 0.5, -0.5], showgrid=False,
            tickvals=list(range(len(names))),
            ticktext=[charts.fitted(name, left - 12) for name in names],
        )
    )  # fmt: skip
    return left
