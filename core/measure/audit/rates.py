"""How often something is so, with an interval, and p-values of many tests at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.imports.lazy import library

Values = npt.NDArray[np.float64]

Z = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""
LEVEL = 0.05
"""Share of false discoveries among what is reported, at most."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many.

    Attributes:
        count: times it was so.
        of: times it could have been.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share in [0, 1]; NaN of none."""
        return self.count / self.of if self.of else math.nan

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval, as `interval` gives it."""
        return self.interval[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval, as `interval` gives it."""
        return self.interval[1]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % score interval; NaN of none.

        With p the share, n the number and z = 1.96: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n +
        z^2 / 4n^2)) / (1 + z^2 / n). It stays in [0, 1] and has a width also where p is 0 or 1.

        Source: Wilson 1927; method 3 of Newcombe 1998.
        """
        if not self.of:
            return math.nan, math.nan
        share, square = self.value, Z * Z
        middle = share + square / (2 * self.of)
        half = Z * math.sqrt(share * (1 - share) / self.of + square / (4 * self.of * self.of))
        whole = 1 + square / self.of
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def false_discovery(p: Sequence[float]) -> Values:
    """Return q-values, float64 of the same length: the smallest level at which each is reported.

    Source: Benjamini and Hochberg 1995.

    Args:
        p: p-values in [0, 1]; none may be NaN.
    """
    if not len(p):
        return np.zeros(0)
    return np.asarray(library("scipy.stats").false_discovery_control(np.asarray(p, np.float64)))


@dataclass(frozen=True, slots=True)
class Beside:
    """Values of one group beside those of the others.

    Attributes:
        higher: the chance that a value of the group is above one of the others, ties counted half
            (the area under the ROC curve); 0.5 where nothing differs.
        p: of the one-sided Mann-Whitney test that the group's values are higher; 1 where a group
            is empty.
    """

    higher: float
    p: float


def beside(group: Values, others: Values) -> Beside:
    """Compare two groups by ranks.

    Source: Mann and Whitney 1947.

    Args:
        group: float64 (n,), finite.
        others: float64 (m,), finite.
    """
    if not group.size or not others.size:
        return Beside(math.nan, 1.0)
    found = library("scipy.stats").mannwhitneyu(group, others, alternative="greater")
    return Beside(float(found.statistic) / (group.size * others.size), float(found.pvalue))


def fisher(first: Rate, second: Rate, alternative: str = "two-sided") -> tuple[float, float]:
    """Test whether two shares differ; return the odds ratio and the p-value.

    The ratio is that of the counts, each with 1/2 added, so that it is finite.

    Source: Fisher 1934; Haldane 1956 and Anscombe 1956 for the half.

    Args:
        first: the share of interest.
        second: what it is compared with.
        alternative: `two-sided`, or `greater` for a first share that is higher.
    """
    table = [[each.count, each.of - each.count] for each in (first, second)]
    p = float(library("scipy.stats").fisher_exact(table, alternative=alternative).pvalue)
    (a, b), (c, d) = [[value + 0.5 for value in row] for row in table]
    return a * d / (b * c), min(1.0, p)
