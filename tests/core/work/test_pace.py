"""Estimates come from the speed of the last seconds."""

from __future__ import annotations

import pytest

from core.work.pace import ENOUGH, Pace


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
