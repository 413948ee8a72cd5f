"""Choices, how a class split, and whether a lesson helped."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from core.classroom.choices import COUNT, choices, is_right
from core.classroom.forecasting import gain
from core.classroom.pace import AT_ONCE, Pace
from core.classroom.room import Answer, Student
from core.classroom.tally import tally

GUESSED = ("tabby", "lynx", "tiger cat", "Egyptian cat", "fox")


def test_choices_hold_the_answer_and_a_true_class() -> None:
    made = choices(GUESSED, ("Persian cat", "Siamese cat"), (), "room")
    assert len(made) == COUNT
    assert set(made) == {"tabby", "Persian cat", "lynx", "tiger cat"}
    assert choices(GUESSED, ("tabby",), (), "room") == choices(GUESSED, ("tabby",), (), "room")
    assert set(choices(GUESSED, (), (), "x")) == set(GUESSED[:4])


def test_given_choices_never_lack_the_models_answer() -> None:
    assert set(choices(GUESSED, (), ("cup", "pot"), "x")) == {"cup", "pot", "tabby"}


def test_the_place_of_the_answer_tells_nothing() -> None:
    places = [choices(GUESSED, (), (), str(seed)).index("tabby") for seed in range(400)]
    counts = np.bincount(places, minlength=COUNT)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_guess_is_right_in_any_case() -> None:
    assert is_right(" egyptian CAT", "Egyptian cat")
    assert not is_right("cat", "Egyptian cat")


def answers(values: Sequence[Sequence[str]], first: int = 0) -> tuple[Answer, ...]:
    """Answers to cases, a row for each student."""
    return tuple(
        Answer(Student(str(student), f"S{student}"), 0, f"case{case}", value)
        for student, row in enumerate(values, first)
        for case, value in enumerate(row)
    )


RIGHT = ("a", "b", "c", "d")


def test_the_gain_is_the_paired_difference_with_students_t() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random((9, 4)) < 0.4, rng.random((9, 4)) < 0.8

    def said(hits: np.ndarray) -> list[list[str]]:
        return [
            [name if hit else "-" for name, hit in zip(RIGHT, row, strict=True)] for row in hits
        ]

    found = gain(answers(said(first)), answers(said(second)), RIGHT)
    changes = second.mean(1) - first.mean(1)
    low, high = stats.t.interval(0.95, 8, changes.mean(), stats.sem(changes))
    assert found.students == 9
    assert found.before == pytest.approx(first.mean())
    assert found.after == pytest.approx(second.mean())
    assert found.difference.mean == pytest.approx(changes.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))
    assert stats.ttest_rel(second.mean(1), first.mean(1)).pvalue < 0.05
    assert found.verdict.startswith("Forecasts became better by")


def test_a_class_that_answers_as_one_is_not_certain() -> None:
    found = gain(answers([["-"] * 4] * 6), answers([["a", "-", "-", "-"]] * 6), RIGHT)
    reach = stats.t.ppf(0.975, 5) / 4 / math.sqrt(12) / math.sqrt(6)
    assert found.difference.mean == pytest.approx(0.25)
    assert found.difference.high - found.difference.mean == pytest.approx(reach)
    assert found.difference.low > 0


def test_few_students_are_too_few_to_tell() -> None:
    worse, better = [["-"] * 4] * 4, [list(RIGHT)] * 4
    assert "too few to tell" in gain(answers(worse), answers(better), RIGHT).verdict
    nobody = gain((), (), RIGHT)
    assert "too few" in nobody.verdict
    assert math.isnan(nobody.before)
    assert math.isnan(nobody.difference.low)


def test_no_difference_is_not_called_one() -> None:
    half = [["a", "-", "c", "-"], ["-", "b", "-", "d"]] * 4
    other = [["-", "b", "-", "d"], ["a", "-", "c", "-"]] * 4
    found = gain(answers(half), answers(other), RIGHT)
    assert "too small to tell" in found.verdict
    worse = gain(answers([list(RIGHT)] * 6), answers([["-"] * 4] * 6), RIGHT)
    assert "worse by 100 points" in worse.verdict


def test_only_who_answered_all_both_times_counts() -> None:
    before = answers([list(RIGHT)] * 6)
    after = (*answers([list(RIGHT)] * 5), *answers([["a"]], 5), *answers([list(RIGHT)], 9))
    found = gain(before, after, RIGHT)
    assert (found.students, found.one_time) == (5, 2)


def test_a_tally_counts_every_spelling_once() -> None:
    given = [Answer(Student(str(n), f"S{n}"), 0, "guess", v) for n, v in enumerate("Abab")]
    found = tally(given, "guess", ("A", "C"), "b")
    assert [(one.label, one.count, one.right) for one in found] == [
        ("A", 2, False),
        ("C", 0, False),
        ("b", 2, True),
    ]
    assert found[0].names == ("S0", "S2")
    assert tally([], "guess", (), "x")[0].count == 0
    assert tally(given, "ask", ("A",), "")[0].right is None


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert sum(pace.allows("a") for _ in range(100)) == AT_ONCE
    assert pace.allows("b")
    now[0] = 1.0
    assert sum(pace.allows("a") for _ in range(100)) == 4
    now[0] = 0.0  # a clock that was set back
    assert not pace.allows("a")
