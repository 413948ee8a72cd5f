"""A check says what its number means, and is silent where that cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.measure.single import table
from core.measure.single.base import Measured
from core.measure.single.check import Check, chance_of_likeness
from core.measure.single.comparison import Interval
from core.measure.single.controls import random_map

NAN = float("nan")
SIZE = (24, 32)


@pytest.mark.parametrize(
    ("measure", "value", "chance", "passed"),
    [
        ("single-deletion", 0.6, Interval(0.0, -0.5, 0.5), True),
        ("single-deletion", 0.5, Interval(0.0, -0.5, 0.5), False),  # inside: no better
        ("deletion", 0.2, Interval(0.4, 0.3, 0.5), True),
        ("deletion", 0.3, Interval(0.4, 0.3, 0.5), False),
        ("deletion", 0.2, Interval(NAN, NAN, NAN), None),
        ("single-deletion", NAN, Interval(0.0, -0.5, 0.5), None),
        # A map of random weights that is like the map by chance only is what is wanted.
        ("randomisation", 0.2, Interval(0.0, -0.3, 0.3), True),
        ("randomisation", -0.8, Interval(0.0, -0.3, 0.3), False),  # turned round, not gone
        ("randomisation", 0.31, Interval(0.0, -0.3, 0.3), False),
        ("randomisation", NAN, Interval(0.0, -0.3, 0.3), None),
        ("random-class", 0.89, Interval(NAN, NAN, NAN), True),
        ("random-class", 0.9, Interval(NAN, NAN, NAN), False),
        ("random-class", NAN, Interval(NAN, NAN, NAN), None),
        # 50 random maps have 0 or 1 too: no interval of theirs is left behind.
        ("pointing", 1.0, Interval(0.1, 0.0, 0.8), None),
        ("increase", 1.0, Interval(0.1, 0.0, 0.8), None),
        ("stability", 0.2, Interval(NAN, NAN, NAN), None),
    ],
)
def test_what_passes(measure: str, value: float, chance: Interval, passed: bool | None) -> None:
    check = Check(table.get(measure), Measured(value), chance=chance)
    assert check.passed is passed
    assert bool(check.doubt) == (passed is False)


def test_chance_of_likeness_is_that_of_random_maps() -> None:
    shown = random_map(SIZE, 9, 3)
    made = chance_of_likeness(shown, 5)
    values = [
        spearmanr(shown.ravel(), random_map(SIZE, 5, number).ravel()).statistic
        for number in range(50)
    ]
    assert made.mean == pytest.approx(np.mean(values))
    assert (made.low, made.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))


def test_a_flat_map_is_like_nothing() -> None:
    made = chance_of_likeness(np.ones(SIZE, np.float32), 0)
    assert np.isnan([made.mean, made.low, made.high]).all()


def test_a_map_that_outlives_a_random_head_fails() -> None:
    """Its mean over the steps may be near 0 all the same."""
    chance = Interval(0.0, -0.3, 0.3)
    stays = Measured(0.1, details={"head alone": 0.96})
    check = Check(table.get("randomisation"), stays, chance=chance)
    assert check.passed is False
    assert "last layer" in check.doubt
    goes = Measured(0.1, details={"head alone": 0.4})
    assert Check(table.get("randomisation"), goes, chance=chance).passed
