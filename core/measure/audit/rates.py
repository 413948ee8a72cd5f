"""How often something is so, with an interval, and p-values of many tests at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.imports.lazy import library

Values = npt.NDArray[np.float64]

EXACT = 200
"""Values from which on ranks are compared by the normal approximation."""
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


class Ranked:
    """Values of many, ranked once, of which groups are compared with all others.

    Source: Mann and Whitney 1947; the normal approximation with its corrections for ties and
    continuity from `EXACT` values on, below it what scipy takes.
    """

    def __init__(self, values: Values) -> None:
        """Rank values, float64 (n,), finite."""
        self._values = values
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]
        self._ranks = np.asarray(library("scipy.stats").rankdata(values), np.float64)
        times = np.unique(values, return_counts=True)[1].astype(np.float64)
        count = float(values.size)
        self._ties = float((times**3 - times).sum()) / max(count * (count - 1), 1.0)

    def median_outside(self, inside: npt.NDArray[np.bool_]) -> float:
        """Return the median of the values outside of a group, bool (n,); NaN where all are in it.

        From the sorted values: a median of its own for each of many groups takes too long.
        """
        rest = self._sorted[~inside[self._order]]
        if not rest.size:
            return math.nan
        return float(rest[(rest.size - 1) // 2] + rest[rest.size // 2]) / 2

    def beside(self, inside: npt.NDArray[np.bool_]) -> Beside:
        """Compare a group, bool (n,), with all others."""
        own, rest = int(inside.sum()), int((~inside).sum())
        if not own or not rest:
            return Beside(math.nan, 1.0)
        if own + rest < EXACT:
            test = library("scipy.stats").mannwhitneyu
            found = test(self._values[inside], self._values[~inside], alternative="greater")
            return Beside(float(found.statistic) / (own * rest), float(found.pvalue))
        wins = float(self._ranks[inside].sum()) - own * (own + 1) / 2
        spread = math.sqrt(own * rest / 12 * (own + rest + 1 - self._ties))
        if not spread:
            return Beside(0.5, 1.0)
        away = (wins - own * rest / 2 - 0.5) / spread
        return Beside(wins / (own * rest), math.erfc(away / math.sqrt(2)) / 2)


def fisher(first: Rate, second: Rate) -> tuple[float, float]:
    """Test whether two shares differ; return the odds ratio and the p-value.

    The ratio is that of the counts, each with 1/2 added, so that it is finite.

    Source: Fisher 1934; Haldane 1956 and Anscombe 1956 for the half.

    Args:
        first: the share of interest.
        second: what it is compared with.
    """
    table = [[each.count, each.of - each.count] for each in (first, second)]
    p = float(library("scipy.stats").fisher_exact(table).pvalue)
    (a, b), (c, d) = [[value + 0.5 for value in row] for row in table]
    return a * d / (b * c), min(1.0, p)


def fishers(first: Sequence[Rate], second: Sequence[Rate]) -> Values:
    """Return the p-values of Fisher's exact tests that first shares are higher, float64 (n,).

    The chance of at least so many in the first row where the sums of all rows and columns are as
    they are: the tail of a hypergeometric distribution.

    Args:
        first: the shares of interest.
        second: what each is compared with.
    """
    counts = np.array([(a.count, a.of, b.count, b.of) for a, b in zip(first, second, strict=True)])
    one, of_one, two, of_two = counts.reshape(-1, 4).T
    tail = library("scipy.stats").hypergeom.sf(one - 1, of_one + of_two, one + two, of_one)
    return np.clip(np.asarray(tail, np.float64), 0.0, 1.0)
