"""The charts of a dissection: concepts, layers, similarities, one unit, evidence, two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.figures.charts.rows import Bars, Boxes, Histogram, Series
from core.figures.drawing import palette
from core.figures.drawing.categories import category_colours

COUNTS = {
    "units": palette.BAR_REST,
    "labelled units": palette.series(0),
    "distinct concepts": palette.series(1),
}
"""What is counted in each layer, with the colour of its bars."""


def frequent(ranked: Sequence[tuple[str, int]], categories: Mapping[str, str]) -> Bars:
    """Show how many units each concept describes, one bar a concept, coloured by category.

    Args:
        ranked: concept and number of units, in the order from top to bottom.
        categories: of the concepts that have one.
    """
    names, counts = tuple(name for name, _ in ranked), tuple(count for _, count in ranked)
    colours, legend = category_colours(names, categories)
    readings = tuple(
        f"{name}: {count} units\n{categories.get(name, '')}".rstrip() for name, count in ranked
    )
    return Bars(
        rows=names,
        series=(Series(counts, tuple(colours), readings, tuple(map(str, counts))),),
        axis="units",
        limits=(0, max(counts, default=1) * 1.1),
        legend=legend,
        empty="no unit is labelled",
    )


def layers(names: Sequence[str], counts: Sequence[tuple[int, int, int]]) -> Bars:
    """Show for each layer its units, the labelled ones, and the distinct concepts among those.

    Args:
        names: of the layers.
        counts: units, labelled units and distinct concepts of each.
    """
    series = []
    for number, (counted, colour) in enumerate(COUNTS.items()):
        values = tuple(count[number] for count in counts)
        rows = zip(names, values, strict=True)
        readings = tuple(f"{name}: {value} {counted}" for name, value in rows)
        colours = (colour,) * len(values)
        series.append(Series(values, colours, readings, tuple(map(str, values))))
    return Bars(
        rows=tuple(names),
        series=tuple(series),
        axis="number",
        limits=(0, max((count[0] for count in counts), default=1) * 1.12),
        legend=COUNTS,
        lines=2.8,
        least=1,
        apart=True,
    )


def spread(names: Sequence[str], values: Sequence[npt.NDArray[np.floating]], measure: str) -> Boxes:
    """Show how the units' best similarities are spread in each layer.

    Args:
        names: of the layers.
        values: float (units,) of each layer, without units that have none.
        measure: the similarity's name.
    """
    return Boxes(
        rows=tuple(names),
        values=tuple(np.asarray(row, np.float64) for row in values),
        axis=f"{measure} of each unit's best word",
        measure=measure,
        digits=3,
        empty="no active unit",
    )


def activations(counts: npt.NDArray[np.integer], low: float, high: float) -> Histogram:
    """Show how often a unit's activation is how strong.

    Args:
        counts: int (bins,), probes by activation in equal steps.
        low: the smallest activation.
        high: the largest.
    """
    return Histogram(tuple(counts.tolist()), low, high, axis="activation", side="probes")


def evidence(
    names: Sequence[str],
    speaks_for: Sequence[float],
    speaks_against: Sequence[float],
    shares: Sequence[float],
    measure: str,
) -> Bars:
    """Show what the channels of each concept add to a class's score, with the share of each.

    Args:
        names: of the concepts, in the order from top to bottom.
        speaks_for: sums of the contributions above 0.
        speaks_against: sums of those below 0.
        shares: of the evidence that supports the class, in [0, 1].
        measure: what a contribution is.
    """
    texts = tuple(f"{share:.0%}" for share in shares)
    gains = Series(
        tuple(speaks_for),
        (palette.BAR,) * len(names),
        tuple(
            f"{name}: {value:.3g} for the class, {text} of the evidence"
            for name, value, text in zip(names, speaks_for, texts, strict=True)
        ),
        texts,
    )
    losses = Series(
        tuple(speaks_against),
        (palette.BAR_REST,) * len(names),
        tuple(
            f"{name}: {value:.3g} against the class"
            for name, value in zip(names, speaks_against, strict=True)
        ),
    )
    low, high = min([0.0, *speaks_against]), max([0.0, *speaks_for])
    room = 0.14 * (high - low or 1.0)
    return Bars(
        rows=tuple(names),
        series=(gains, losses),
        axis=measure,
        limits=(low - 0.2 * room * (low < 0), high + room),
        lines=1.15,
        least=3,
        zero=True,
    )


def compared(
    names: Sequence[str],
    first: Sequence[float],
    second: Sequence[float],
    titles: tuple[str, str],
) -> Bars:
    """Show which share of its units each concept has in two models, side by side.

    Args:
        names: of the concepts, in the order from top to bottom.
        first: shares in one model, in [0, 1].
        second: shares in the other.
        titles: of the models; they differ.
    """
    legend = {title: palette.series(number) for number, title in enumerate(titles)}
    series = tuple(
        Series(
            tuple(shares),
            (legend[title],) * len(names),
            tuple(
                f"{name}: {value:.1%}\n{title}" for name, value in zip(names, shares, strict=True)
            ),
        )
        for title, shares in zip(titles, (first, second), strict=True)
    )
    return Bars(
        rows=tuple(names),
        series=series,
        axis="share of the units",
        limits=(0, max([0.0, *first, *second]) * 1.06 or 1.0),
        legend=legend,
        lines=1.45,
        apart=True,
        percent=True,
        empty="no concept to compare",
    )
