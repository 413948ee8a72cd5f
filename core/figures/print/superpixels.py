"""LIME's figure as a file: superpixels, outlines and tint, and the weights as bars."""

from __future__ import annotations

from functools import partial

from matplotlib.axes import Axes

from core.figures.charts.superpixels import TITLES, LimeLook, LimeView, WeightBars, drawn
from core.figures.drawing import palette
from core.figures.print.heatmaps import colour_bar, draw_line, faded
from core.figures.print.paper import (
    FINEST,
    SMALL,
    WORDS,
    Block,
    Canvas,
    Cell,
    Place,
    column_of,
    paper,
    pictures,
)
from core.figures.print.sheet import FONT, Kind, colour_of

ROW = 0.21
"""Inches of a bar with its gap."""


def superpixels_file(
    view: LimeView,
    look: LimeLook,
    bars: WeightBars,
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw the three pictures of the page, and below them the weights with their intervals.

    Args:
        view: what to draw.
        look: how.
        bars: the weights; left out while there are none.
        title: above all.
        caption: below.
        kind: of the file.
    """
    size = (view.pixels.shape[1], view.pixels.shape[0])
    small, three = drawn(view, look, round(FINEST * column_of(3)))
    cells = []
    for number, panel in enumerate(three):
        if panel is None:
            cells.append(Cell(TITLES[number], view.details[number], faded(small), view.waiting))
            continue
        more = partial(_over, view=view, numbers=number == 2)
        cells.append(Cell(TITLES[number], view.details[number], panel, more=more))
    blocks = [pictures(cells, size, 3)]
    if bars.shown:
        blocks += [colour_bar(view.bar), weights(bars)]
    return paper(title, caption, blocks, kind)


def _over(axes: Axes, view: LimeView, *, numbers: bool) -> None:
    """Draw the outline of the picked superpixel, and the numbers of those that are outlined."""
    if view.light is not None:
        values, box = view.light
        draw_line(axes, values, 0.5, box, 1.8)
    for number, across, down in view.numbers if numbers else ():
        axes.text(
            across,
            down,
            str(number),
            ha="center",
            va="center",
            family=FONT,
            fontsize=7.5,
            color=palette.CONTOUR,
            bbox={
                "boxstyle": "circle,pad=0.25",
                "facecolor": palette.CONTOUR_HALO,
                "alpha": 0.72,
                "linewidth": 0,
            },
        )


def weights(chart: WeightBars) -> Block:
    """Return the bars; each has its superpixel's number, as it stands on the picture."""
    shown = chart.shown
    head, foot, left = 0.3, 0.5, 0.45

    def draw(canvas: Canvas, place: Place) -> None:
        words = "Weights of the heaviest superpixels"
        canvas.write(place.left, place.top, [words], WORDS, bold=True)
        inside = Place(
            place.left + left, place.top + head, place.width - left - 0.1, ROW * len(shown)
        )
        axes = canvas.axes(inside)
        rows = range(len(shown))
        for row, value, colour, opacity in zip(
            rows, chart.values, chart.colours, chart.opacities, strict=True
        ):
            axes.barh(row, value, 0.72, color=colour_of(colour), alpha=opacity)
        if chart.whiskers is not None:
            axes.errorbar(
                chart.values,
                list(rows),
                xerr=chart.whiskers,
                fmt="none",
                ecolor=palette.QUIET,
                elinewidth=1.1,
                capsize=2,
            )
        axes.axvline(0, color=palette.INK, linewidth=0.8)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_yticks(list(rows), [str(number) for number in shown])
        interval = "" if chart.whiskers is None else ", with its 95 % bootstrap interval"
        axes.set_xlabel(f"weight{interval}", family=FONT, fontsize=SMALL, color=palette.INK)
        plain_axes(axes, "x")

    return Block(head + ROW * len(shown) + foot, draw)


def plain_axes(axes: Axes, grid: str) -> None:
    """Draw faint lines behind a chart, and its numbers in the file's font."""
    axes.tick_params(colors=palette.INK, length=0, labelsize=SMALL, labelfontfamily=FONT)
    axes.set_axisbelow(True)
    axes.grid(axis="x" if grid == "x" else "y", color=palette.PAPER_GRID)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(palette.INK)
