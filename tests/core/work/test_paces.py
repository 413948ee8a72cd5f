"""Estimates before anything starts."""

from __future__ import annotations

import pytest

from core.work.paces import MODELS, Paces


def test_nothing_is_known_at_first() -> None:
    assert Paces().seconds("model", "lime", 1000) is None


def test_a_method_takes_as_long_a_pass_as_last_time() -> None:
    paces = Paces()
    paces.note("model", "lime", 100, 5.0)
    paces.note("model", "lime", 200, 4.0)
    assert paces.seconds("model", "lime", 1000) == pytest.approx(20.0)
    assert paces.seconds("another", "lime", 1000) is None


def test_another_method_is_as_slow_as_the_slowest_of_many_passes() -> None:
    paces = Paces()
    paces.note("model", "grad-cam", 1, 0.5)
    assert paces.seconds("model", "score-cam", 10) is None, "one pass is mostly overhead"
    paces.note("model", "ablation-cam", 500, 0.1, whole=False)
    assert paces.seconds("model", "score-cam", 10) is None, "it did not run the whole model"
    paces.note("model", "lime", 100, 2.0)
    assert paces.seconds("model", "score-cam", 10) == pytest.approx(0.2)


def test_the_longest_unused_model_is_forgotten() -> None:
    paces = Paces()
    for number in range(MODELS + 1):
        paces.note(number, "lime", 10, 1.0)
    assert paces.seconds(0, "lime", 10) is None
    assert paces.seconds(1, "lime", 10) == pytest.approx(1.0)


def test_a_map_that_took_no_pass_says_nothing() -> None:
    paces = Paces()
    paces.note("model", "lime", 0, 0.1)
    assert paces.seconds("model", "lime", 1000) is None
