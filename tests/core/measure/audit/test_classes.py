"""Accuracy, recall, precision, confusions: counted by hand."""

from __future__ import annotations

import math

from core.measure.audit.classes import accuracy, surest_errors, worst_errors
from core.measure.audit.rows import facts_of
from core.requests.audits import UNKNOWN
from tests.core.measure.audit.made import np, row

ROWS = [
    row(0, 0, 0, rank=1, true_probability=0.9),
    row(1, 0, 0, rank=1, true_probability=0.8),
    row(2, 0, 1, 0.6, rank=3, true_probability=0.1),
    row(3, 1, 1, rank=1, true_probability=0.7),
    row(4, 1, 2, 0.95, rank=9, true_probability=0.02),
    row(5, 1, 2, 0.5, rank=2, true_probability=0.3),
    row(6, UNKNOWN, 2),
]


def test_rates_by_hand() -> None:
    made = accuracy(ROWS)
    assert (made.top1.count, made.top1.of) == (3, 6)
    assert (made.top5.count, made.top5.of) == (5, 6)
    assert (made.commonest.count, made.commonest.of) == (3, 6)
    by_class = {each.index: each for each in made.classes}
    assert [(e.recall.count, e.recall.of) for e in made.classes] == [(2, 3), (1, 3), (0, 0)]
    assert [(e.precision.count, e.precision.of) for e in made.classes] == [(2, 2), (1, 2), (0, 2)]
    assert math.isnan(by_class[2].recall.value), "a class without pictures has no recall"
    pairs = [(e.truth, e.guess, e.of_class.count, e.of_errors.value) for e in made.confusions]
    assert pairs == [(1, 2, 2, 2 / 3), (0, 1, 1, 1 / 3)]


def test_all_right_all_wrong_one_and_none() -> None:
    right = accuracy([row(n, 1, 1, rank=1) for n in range(3)])
    assert (right.top1.value, right.confusions) == (1.0, ())
    wrong = accuracy([row(n, 1, 0, rank=2) for n in range(3)])
    assert (wrong.top1.value, wrong.top5.value) == (0.0, 1.0)
    assert accuracy([row(0, 1, 1, rank=1)]).top1.interval[0] < 0.3
    assert math.isnan(accuracy([]).top1.value)
    assert math.isnan(accuracy([row(0)]).top1.value)


def test_the_worst_and_the_surest_errors() -> None:
    assert worst_errors(ROWS, 2) == (4, 2)
    assert surest_errors(ROWS, 9) == (4, 2, 5)
    never = [*ROWS, row(7, 0, 1, 0.1, true_probability=0.0)]
    assert worst_errors(never, 1) == (7,)
    assert worst_errors(ROWS, 0) == ()


def test_facts_of_probabilities() -> None:
    shares = np.array([0.1, 0.4, 0.1, 0.4], np.float32)
    assert facts_of(shares, 3).rank == 2, "of equal ones the first is ahead"
    assert facts_of(shares, 1).rank == 1
    assert facts_of(shares, 2).rank == 4
    assert abs(facts_of(shares, 0).squares - 0.34) < 1e-6
    assert facts_of(shares, UNKNOWN).rank == 0
