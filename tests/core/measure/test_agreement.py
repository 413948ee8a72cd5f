"""Overlap, correlation and chance equal independent computations."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import f1_score, jaccard_score

from core import Mask
from core.explain.base import Explanation
from core.explain.ranks import ranks
from core.measure import agreement, chance, memo, overlap
from core.measure.masks import Rule, marked

Make = Callable[..., Explanation]
MASKS = arrays(bool, (6, 7))


@given(MASKS, MASKS)
def test_overlaps_equal_scikit_learn(first: Mask, second: Mask) -> None:
    if not (first.any() or second.any()):
        for measure in (overlap.iou, overlap.dice, overlap.overlap_coefficient):
            assert math.isnan(measure(first, second))
        return
    one, two = first.ravel(), second.ravel()
    assert overlap.iou(first, second) == pytest.approx(jaccard_score(one, two, zero_division=0))
    assert overlap.dice(first, second) == pytest.approx(f1_score(one, two, zero_division=0))


@given(MASKS, MASKS)
def test_overlaps_are_symmetric_and_in_the_unit_interval(first: Mask, second: Mask) -> None:
    for measure in (overlap.iou, overlap.dice, overlap.overlap_coefficient):
        found, turned = measure(first, second), measure(second, first)
        assert found == pytest.approx(turned, nan_ok=True)
        assert math.isnan(found) or 0 <= found <= 1


@given(MASKS)
def test_equal_masks_agree_and_an_empty_one_never(mask: Mask) -> None:
    for measure in (overlap.iou, overlap.dice, overlap.overlap_coefficient):
        if mask.any():
            assert measure(mask, mask) == 1
            assert measure(mask, np.zeros_like(mask)) == 0


def test_overlap_coefficient_by_hand() -> None:
    first = np.array([[1, 1, 1, 0]], bool)
    second = np.array([[0, 1, 1, 1]], bool)
    third = np.array([[0, 1, 0, 0]], bool)
    assert overlap.overlap_coefficient(first, second) == pytest.approx(2 / 3)
    assert overlap.overlap_coefficient(first, third) == 1


@settings(max_examples=50)
@given(
    arrays(np.float32, (5, 6), elements=st.floats(-1, 1, width=16)),
    arrays(np.float32, (5, 6), elements=st.floats(-1, 1, width=16)),
)
def test_correlations_equal_scipy(first: np.ndarray, second: np.ndarray) -> None:
    if first.std() < 1e-3 or second.std() < 1e-3:
        return
    one, two = first.astype(np.float64).ravel(), second.astype(np.float64).ravel()
    assert overlap.pearson(first, second) == pytest.approx(stats.pearsonr(one, two)[0], abs=1e-9)
    expected = stats.spearmanr(one, two).statistic
    found = overlap.pearson(ranks(first), ranks(second))
    assert found == pytest.approx(expected, abs=1e-9)


def test_flat_map_has_no_correlation() -> None:
    flat, slope = np.ones((4, 4), np.float32), np.arange(16, dtype=np.float32).reshape(4, 4)
    assert math.isnan(overlap.pearson(flat, slope))
    assert math.isnan(overlap.pearson(ranks(flat), ranks(slope)))


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.1), (0.1, 0.4), (0.5, 0.7)])
def test_chance_level_is_confirmed_by_simulation(a: float, b: float) -> None:
    rng = np.random.default_rng(0)
    found = [overlap.iou(rng.random((64, 64)) < a, rng.random((64, 64)) < b) for _ in range(200)]
    sizes = round(a * 4096), round(b * 4096)
    assert chance.chance(*sizes, 4096) == pytest.approx(np.mean(found), rel=0.02)


def test_chance_level_of_small_masks_is_the_mean_of_the_ratios() -> None:
    """Two masks of 2 of 4 pixels: the ratio of the means is 1 / 3, the mean IoU 7 / 18."""
    masks = [np.isin(np.arange(4), pair) for pair in combinations(range(4), 2)]
    mean = np.mean([overlap.iou(one, two) for one in masks for two in masks])
    assert chance.chance(2, 2, 4) == pytest.approx(mean) == pytest.approx(7 / 18)
    rng = np.random.default_rng(1)
    ranks = rng.random((2, 40_000, 30)).argsort(axis=2)
    drawn = [overlap.iou(*each) for each in zip(ranks[0] < 3, ranks[1] < 8, strict=True)]
    assert chance.chance(3, 8, 30) == pytest.approx(np.mean(drawn), abs=0.002)


def test_chance_level_at_its_ends() -> None:
    assert math.isnan(chance.chance(0, 0, 9))
    assert chance.chance(0, 4, 9) == 0
    assert chance.chance(9, 4, 9) == pytest.approx(4 / 9)
    assert chance.chance(9, 9, 9) == 1
    assert chance.chance(26_800, 26_800, 268_000) == pytest.approx(0.1 / 1.9, rel=1e-3)


def test_what_is_kept_of_maps_does_not_keep_the_maps(explanation: Make) -> None:
    first, second = (explanation(np.eye(8, dtype=np.float32) * k) for k in (0.5, 1.0))
    pair = agreement.compare(first, second, (Rule(), Rule()))
    before = (
        pair.spearman,
        pair.likeness.ssim,
        agreement.overlap_curves(first, second).iou.tolist(),
    )
    maps = [weakref.ref(each.shown) for each in (first, second)]
    del first, second, pair
    gc.collect()
    assert [each() for each in maps] == [None, None]
    again = [explanation(np.eye(8, dtype=np.float32) * k) for k in (0.5, 1.0)]
    assert agreement.spearman(*again) == before[0]
    assert agreement.overlap_curves(*again).iou.tolist() == before[2]


def test_what_is_kept_is_bounded_and_distinguishes_what_it_is_of() -> None:
    flat, tall = np.zeros((1, 4), np.float32), np.zeros((4, 1), np.float32)
    cases = (
        ("a", (4, 4), [flat]),
        ("b", (4, 4), [flat]),
        ("a", (8, 8), [flat]),
        ("a", (4, 4), [tall]),
        ("a", (4, 4), [flat, tall]),
    )
    for _ in range(2):
        found = [
            memo.once(what, size, partial(int, number), *maps)
            for number, (what, size, maps) in enumerate(cases)
        ]
        assert found == [0, 1, 2, 3, 4]
    for number in range(40):
        values = np.full((2, 2), number, np.float32)
        memo.once("large", (1, 1), lambda: np.zeros(4 << 20, np.uint8), values)
    assert memo.KEPT.size <= memo.LIMIT


def test_all_shifts_equal_rolling() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 5, 6)) < 0.4
    rolled = [
        overlap.iou(first, np.roll(second, (down, right), (0, 1)))
        for down in range(5)
        for right in range(6)
    ]
    np.testing.assert_allclose(chance.shifted(first, second), rolled, atol=1e-12)
    low, high = chance.chance_band(first, second)
    assert (low, high) == pytest.approx(tuple(np.percentile(rolled, [2.5, 97.5])))


def test_band_of_compact_masks_is_wider_than_that_of_scattered_ones() -> None:
    rng = np.random.default_rng(2)
    compact = np.zeros((40, 40), bool)
    compact[10:20, 10:26] = True
    scattered = rng.permutation(compact.ravel()).reshape(40, 40)
    spread = [np.subtract(*chance.chance_band(mask, mask)[::-1]) for mask in (compact, scattered)]
    assert spread[0] > 3 * spread[1]


def test_curve_equals_masks_one_threshold_at_a_time(explanation: Make) -> None:
    rng = np.random.default_rng(3)
    first = np.round(rng.random((20, 20)), 1).astype(np.float32)
    second = np.maximum(rng.random((20, 20)) - 0.7, 0).astype(np.float32)
    found = chance.curve(first, second)
    maps = explanation(first), explanation(second)
    single = [
        overlap.iou(*(marked(each, Rule("top", percent)).mask for each in maps))
        for percent in chance.PERCENTS
    ]
    np.testing.assert_allclose(found, single)


def test_curve_of_flat_maps_is_undefined() -> None:
    flat = np.zeros((5, 5), np.float32)
    assert np.isnan(chance.curve(flat, flat)).all()


def test_curve_band_holds_the_level() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.random((2, 30, 30)).astype(np.float32)
    level, low, high = chance.curve_band(first, second, (5, 10, 50))
    np.testing.assert_allclose(level, [p / (2 - p) for p in (0.05, 0.1, 0.5)], rtol=0.02)
    assert (low <= level).all()
    assert (level <= high).all()


def test_consensus_counts_masks() -> None:
    masks = [np.array([[1, 1, 0]], bool), np.array([[1, 0, 0]], bool)]
    np.testing.assert_array_equal(agreement.consensus(masks), [[2, 1, 0]])


def test_pair_of_maps(explanation: Make) -> None:
    first = np.zeros((20, 20), np.float32)
    first[4:8, 4:8] = 1
    second = np.roll(first, 2, axis=1)
    pair = agreement.compare(
        explanation(first), explanation(second, "score-cam"), (Rule("top", 4), Rule("top", 4))
    )
    assert pair.iou == pytest.approx(8 / 24)
    assert pair.dice == pytest.approx(0.5)
    assert pair.overlap == pytest.approx(0.5)
    assert pair.likeness.peaks == pair.likeness.centres == pytest.approx(2 / math.hypot(20, 20))
    assert pair.chance == pytest.approx(chance.chance(16, 16, 400))
    assert pair.band[0] <= pair.chance <= pair.band[1]
    assert -1 <= pair.likeness.ssim <= 1
    assert pair.rule == "top4"
    assert not pair.below_chance


def test_signed_maps_are_correlated_as_they_are(explanation: Make) -> None:
    heat = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
    shown = np.maximum(heat, 0)
    one, two = explanation(shown, heat=heat), explanation(np.maximum(-heat, 0), heat=-heat)
    pair = agreement.compare(one, two, (Rule(), Rule()))
    assert pair.spearman == pytest.approx(-1)
    assert pair.likeness.pearson == pytest.approx(-1)
    assert pair.iou == 0
    assert pair.below_chance


def test_empty_pair_is_undefined_and_says_so(explanation: Make) -> None:
    empty = np.zeros((8, 8), np.float32)
    pair = agreement.compare(explanation(empty), explanation(empty, "lime"), (Rule(), Rule()))
    for value in (
        pair.iou,
        pair.dice,
        pair.overlap,
        pair.chance,
        pair.likeness.centres,
        *pair.band,
    ):
        assert math.isnan(value)
    assert len(pair.notes) == 2
    assert pair.notes[1].startswith("LIME: ")


def test_every_pair_once_in_order(explanation: Make) -> None:
    maps = [explanation(np.eye(8, dtype=np.float32), name) for name in "abc"]
    found = agreement.pairs(maps, [Rule()] * 3)
    assert [(p.first.label, p.second.label) for p in found] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_mean_interval_leaves_out_what_is_undefined() -> None:
    mean, low, high = chance.mean_interval([0.2, float("nan"), 0.4])
    assert mean == pytest.approx(0.3)
    assert 0.2 <= low <= mean <= high <= 0.4
    assert all(math.isnan(value) for value in chance.mean_interval([float("nan")]))
