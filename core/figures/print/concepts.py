"""The charts of a dissection as files: frequent concepts, layers, similarities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from core.figures.drawing import palette
from core.figures.drawing.categories import category_colours
from core.figures.print.sheet import FONT, Kind, content, drawable, plain, sheet
from core.files.names import shorten

Values = npt.NDArray[np.floating]

WIDTH = 11.0
"""Inches; a file of 1100 pixels."""
ROW = 0.27
LONGEST = 34
"""Characters of a concept or a layer beside its bar."""
_BARS = ("units", "labelled units", "distinct concepts")
_COLOURS = (palette.BAR_REST, *palette.SERIES[:2])


def frequent_file(
    ranked: Sequence[tuple[str, int]],
    categories: Mapping[str, str],
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw how many units each concept describes, one bar a concept.

    Args:
        ranked: concept and number of units, in the order from top to bottom.
        categories: of the concepts that have one.
        title: above the chart.
        caption: below it; names the encoder.
        kind: `png` or `svg`.
    """
    figure, axes = sheet(WIDTH, 1.9 + ROW * max(4, len(ranked)), title, caption)
    concepts, counts = [name for name, _ in ranked], [count for _, count in ranked]
    colours, legend = category_colours(concepts, categories)
    places = np.arange(len(ranked))
    axes.barh(places, counts, 0.78, color=colours)
    for place, count in zip(places.tolist(), counts, strict=True):
        axes.text(
            count, place, f" {count}", va="center", family=FONT, fontsize=10, color=palette.INK
        )
    _name_rows(axes, concepts)
    axes.set_xlim(0, max(counts, default=1) * 1.08)
    _name_values(axes, "units")
    if legend:
        _legend(axes, legend)
    return content(figure, kind)


