"""Overlap of explanations over several pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.browser import charts
from core.figures.drawing import palette

Values = npt.NDArray[np.float64]
Rows = Sequence[Sequence[float]] | Values

LINES = "line: mean of a pair, dashed: what chance would give"
FAINT = 0.55
"""Opacity of the bars, so that the lines are seen on them."""
FULL = 0.8
"""Share of a picture's place that its bars fill."""
ROW = 54
"""Height of a box in pixels."""


def iou_bars(
    names: Sequence[str],
    pairs: Sequence[str],
    rows: Rows,
    means: Sequence[float],
    chances: Sequence[float],
    width: float,
) -> go.Figure:
    """Draw the IoU of each pair on each picture, with its mean and what chance would give.

    Args:
        names: of the pictures.
        pairs: of explanations, as they are named.
        rows: float64 (pairs, pictures) in [0, 1]; NaN where not defined.
        means: of each pair, NaN where none is defined; a line.
        chances: of each pair; a dashed line.
        width: of the figure in the browser, in pixels.
    """
    across = width - charts.LEFT - charts.RIGHT
    room = width - charts.SYMBOL - charts.breadth(bar_label("", 0, 0))
    fitted = [charts.fitted(pair, room) for pair in pairs]
    said = [bar_label(*each) for each in zip(fitted, means, chances, strict=True)]
    head = charts.lines_of(said, across) * charts.LINE + 36
    bar = FULL / max(1, len(pairs))
    figure = go.Figure()
    for number, (pair, row) in enumerate(zip(pairs, checked_rows(rows), strict=True)):
        colour, start = palette.series(number), number * bar - FULL / 2
        pictures = [html.escape(name) for name in names]
        hover = f"%{{customdata}}<br>{html.escape(pair)}<br>"
        figure.add_bar(
            x=np.arange(len(names)), y=row, offset=start, width=bar * 0.94,
            marker={"color": colour, "opacity": FAINT, "line": {"color": colour, "width": 1}},
            hovertemplate=hover + "IoU %{y:.2f}<extra></extra>",
            customdata=pictures, showlegend=False,
        )  # fmt: skip
        gaps = np.flatnonzero(np.isnan(row))
        figure.add_scatter(
            x=gaps + start + bar / 2, y=np.zeros(len(gaps)), mode="markers", cliponaxis=False,
            marker={"symbol": "x-thin", "size": 7, "line": {"color": colour, "width": 2}},
            hovertemplate=hover + "not defined: neither marks a pixel<extra></extra>",
            customdata=[pictures[gap] for gap in gaps.tolist()], showlegend=False,
        )  # fmt: skip
    ends = [-0.5, max(len(names), 1) - 0.5]
    for number, text in enumerate(said):
        figure.add_trace(charts.swatch(palette.series(number), text))
        for value, dash in ((means[number], "solid"), (chances[number], "dash")):
            if np.isfinite(value):
                figure.add_scatter(
                    x=ends, y=[value, value], mode="lines", showlegend=False, hoverinfo="skip",
                    line={"color": palette.series(number), "width": 1.8, "dash": dash},
                )  # fmt: skip
    figure.add_annotation(
        xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom", yshift=4,
        text=LINES, font={"size": charts.WORDS, "color": palette.QUIET}, showarrow=False,
    )  # fmt: skip
    labels, angle, foot = charts.slanted(names, width - charts.LEFT - charts.RIGHT)
    figure.update_layout(
        xaxis=charts.axis(
            range=ends, showgrid=False, tickangle=angle, tickvals=list(labels),
            ticktext=list(labels.values()),
        ),
        yaxis=charts.share_axis(),
        barmode="overlay",
    )  # fmt: skip
    charts.add_side(figure, charts.IOU)
    charts.finish(
        figure, head + 280 + foot, {"l": charts.LEFT, "r": charts.RIGHT, "t": head, "b": foot}
    )
    charts.legend(figure, said, across, yref="container", y=1, yanchor="top")
    return figure


def checked_rows(rows: Rows) -> Values:
    """Return `rows` as an array (pictures, pairs) of IoU; absent ones are not a number."""
    return np.asarray(rows, np.float64)


def bar_label(pair: str, mean: float, chance: float) -> str:
    """Return the legend's words for a pair: its mean and what chance would give."""
    return f"{pair}: mean {charts.defined(mean)}, chance {charts.defined(chance)}"


def boxes(
    pairs: Sequence[str], values: Sequence[Values], width: float, names: Sequence[str] = ()
) -> go.Figure:
    """Draw the spread of the IoU of each pair over the pictures, with every point.

    Args:
        pairs: of explanations, as they are named.
        values: float64 (pictures,) in [0, 1] for each pair; NaN is left out.
        width: of the figure in the browser, in pixels.
        names: of the pictures, for the mouse.
    """
    left = min(max(map(charts.breadth, pairs), default=0.0), 0.4 * width) + 12
    figure = go.Figure()
    for number, (pair, row) in enumerate(zip(pairs, values, strict=True)):
        known = np.flatnonzero(np.isfinite(row))
        if not len(known):
            figure.add_annotation(
                x=0.5, y=number, showarrow=False, text="not defined", font={"size": charts.WORDS}
            )
            continue
        figure.add_box(
            x=row[known], y0=number, orientation="h", width=0.5, name=html.escape(pair),
            # Plotly spreads the points by a generator with a fixed seed: always the same.
            boxpoints="all", jitter=0.6, pointpos=0, boxmean=True, fillcolor=palette.TRACK,
            line={"color": palette.series(number), "width": 1.8},
            marker={"color": palette.series(number), "size": 6, "opacity": 0.75},
            text=[html.escape(names[at]) for at in known.tolist()] if names else None,
            hovertemplate=("%{text}<br>" if names else "") + "IoU %{x:.2f}<extra></extra>",
            showlegend=False,
        )  # fmt: skip
    count = len(pairs)
    figure.update_layout(
        xaxis=charts.share_axis(charts.IOU),
        yaxis=charts.axis(
            range=[count - 0.5, -0.5], showgrid=False, tickvals=list(range(count)),
            ticktext=[charts.fitted(pair, left - 12) for pair in pairs],
        ),
    )  # fmt: skip
    charts.finish(figure, 10 + count * ROW + 48, {"l": left, "r": charts.RIGHT, "t": 10, "b": 48})
    return figure
