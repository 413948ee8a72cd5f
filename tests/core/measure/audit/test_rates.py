"""Intervals and tests against formulas written out and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from core.measure.audit.rates import Beside, Ranked, Rate, false_discovery, fisher, fishers


@pytest.mark.parametrize(("count", "of"), [(81, 263), (15, 148), (0, 20), (1, 29), (7, 7)])
def test_the_score_interval_solves_its_equation(count: int, of: int) -> None:
    rate = Rate(count, of)
    for end in (rate.low, rate.high):
        if 0 < end < 1:  # Wilson: the shares from which the observed one is 1.96 deviations away
            deviation = math.sqrt(end * (1 - end) / of)
            assert abs(rate.value - end) / deviation == pytest.approx(1.959963985, rel=1e-6)
    theirs = stats.binomtest(count, of).proportion_ci(method="wilson")
    assert (rate.low, rate.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_score_interval_of_newcombes_first_example() -> None:
    """Table I of Newcombe 1998, method 3: 81 of 263 gives 0.2553 to 0.3662."""
    assert Rate(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_rate_of_nothing_is_not_defined() -> None:
    assert math.isnan(Rate(0, 0).value)
    assert all(map(math.isnan, Rate(0, 0).interval))
    assert Rate(0, 1).low == 0
    assert Rate(1, 1).high == 1


def test_false_discovery_is_benjamini_and_hochberg() -> None:
    p = np.array([0.01, 0.2, 0.03, 0.04, 0.9, 0.04])
    ranked, count = np.argsort(p), len(p)
    expected = np.empty(count)
    least = 1.0
    for place in range(count, 0, -1):
        at = ranked[place - 1]
        least = min(least, p[at] * count / place)
        expected[at] = least
    assert false_discovery(p) == pytest.approx(expected)
    assert len(false_discovery([])) == 0


def test_beside_counts_pairs() -> None:
    one, two = np.array([1.0, 3.0, 3.0]), np.array([0.0, 3.0, 2.0, 1.0])
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a in one for b in two]
    ranked, inside = Ranked(np.concatenate([one, two])), np.arange(7) < 3
    theirs = stats.mannwhitneyu(one, two, alternative="greater")
    assert ranked.beside(inside).higher == pytest.approx(np.mean(wins))
    assert ranked.beside(inside).p == pytest.approx(theirs.pvalue)
    assert ranked.median_outside(inside) == np.median(two)
    assert ranked.median_outside(~inside) == np.median(one)
    assert ranked.beside(np.zeros(7, bool)).p == 1
    assert ranked.beside(np.ones(7, bool)).p == 1


@pytest.mark.parametrize("digits", [1, 6])
def test_beside_of_many_is_the_normal_approximation(digits: int) -> None:
    rng = np.random.default_rng(digits)
    values, inside = rng.random(400).round(digits), rng.random(400) < 0.1
    values[inside] += 0.1
    found = Ranked(values).beside(inside)
    theirs = stats.mannwhitneyu(
        values[inside], values[~inside], alternative="greater", method="asymptotic"
    )
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.higher == pytest.approx(theirs.statistic / (inside.sum() * (~inside).sum()))
    assert Ranked(np.ones(400)).beside(inside) == Beside(0.5, 1.0)


def test_fishers_exact_test_written_out() -> None:
    """The chance of at least so many in the first row, with the margins as they are."""
    a, b, c, d = 8, 2, 1, 5
    whole, ways = a + b + c + d, math.comb
    chances = [
        ways(a + c, k) * ways(b + d, a + b - k) / ways(whole, a + b) for k in range(a, a + c + 1)
    ]
    (p,) = fishers([Rate(a, a + b)], [Rate(c, c + d)])
    assert p == pytest.approx(sum(chances))
    odds, both = fisher(Rate(a, a + b), Rate(c, c + d))
    assert both == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue)
    assert odds == pytest.approx(8.5 * 5.5 / (2.5 * 1.5))
    assert fisher(Rate(0, 5), Rate(0, 5))[1] == 1
    assert len(fishers([], [])) == 0
