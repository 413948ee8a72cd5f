"""Charts with a name beside each row, and the histogram of one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

ALONE, TOGETHER = 0.8, 0.78
"""Share of a row's height that its bar fills, or its bars with what is between them."""
GAP = 0.06
"""Of the height of bars side by side that stays free between them, as a share."""


@dataclass(frozen=True, slots=True)
class Series:
    """A bar in each row.

    Attributes:
        values: length of each.
        colours: of each.
        readings: what the mouse reads at each, as plain text.
        texts: what stands at the end of each; empty for nothing.
        ranges: lowest and highest value that belongs to each, drawn as a line over it; None for a
            bar without. Empty where no bar has one.
    """

    values: tuple[float, ...]
    colours: tuple[str, ...]
    readings: tuple[str, ...]
    texts: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float] | None, ...] = ()

    def end(self, number: int) -> float:
        """Return where the text of a bar begins: right of the bar and of its range."""
        spread = self.ranges[number] if self.ranges else None
        return max(0.0, self.values[number], spread[1]) if spread else self.values[number]


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars.

    Attributes:
        rows: names, from top to bottom.
        series: the bars.
        axis: what the values are.
        limits: of the axis.
        legend: colours by name; empty for none.
        lines: height of a row in lines of text.
        least: rows for which there is room at least.
        wraps: over how many lines a long name is written before it is cut.
        apart: whether the bars of a row stand side by side; else one lies over the other.
        percent: whether values are shares, written in percent.
        whole: whether values are numbers of things, and the axis has no halves.
        zero: whether 0 has a line of its own.
        empty: what stands in a chart without rows.
    """

    rows: tuple[str, ...]
    series: tuple[Series, ...]
    axis: str
    limits: tuple[float, float]
    legend: Mapping[str, str] = field(default_factory=dict)
    lines: float = 1.0
    least: int = 4
    wraps: int = 1
    apart: bool = False
    percent: bool = False
    whole: bool = False
    zero: bool = False
    empty: str = ""

    def span(self, number: int) -> tuple[float, float]:
        """Return where the bar of a series begins below the middle of its row, and its height."""
        count = len(self.series)
        if count < 2 or not self.apart:
            return -ALONE / 2, ALONE
        step = TOGETHER / count
        return (number - count / 2) * step, step * (1 - GAP)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Horizontal boxes of how values are spread.

    Attributes:
        rows: names, from top to bottom.
        values: float64 of each row, all finite; a row may have none.
        points: names of the values of each row, where each is drawn; empty where only those far
            out are.
        axis: what the values are.
        measure: the same in one word, for the mouse.
        digits: decimals for the mouse.
        empty: what stands in a row without values.
        shares: whether all values are in [0, 1], and the axis too.
    """

    rows: tuple[str, ...]
    values: tuple[Values, ...]
    axis: str
    measure: str
    digits: int
    empty: str
    points: tuple[tuple[str, ...], ...] = ()
    shares: bool = False


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values are how large.

    Attributes:
        counts: of values, in equal steps.
        low, high: the ends of the first and of the last step.
        axis: what the values are.
        side: what is counted.
    """

    counts: tuple[int, ...]
    low: float
    high: float
    axis: str
    side: str

    @property
    def edges(self) -> Values:
        """Ends of the steps, float64 (counts + 1,)."""
        return np.linspace(self.low, self.high, len(self.counts) + 1)
