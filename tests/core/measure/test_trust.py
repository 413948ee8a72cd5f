"""Measures of many pictures: means, intervals, and what is better than a control."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.measure.single.comparison import Interval
from core.measure.trust import FEWEST, TrustRow, splits, summaries


def row(number: int, value: float, beside: float, measure: str = "single-deletion") -> TrustRow:
    return TrustRow(
        picture=f"{number}.png",
        layer="layer4",
        class_name="cat, tabby",
        method="grad-cam",
        measure=measure,
        value=value,
        seconds=0.5,
        passes=17,
        controls={"random": beside},
    )


def test_a_steady_difference_is_better_where_higher_is_better() -> None:
    (one,) = summaries([row(n, 0.5 + n / 100, 0.1 + n / 100) for n in range(FEWEST)])
    (beside,) = one.beside
    assert beside.difference.mean == pytest.approx(0.4)
    assert (beside.better, beside.worse) == (True, False)
    assert (one.best, one.worst, one.pictures) == ("4.png", "0.png", FEWEST)
    assert one.value.mean == pytest.approx(0.52)
    assert one.value.low < one.value.mean < one.value.high


def test_where_lower_is_better_the_same_numbers_say_the_opposite() -> None:
    (one,) = summaries([row(n, 0.5 + n / 100, 0.1, "deletion") for n in range(FEWEST)])
    (beside,) = one.beside
    assert (beside.better, beside.worse) == (False, True)
    assert (one.best, one.worst) == ("0.png", "4.png")


def test_differences_of_both_signs_are_neither() -> None:
    (one,) = summaries([row(n, 0.5 + (-1) ** n * 0.2, 0.5) for n in range(6)])
    assert (one.beside[0].better, one.beside[0].worse) == (False, False)


@pytest.mark.parametrize("count", range(1, FEWEST))
def test_few_pictures_make_no_test(count: int) -> None:
    (one,) = summaries([row(n, 0.9, 0.1) for n in range(count)])
    assert (one.beside[0].better, one.beside[0].worse) == (None, None)


def test_undefined_values_do_not_count() -> None:
    rows = [row(n, 0.9, 0.1) for n in range(FEWEST - 1)] + [row(9, math.nan, 0.1)]
    (one,) = summaries(rows)
    assert one.pictures == FEWEST - 1
    assert one.beside[0].better is None
    (none,) = summaries([row(0, math.nan, math.nan)])
    assert (none.best, none.pictures) == ("", 0)
    assert math.isnan(none.value.mean)


def test_one_map_is_better_than_chance_outside_the_interval_of_random_maps() -> None:
    chance = Interval(0.2, 0.1, 0.3)
    assert row(0, 0.5, 0.1).beats_chance is None
    assert replace(row(0, 0.31, 0.1), chance=chance).beats_chance is True
    assert replace(row(0, 0.3, 0.1), chance=chance).beats_chance is False
    assert replace(row(0, 0.05, 0.1, "deletion"), chance=chance).beats_chance is True
    assert replace(row(0, math.nan, 0.1), chance=chance).beats_chance is None


def test_right_and_wrong_pictures_have_means_of_their_own() -> None:
    def judged(number: int, value: float, right: bool | None) -> TrustRow:
        return replace(row(number, value, 0.1), right=right)

    rows = [judged(0, 0.2, True), judged(1, 0.4, True), judged(2, 0.9, False)]
    rows += [judged(3, math.nan, False), judged(4, 0.0, None)]
    (one,) = splits(rows)
    assert (one.measure, one.method) == ("single-deletion", "grad-cam")
    assert (one.right.mean, one.rights) == (pytest.approx(0.3), 2)
    assert one.right.low < one.right.mean < one.right.high
    assert (one.wrong.mean, one.wrongs) == (pytest.approx(0.9), 1), "undefined does not count"
    assert splits([judged(0, 0.2, None)]) == ()
