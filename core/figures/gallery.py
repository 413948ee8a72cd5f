"""Overlap of explanations over several pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from core.figures import charts, palette
from core.figures.printed import DPI, FONT, content, drawable, plain

Values = npt.NDArray[np.float64]
Rows = Sequence[Sequence[float]] | Values

LINES = "line: mean of a pair, dashed: what chance would give"
FAINT = 0.55
"""Opacity of the bars, so that the lines are seen on them."""
FULL = 0.8
"""Share of a picture's place that its bars fill."""
ROW = 54
"""Height of a box in pixels."""
INCHES = (16.0, 9.0)
"""A file of 1600 x 900 pixels."""
MANY, UPRIGHT = 60, 6
"""In a file, of more pictures only every second or third is named; of more the names slant."""


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
    room = width - charts.SYMBOL - charts.breadth(_said("", 0, 0))
    fitted = [charts.fitted(pair, room) for pair in pairs]
    said = [_said(*each) for each in zip(fitted, means, chances, strict=True)]
    head = charts.lines_of(said, across) * charts.LINE + 36
    bar = FULL / max(1, len(pairs))
    figure = go.Figure()
    for number, (pair, row) in enumerate(zip(pairs, _table(rows), strict=True)):
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


def _table(rows: Rows) -> Values:
    return np.asarray(rows, np.float64)


def _said(pair: str, mean: float, chance: float) -> str:
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


def iou_bar_png(
    names: Sequence[str],
    pairs: Sequence[str],
    rows: Rows,
    means: Sequence[float],
    chances: Sequence[float],
) -> bytes:
    """Draw the bars of `iou_bars` for a report: dark on white, 1600 x 900 pixels.

    It goes around pyplot, which keeps its figures for the whole process; pages run in threads.

    Args:
        names: of the pictures.
        pairs: of explanations.
        rows: float64 (pairs, pictures) in [0, 1]; NaN has a cross instead of a bar.
        means: of each pair, a line.
        chances: of each pair, a dashed line.

    Returns:
        A PNG, the same for the same data.
    """
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor=palette.PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=palette.PAPER)
    table = _table(rows)
    bar = FULL / max(1, len(pairs))
    for number, row in enumerate(table):
        colour, places = palette.series(number), np.arange(len(names)) - FULL / 2 + number * bar
        gaps = np.isnan(row)
        axes.bar(places, np.nan_to_num(row), bar * 0.94, align="edge", color=colour, alpha=FAINT)
        axes.plot(
            places[gaps] + bar / 2, np.zeros(gaps.sum()), "x", color=colour, clip_on=False,
            markersize=8, markeredgewidth=2,
        )  # fmt: skip
        for value, style in ((means[number], "-"), (chances[number], "--")):
            if np.isfinite(value):
                axes.axhline(value, color=colour, linestyle=style, linewidth=2.4)
    said = [_said(*each) for each in zip(pairs, means, chances, strict=True)]
    _print_legend(figure, said, gaps=bool(np.isnan(table).any()))
    _print_axes(axes, names)
    return content(figure, "png")


def _print_legend(figure: Figure, pairs: Sequence[str], *, gaps: bool) -> None:
    """Name the colours and the lines, and the crosses where there are some."""
    signs: list[Artist] = [
        Patch(color=palette.series(number), alpha=FAINT) for number in range(len(pairs))
    ]
    signs.append(Line2D([], [], color=palette.INK, linewidth=2))
    signs.append(Line2D([], [], color=palette.INK, linewidth=2, linestyle="--"))
    if gaps:
        signs.append(Line2D([], [], color=palette.INK, linestyle="", marker="x", markersize=8))
    words = [*pairs, "mean", "chance", "not defined"][: len(signs)]
    legend = figure.legend(
        signs, [drawable(each) for each in words], loc="outside upper left",
        ncols=1 if len(pairs) < 3 else 2, prop={"family": FONT, "size": 15}, frameon=False,
        labelcolor=palette.INK,
    )  # fmt: skip
    plain(legend.get_texts())


def _print_axes(axes: Axes, names: Sequence[str]) -> None:
    """Write the pictures' names and the values, and draw faint lines behind the bars."""
    at = range(0, len(names), -(-len(names) // MANY) or 1)
    slanted = len(names) > UPRIGHT
    ticks = axes.set_xticks(
        list(at), [drawable(charts.picture_name(names[k])) for k in at], family=FONT,
        fontsize=14 if len(at) <= MANY / 2 else 11, rotation=45 if slanted else 0,
        ha="right" if slanted else "center", rotation_mode="anchor" if slanted else "default",
    )  # fmt: skip
    plain([tick.label1 for tick in ticks])
    axes.set(xlim=(-0.5, max(len(names), 1) - 0.5), ylim=(0, 1))
    axes.set_ylabel(charts.IOU, family=FONT, fontsize=16, color=palette.INK)
    axes.tick_params(axis="y", labelsize=14, labelfontfamily=FONT)
    axes.tick_params(colors=palette.INK, length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=palette.PAPER_GRID)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.INK)
