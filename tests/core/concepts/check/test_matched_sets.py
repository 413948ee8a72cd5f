"""Random sets: as many channels, other ones, with as much activation, each only once."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.concepts.check.matched_sets import FEWEST, SETS, matched_sets
from core.errors import Cancelled


def fitting(activation: np.ndarray, channels: tuple[int, ...], share: float) -> set[tuple]:
    """All sets that fit, by trying every one."""
    target = activation[list(channels)].sum()
    others = [each for each in range(len(activation)) if each not in channels]
    return {
        chosen
        for chosen in combinations(others, len(channels))
        if abs(activation[list(chosen)].sum() - target) <= share * target
    }


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 6))
def test_each_set_is_like_the_concept(seed: int, size: int) -> None:
    activation = np.random.default_rng(seed).exponential(size=80)
    channels = tuple(range(size))
    found = matched_sets(activation, channels, seed, count=20)
    if not len(found.sets):
        assert found.reason
        return
    assert found.sets.shape == (20, size)
    assert len({tuple(row) for row in found.sets.tolist()}) == 20
    assert not np.isin(found.sets, channels).any()
    totals = activation[found.sets].sum(1)
    off = np.abs(totals / activation[:size].sum() - 1)
    assert off.max() <= found.tolerance + 1e-9
    assert (np.diff(found.sets, axis=1) > 0).all()


def test_every_set_that_fits_is_drawn_about_as_often() -> None:
    """All pairs that fit, by trying every one, against what 60 seeds give."""
    activation = np.array([3.0, 4, 1, 2, 2.1, 3.9, 5, 5.2, 0.9, 6, 6.2, 0.7, 1.4, 3.1, 4.1])
    channels = (0, 1)
    wanted = fitting(activation, channels, 0.2)
    assert len(wanted) > FEWEST
    counts: dict[tuple[int, ...], int] = dict.fromkeys(wanted, 0)
    for seed in range(60):
        found = matched_sets(activation, channels, seed, count=FEWEST)
        assert found.tolerance == 0.2
        for row in found.sets.tolist():
            counts[tuple(row)] += 1
    share = 60 * FEWEST / len(wanted)
    assert all(0.4 * share < number <= 60 for number in counts.values()), counts


def test_a_wider_tolerance_only_where_it_is_needed() -> None:
    near = np.concatenate([[1.0], np.linspace(0.96, 1.04, SETS + 5)])
    assert matched_sets(near, (0,), 0).tolerance == 0.05
    wide = np.concatenate([[1.0], np.linspace(0.81, 1.19, SETS + 5)])
    found = matched_sets(wide, (0,), 0)
    assert found.tolerance == 0.2
    assert len(found.sets) >= FEWEST


def test_the_seed_decides() -> None:
    activation = np.random.default_rng(0).exponential(size=200)
    one, same, other = (matched_sets(activation, (3, 7), seed).sets for seed in (1, 1, 2))
    assert (one == same).all()
    assert one.shape == other.shape == (SETS, 2)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("activation", "channels", "reason"),
    [
        ([0.0, 0, 1, 2], (0, 1), "They are silent for this picture, and so is any set like them."),
        ([1.0, 2, 3], (0, 1, 2), "The layer has no other channels to compare with."),
        ([1.0, 2, 3], (0, 1), "The layer has only one other channel: no set of 2 can be drawn."),
        (
            [1.0, 2, 3, 4, 5],
            (0, 1, 2),
            "The layer has only 2 other channels: no set of 3 can be drawn.",
        ),
        ([9.0, 1, 3], (0,), "No other channel is as active: the most active reaches 33 % of that."),
        (
            [9.0, 9, 1, 2, 7],
            (0, 1),
            "No 2 other channels are as active: the most active reach 50 % of that.",
        ),
        ([1.0, 5, 6], (0,), "Any other channel is more active."),
        ([1.0, 1, 5, 6], (0, 1), "Any 2 other channels are more active."),
        (
            [1.0, 1, 5],
            (0,),
            "Only 1 other channel has as much activation (within 20 %): too few for an interval.",
        ),
        (
            [1.0, 1, 1, 1, 1],
            (0, 1),
            "Only 3 sets of 2 other channels have as much activation (within 20 %): too few for an "
            "interval.",
        ),
    ],
)
def test_without_such_sets_a_sentence_says_why(
    activation: list[float], channels: tuple[int, ...], reason: str
) -> None:
    found = matched_sets(np.array(activation), channels, 0)
    assert found.reason == reason
    assert not len(found.sets)


def test_drawing_can_be_stopped() -> None:
    def stop(fraction: float, stage: str = "") -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        matched_sets(np.ones(100), (0, 1), 0, tick=stop)
