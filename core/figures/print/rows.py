"""Charts with a name beside each row, and histograms, as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from core.figures.charts.rows import Bars, Boxes, Histogram, Series
from core.figures.drawing import palette
from core.figures.print.sheet import FONT, Kind, content, drawable, plain, sheet
from core.files.names import shorten

WIDTH = 11.0
"""Inches; a file of 1100 pixels."""
ROW = 0.27
"""Inches of a line of text in a row."""
BOX = 0.6
"""Inches of a row with a box."""
REST = 1.9
"""Inches of title, axis and caption."""
LEGEND = 0.3
"""Inches of the legend."""
TALL = 4.5
"""Inches of a histogram with all its words."""
NAME, ENTRY = 34, 50
"""Characters of a name beside its row, and of an entry of the legend."""
WHISKERS = (5, 95)
"""Percentiles at which a box's whiskers end."""


def bars_file(chart: Bars, title: str, caption: str, kind: Kind = "png") -> bytes:
    """Draw horizontal bars.

    Args:
        chart: what to draw.
        title: above the chart.
        caption: below it; names the encoder.
        kind: of the file.
    """
    tall = (
        REST + bool(chart.legend) * LEGEND + max(chart.least, len(chart.rows)) * chart.lines * ROW
    )
    figure, axes = sheet(WIDTH, tall, title, caption)
    places = np.arange(len(chart.rows), dtype=np.float64)
    for number, series in enumerate(chart.series):
        start, thick = chart.span(number)
        axes.barh(places + start, series.values, thick, align="edge", color=series.colours)
        _add_ranges(axes, series, places + start + thick / 2)
        middles = (places + start + thick / 2).tolist()
        # Not strict: a series without texts has bars all the same.
        for place, (middle, text) in enumerate(zip(middles, series.texts, strict=False)):
            axes.text(
                series.end(place),
                middle,
                f" {text}",
                va="center",
                family=FONT,
                fontsize=10,
                color=palette.INK,
            )
    axes.set_xlim(chart.limits)
    if chart.zero:
        axes.axvline(0, color=palette.INK, linewidth=0.8)
    if chart.percent:
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    _name_rows(axes, chart.rows)
    _name_values(axes, chart.axis)
    if not chart.rows:
        middle = {"ha": "center", "va": "center", "transform": axes.transAxes}
        plain([axes.text(0.5, 0.5, chart.empty, family=FONT, color=palette.PAPER_QUIET, **middle)])
    if chart.legend:
        _add_legend(axes, chart.legend)
    return content(figure, kind)


def _add_ranges(axes: Axes, series: Series, middles: npt.NDArray[np.float64]) -> None:
    """Draw the lines over bars that have a range."""
    for middle, spread in zip(middles.tolist(), series.ranges, strict=False):
        if spread is not None:
            axes.plot(spread, [middle, middle], color=palette.INK, linewidth=1.4, marker="|")


def boxes_file(chart: Boxes, title: str, caption: str, kind: Kind = "png") -> bytes:
    """Draw horizontal boxes: the middle half, the median, and the 5th to the 95th percentile.

    Args:
        chart: what to draw.
        title: above the chart.
        caption: below it; names the encoder.
        kind: of the file.
    """
    tall = REST + 0.1 + BOX * max(1, len(chart.rows))
    figure, axes = sheet(WIDTH, tall, title, caption)
    draw_boxes(axes, chart)
    return content(figure, kind)


def draw_boxes(axes: Axes, chart: Boxes) -> None:
    """Draw the boxes with their words."""
    for number, values in enumerate(chart.values):
        if not len(values):
            word = axes.text(
                0, number, chart.empty, va="center", family=FONT, color=palette.PAPER_QUIET
            )
            plain([word])
            continue
        colour = palette.series(number)
        axes.boxplot(
            [values],
            positions=[number],
            orientation="horizontal",
            widths=0.5,
            whis=WHISKERS,
            patch_artist=True,
            showfliers=False,
            boxprops={"facecolor": palette.PAPER_GRID, "edgecolor": colour, "linewidth": 1.6},
            medianprops={"color": colour, "linewidth": 2.4},
            whiskerprops={"color": colour},
            capprops={"color": colour},
        )
    if chart.shares:
        axes.set_xlim(0, 1)
    _name_rows(axes, chart.rows)
    low, high = WHISKERS
    _name_values(axes, f"{chart.axis}: middle half, median, {low} to {high} %")


def histogram_file(chart: Histogram, title: str, caption: str, kind: Kind = "png") -> bytes:
    """Draw how often values are how large.

    Args:
        chart: what to draw.
        title: above the chart.
        caption: below it; names the encoder.
        kind: of the file.
    """
    figure, axes = sheet(WIDTH, TALL, title, caption)
    edges = chart.edges
    axes.bar(edges[:-1], chart.counts, np.diff(edges), align="edge", color=palette.BAR)
    plain([axes.set_ylabel(chart.side, family=FONT, fontsize=12, color=palette.INK)])
    _name_values(axes, chart.axis)
    return content(figure, kind)


def _add_legend(axes: Axes, colours: Mapping[str, str]) -> None:
    """Name the colours above the chart, where no bar is."""
    legend = axes.legend(
        [Patch(color=colour) for colour in colours.values()],
        [drawable(shorten(name, ENTRY)) for name in colours],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        frameon=False,
        prop={"family": FONT, "size": 11},
        labelcolor=palette.INK,
    )
    plain(legend.get_texts())


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write the names beside the rows, the first at the top."""
    labels = [drawable(shorten(name, NAME)) for name in names]
    ticks = axes.set_yticks(range(len(names)), labels, family=FONT, fontsize=11)
    plain([tick.label1 for tick in ticks])
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)


def _name_values(axes: Axes, text: str) -> None:
    """Write what the values are, and draw faint lines behind the bars."""
    label = axes.set_xlabel(drawable(text), family=FONT, fontsize=12, color=palette.INK)
    plain([label])
    axes.grid(axis="x", color=palette.PAPER_GRID)