def layers_file(
    names: Sequence[str],
    counts: Sequence[tuple[int, int, int]],
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw for each layer its units, the labelled ones, and the distinct concepts among those.

    Args:
        names: of the layers.
        counts: units, labelled units and distinct concepts of each.
        title: above the chart.
        caption: below it; names the encoder.
        kind: `png` or `svg`.
    """
    figure, axes = sheet(WIDTH, 2.2 + 0.75 * max(1, len(names)), title, caption)
    places, bar = np.arange(len(names), dtype=np.float64), 0.26
    for number, colour in enumerate(_COLOURS):
        values = [count[number] for count in counts]
        at = places + (number - 1) * bar
        axes.barh(at, values, bar * 0.92, color=colour)
        for place, value in zip(at.tolist(), values, strict=True):
            axes.text(
                value, place, f" {value}", va="center", family=FONT, fontsize=10, color=palette.INK
            )
    _name_rows(axes, names)
    axes.set_xlim(0, max((count[0] for count in counts), default=1) * 1.1)
    _name_values(axes, "number")
    _legend(axes, dict(zip(_BARS, _COLOURS, strict=True)))
    return content(figure, kind)


def spread_file(
    names: Sequence[str],
    values: Sequence[Values],
    measure: str,
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw how the units' best similarities are spread in each layer, as boxes.

    Args:
        names: of the layers.
        values: float (units,) of each layer, without units that have none.
        measure: the similarity's name, below the values.
        title: above the chart.
        caption: below it; names the encoder.
        kind: `png` or `svg`.
    """
    figure, axes = sheet(WIDTH, 2.0 + 0.6 * max(1, len(names)), title, caption)
    for number, row in enumerate(values):
        if not len(row):
            axes.text(0, number, "no unit answers", va="center", family=FONT, color=palette.QUIET)
            continue
        colour = palette.series(number)
        axes.boxplot(
            [np.asarray(row, np.float64)], positions=[number], orientation="horizontal",
            widths=0.5, whis=(5, 95), patch_artist=True, showfliers=False,
            boxprops={"facecolor": palette.PAPER_GRID, "edgecolor": colour, "linewidth": 1.6},
            medianprops={"color": colour, "linewidth": 2.4},
            whiskerprops={"color": colour}, capprops={"color": colour},
        )  # fmt: skip
    _name_rows(axes, names)
    _name_values(axes, f"{measure} of each unit's best word: middle half, median, 5 to 95 %")
    return content(figure, kind)


def answers_file(
    counts: npt.NDArray[np.integer],
    low: float,
    high: float,
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw how often a unit answers how strongly.

    Args:
        counts: int (bins,), probes by answer in equal steps.
        low: the smallest answer.
        high: the largest.
        title: above the chart.
        caption: below it; names the encoder.
        kind: `png` or `svg`.
    """
    figure, axes = sheet(WIDTH, 4.5, title, caption)
    edges = np.linspace(low, high, len(counts) + 1)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=palette.BAR)
    label = axes.set_ylabel("probes", family=FONT, fontsize=12, color=palette.INK)
    plain([label])
    _name_values(axes, "answer")
    return content(figure, kind)


def evidence_file(
    names: Sequence[str],
    speaks_for: Sequence[float],
    speaks_against: Sequence[float],
    shares: Sequence[float],
    measure: str,
    title: str,
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw what the channels of each concept add to a class's score, with the share of each.

    Args:
        names: of the concepts, in the order from top to bottom.
        speaks_for: sums of the contributions above 0.
        speaks_against: sums of those below 0.
        shares: of what speaks for the class, in [0, 1].
        measure: what a contribution is.
        title: above the chart.
        caption: below it; names the encoder.
        kind: `png` or `svg`.
    """
    figure, axes = sheet(WIDTH, 1.9 + 0.3 * max(4, len(names)), title, caption)
    places = np.arange(len(names))
    axes.barh(places, speaks_for, 0.78, color=palette.BAR)
    axes.barh(places, speaks_against, 0.78, color=palette.BAR_REST)
    for place, (value, share) in enumerate(zip(speaks_for, shares, strict=True)):
        axes.text(
            value, place, f" {share:.0%}", va="center", family=FONT, fontsize=10, color=palette.INK
        )
    axes.axvline(0, color=palette.INK, linewidth=0.8)
    axes.margins(x=0.1)
    _name_rows(axes, names)
    _name_values(axes, measure)
    return content(figure, kind)


def compared_file(
    names: Sequence[str],
    first: Sequence[float],
    second: Sequence[float],
    titles: tuple[str, str],
    caption: str,
    kind: Kind = "png",
) -> bytes:
    """Draw which share of its units each concept has in two models, side by side.

    Args:
        names: of the concepts, in the order from top to bottom.
        first: shares in one model, in [0, 1].
        second: shares in the other.
        titles: of the models.
        caption: below it; names the encoders.
        kind: `png` or `svg`.
    """
    title = "Share of the units that each concept has"
    figure, axes = sheet(WIDTH, 2.2 + 0.4 * max(4, len(names)), title, caption)
    places = np.arange(len(names), dtype=np.float64)
    for number, values in enumerate((first, second)):
        shares = 100 * np.asarray(values, np.float64)
        axes.barh(places + (number - 0.5) * 0.38, shares, 0.36, color=palette.series(number))
    _name_rows(axes, names)
    _name_values(axes, "percent of the units")
    colours = {shorten(title, 50): palette.series(n) for n, title in enumerate(titles)}
    _legend(axes, colours)
    return content(figure, kind)


def _legend(axes: Axes, colours: Mapping[str, str]) -> None:
    """Name the colours above the chart, where no bar is."""
    patches = [Patch(color=colour) for colour in colours.values()]
    found = axes.legend(
        patches, [drawable(name) for name in colours], loc="lower left", bbox_to_anchor=(0, 1),
        ncols=4, frameon=False, prop={"family": FONT, "size": 11}, labelcolor=palette.INK,
    )  # fmt: skip
    plain(found.get_texts())


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write the names beside the rows, the first at the top."""
    ticks = axes.set_yticks(
        range(len(names)), [drawable(shorten(name, LONGEST)) for name in names], family=FONT,
        fontsize=11,
    )  # fmt: skip
    plain([tick.label1 for tick in ticks])
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)


def _name_values(axes: Axes, text: str) -> None:
    """Write what the values are, and draw faint lines behind the bars."""
    label = axes.set_xlabel(drawable(text), family=FONT, fontsize=12, color=palette.INK)
    plain([label])
    axes.grid(axis="x", color=palette.PAPER_GRID)
