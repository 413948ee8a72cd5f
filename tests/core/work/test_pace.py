"""Estimates come from the speed of the last seconds."""

from __future__ import annotations

import pytest

from core.work.pace import ENOUGH, MOST_PAUSED, PAUSES, Pace


def paced(*points: tuple[float, float]) -> Pace:
    pace = Pace()
    for now, fraction in points:
        pace.add(now, fraction)
    return pace


def test_nothing_is_known_before_enough() -> None:
    assert Pace().left(5.0) is None
    assert paced((0.0, 0.0)).left(9.0) is None
    assert paced((0.0, 0.0), (ENOUGH / 2, 0.5)).left(ENOUGH / 2) is None


def test_a_steady_speed_gives_the_time_left() -> None:
    pace = paced(*((t, t / 20) for t in range(6)))
    assert pace.left(5.0) == pytest.approx(15.0)


def test_time_since_the_last_step_counts() -> None:
    pace = paced(*((t, t / 20) for t in range(6)))
    assert pace.left(6.5) == pytest.approx(13.5)
    assert pace.left(500.0) == 0.0


def test_a_slow_start_is_forgotten() -> None:
    slow = [(10.0 * t, 0.01 * t) for t in range(3)]
    quick = [(20.0 + t, 0.02 + 0.03 * t) for t in range(1, 21)]
    left = paced(*slow, *quick).left(40.0)
    assert left == pytest.approx((1 - 0.62) / 0.03, rel=0.15)


def test_one_burst_does_not_make_the_estimate_jump() -> None:
    steady = [(float(t), t / 50) for t in range(11)]
    before = paced(*steady).left(10.0)
    after = paced(*steady, (10.1, 0.21)).left(10.1)
    assert before == pytest.approx(40.0)
    assert after == pytest.approx(before, rel=0.15)


def test_a_share_that_falls_or_stands_still_is_ignored() -> None:
    pace = paced((0.0, 0.0), (1.0, 0.1), (2.0, 0.1), (3.0, 0.05))
    assert pace.left(1.0) == pytest.approx(9.0)
    assert pace.left(3.0) == pytest.approx(7.0)


def test_a_pause_is_no_slow_work() -> None:
    pace = paced(*((t, t / 20) for t in range(6)))
    assert pace.left(5.0) == pytest.approx(15.0)
    pace.pause(5.0)
    pace.resume(6.0)
    assert pace.worked(6.0) == 5.0
    for t in range(6, 11):
        pace.add(t + 1.0, t / 20)
    assert pace.left(11.0) == pytest.approx(10.0, rel=0.02)


def test_turns_of_two_make_the_time_left_twice_as_long() -> None:
    pace = paced((0.0, 0.0))
    for turn in range(400):
        pace.add(turn + 0.5, (turn + 1) / 1000)
        pace.pause(turn + 0.5)
        pace.resume(turn + 1.0)
    assert pace.left(400.0) == pytest.approx(600.0, rel=0.02)


def test_while_paused_the_estimate_rises_slowly_and_has_an_end() -> None:
    pace = paced(*((t, t / 20) for t in range(6)))
    pace.pause(5.0)
    assert pace.left(5.0) == pytest.approx(15.0)
    assert 15.0 < (pace.left(15.0) or 0.0) < 20.0
    assert pace.left(5.0 + 100 * PAUSES) == pytest.approx(15.0 / (1 - MOST_PAUSED))
    pace.resume(5.0 + 100 * PAUSES)
    assert pace.left(5.0 + 105 * PAUSES) == 0.0
