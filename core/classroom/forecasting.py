"""Did the lesson help? How often students forecast the model's answer, before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.classroom.choices import is_right
from core.classroom.lesson import CASE
from core.classroom.room import Answer
from core.imports.lazy import library
from core.measure.single.comparison import Interval

FEWEST = 5
"""Students who answered both times, below which nothing is said about a difference."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a class forecast before and after a lesson.

    Attributes:
        before, after: mean share of right forecasts in [0, 1] of the students who made both.
        difference: after minus before, with its 95 % interval over the students.
        students: who answered every case both times.
        one_time: others, who answered some cases.
        cases: of the forecast.
        verdict: a sentence.
    """

    before: float
    after: float
    difference: Interval
    students: int
    one_time: int
    cases: int
    verdict: str


def gain(before: Sequence[Answer], after: Sequence[Answer], right: Sequence[str]) -> Gain:
    """Compare two forecasts of the same cases.

    Each student counts once, with the difference of two shares. The interval is Student's t over
    the students. A share of n cases is known to 1 / n at best, so the standard deviation counts as
    at least that of this rounding, 1 / (n sqrt 12): a class that answers as one is not certain.

    Source: paired t interval (Student 1908); utility as the change in forecasting accuracy (Colin,
    Fel et al. 2022, arXiv 2112.04417).

    Args:
        before: the answers to the first screen.
        after: those to the second.
        right: what the model says, case by case.

    Raises:
        ValueError: there are no cases.
    """
    if not right:
        raise ValueError("no cases")
    first, second = (_shares(answers, right) for answers in (before, after))
    both = [student for student in first if student in second]
    people = {answer.student.id for answer in (*before, *after)}
    nan = float("nan")
    changes = np.array([second[student] - first[student] for student in both], np.float64)
    interval = Interval(nan, nan, nan)
    if len(both) >= 2:
        least = 1 / (len(right) * math.sqrt(12))
        spread = max(float(changes.std(ddof=1)), least) / math.sqrt(len(both))
        reach = float(library("scipy.stats").t.ppf(0.975, len(both) - 1)) * spread
        mean = float(changes.mean())
        interval = Interval(mean, max(mean - reach, -1.0), min(mean + reach, 1.0))
    return Gain(
        before=float(np.mean([first[one] for one in both])) if both else nan,
        after=float(np.mean([second[one] for one in both])) if both else nan,
        difference=interval,
        students=len(both),
        one_time=len(people) - len(both),
        cases=len(right),
        verdict=_verdict(interval, len(both)),
    )


def _verdict(difference: Interval, students: int) -> str:
    if students < FEWEST:
        return (
            f"{students} answered both times: too few to tell whether the lesson helped "
            f"({FEWEST} at least)."
        )
    points = 100 * difference.mean
    ends = f"{100 * difference.low:+.0f} to {100 * difference.high:+.0f}"
    if difference.low > 0:
        return f"Forecasts became better by {points:.0f} points (95 %: {ends})."
    if difference.high < 0:
        return f"Forecasts became worse by {-points:.0f} points (95 %: {ends})."
    return f"The class is too small to tell: {points:+.0f} points (95 %: {ends})."


def _shares(answers: Sequence[Answer], right: Sequence[str]) -> Mapping[str, float]:
    """Return the share of right forecasts of every student who made all of them."""
    given: dict[str, dict[str, str]] = {}
    for answer in answers:
        given.setdefault(answer.student.id, {})[answer.part] = answer.value
    wanted = {f"{CASE}{number}": name for number, name in enumerate(right)}
    return {
        student: sum(is_right(parts[part], name) for part, name in wanted.items()) / len(right)
        for student, parts in given.items()
        if wanted.keys() <= parts.keys()
    }
