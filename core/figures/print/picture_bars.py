"""Overlap on several pictures, as a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from core.figures.charts.overlaps import FAINT, PictureBars
from core.figures.charts.words import IOU, picture_name
from core.figures.drawing import palette
from core.figures.print.sheet import DPI, FONT, content, drawable, plain

INCHES = (16.0, 9.0)
"""A file of 1600 x 900 pixels."""
MANY, UPRIGHT = 60, 6
"""In a file, of more pictures only every second or third is named; of more the names slant."""


def picture_bars_file(chart: PictureBars) -> bytes:
    """Draw the IoU of each pair on each picture for a report: dark on white, 1600 x 900 pixels.

    Args:
        chart: what to draw; a value that is not defined has a cross instead of a bar.

    Returns:
        A PNG, the same for the same data.
    """
    # Not through pyplot, which keeps its figures for the whole process; pages run in threads.
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor=palette.PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=palette.PAPER)
    for number in range(len(chart.pairs)):
        add_pair(axes, chart, number)
    labels = [chart.label(number, pair) for number, pair in enumerate(chart.pairs)]
    _add_legend(figure, labels, gaps=bool(np.isnan(chart.values).any()))
    axes.set(xlim=chart.limits, ylim=(0, 1))
    _name_axes(axes, chart.names)
    return content(figure, "png")


def add_pair(axes: Axes, chart: PictureBars, number: int) -> None:
    """Add the bars of one pair, its mean and its chance level."""
    row, colour = chart.values[number], palette.series(number)
    start, thick = chart.span(number)
    places = np.arange(len(chart.names)) + start
    axes.bar(places, np.nan_to_num(row), thick, align="edge", color=colour, alpha=FAINT)
    gaps = np.isnan(row)
    axes.plot(
        places[gaps] + thick / 2,
        np.zeros(gaps.sum()),
        "x",
        color=colour,
        clip_on=False,
        markersize=8,
        markeredgewidth=2,
    )
    for value, style in ((chart.means[number], "-"), (chart.chances[number], "--")):
        if np.isfinite(value):
            axes.axhline(value, color=colour, linestyle=style, linewidth=2.4)


def _add_legend(figure: Figure, pairs: Sequence[str], *, gaps: bool) -> None:
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
        signs,
        [drawable(each) for each in words],
        loc="outside upper left",
        ncols=1 if len(pairs) < 3 else 2,
        prop={"family": FONT, "size": 15},
        frameon=False,
        labelcolor=palette.INK,
    )
    plain(legend.get_texts())


def _name_axes(axes: Axes, names: Sequence[str]) -> None:
    """Write the pictures' names and the values, and draw faint lines behind the bars."""
    at = range(0, len(names), -(-len(names) // MANY) or 1)
    slanted = len(names) > UPRIGHT
    ticks = axes.set_xticks(
        list(at),
        [drawable(picture_name(names[k])) for k in at],
        family=FONT,
        fontsize=14 if len(at) <= MANY / 2 else 11,
        rotation=45 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    plain([tick.label1 for tick in ticks])
    axes.set_ylabel(IOU, family=FONT, fontsize=16, color=palette.INK)
    axes.tick_params(axis="y", labelsize=14, labelfontfamily=FONT)
    axes.tick_params(colors=palette.INK, length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=palette.PAPER_GRID)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.INK)
