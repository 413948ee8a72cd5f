"""The bars of a gallery for a report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from core.figures.browser import charts
from core.figures.browser.gallery import FAINT, FULL, Rows, bar_label, checked_rows
from core.figures.drawing import palette
from core.figures.print.sheet import DPI, FONT, content, drawable, plain

INCHES = (16.0, 9.0)
"""A file of 1600 x 900 pixels."""
MANY, UPRIGHT = 60, 6
"""In a file, of more pictures only every second or third is named; of more the names slant."""


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
    table = checked_rows(rows)
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
    said = [bar_label(*each) for each in zip(pairs, means, chances, strict=True)]
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
