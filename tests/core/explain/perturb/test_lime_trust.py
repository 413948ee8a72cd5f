"""Trust in a fit, against computations written out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from core.explain.perturb.lime_fit import Recipe, distances_of, fit
from core.explain.perturb.lime_trust import (
    FEWEST_DRAWS,
    MOST_DRAWS,
    bootstrap,
    convergence,
    halves,
    overlap,
    weighted_ridge,
)
from tests.core.explain.perturb.test_lime_fit import PARTS, TRUE, made, samples


def test_weighted_ridge_is_scikit_learns() -> None:
    rows, answers = samples()
    rng = np.random.default_rng(3)
    switches, target = rows.astype(np.float64), answers[:, 1].astype(np.float64)
    for weight in (np.ones(len(rows)), rng.random(len(rows)), rng.integers(0, 3, len(rows)) * 1.0):
        expected = Ridge(alpha=1.0).fit(switches, target, sample_weight=weight).coef_
        assert np.abs(weighted_ridge(switches, target, weight) - expected).max() < 1e-10


def test_weighted_ridge_under_limes_kernel_is_the_fit() -> None:
    rows, answers = samples()
    kernel = Recipe().kernel(distances_of(rows, Recipe()))
    ours = weighted_ridge(rows.astype(np.float64), answers[:, 1].astype(np.float64), kernel)
    assert np.abs(ours - fit(rows, answers, 1).weights).max() < 1e-6


def test_the_bootstrap_is_resampling_written_out() -> None:
    rows, answers = samples(count=120)
    found = bootstrap(rows, answers, 1, Recipe(), seed=4)
    assert found.draws == MOST_DRAWS
    kernel = Recipe().kernel(distances_of(rows, Recipe()))
    rng, fits = np.random.default_rng(4), []
    for _ in range(found.draws):
        times = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)))
        again = np.repeat(np.arange(len(rows)), times)
        ridge = Ridge(alpha=1.0).fit(rows[again], answers[again, 1], sample_weight=kernel[again])
        fits.append(ridge.coef_)
    low, high = np.percentile(fits, [2.5, 97.5], axis=0)
    assert np.abs(found.low - low).max() < 1e-6
    assert np.abs(found.high - high).max() < 1e-6


def test_the_bootstrap_has_a_seed_and_narrows_with_samples() -> None:
    few, many = samples(0.1, 100), samples(0.1, 1600)
    one, same, other = (bootstrap(*few, 1, Recipe(), seed) for seed in (0, 0, 1))
    assert np.array_equal(one.low, same.low)
    assert not np.array_equal(one.low, other.low)
    assert (one.low < one.high).all()
    wide = bootstrap(*many, 1, Recipe())
    assert np.median(wide.high - wide.low) < 0.5 * np.median(one.high - one.low)
    inside = (wide.low - 0.02 <= TRUE) & (wide.high + 0.02 >= TRUE)
    assert inside.all()


def test_draws_are_few_where_they_are_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.explain.perturb.lime_trust._BUDGET", 1.0)
    assert bootstrap(*samples(count=60), 1, Recipe()).draws == FEWEST_DRAWS


def test_convergence_is_the_fit_at_smaller_counts() -> None:
    rows, answers = samples(0.05, 400)
    final = fit(rows, answers, 1)
    curve = convergence(rows, answers, 1, Recipe(), final, top=3)
    assert curve.samples[0] == 50
    assert curve.samples[-1] == 400
    assert 8 <= len(curve.samples) <= 12
    assert curve.top == final.order[:3]
    for number, count in enumerate(curve.samples):
        there = fit(rows[:count], answers[:count], 1)
        assert np.array_equal(curve.weights[number], there.weights[list(curve.top)])
        assert curve.r2[number] == there.r2
    assert np.array_equal(curve.weights[-1], final.weights[list(curve.top)])


def test_overlap_counts_what_both_lists_have() -> None:
    one = made(weights=np.array([0.5, 0.4, 0.3, -0.2, 0.0]), order=(0, 1, 2, 3, 4))
    two = made(weights=np.array([0.5, -0.4, 0.3, 0.2, 0.0]), order=(0, 1, 2, 3, 4))
    assert overlap(one, two, 2) == 0.5  # (0, 1) and (0, 2)
    assert overlap(one, two, 3) == pytest.approx(2 / 3)
    assert overlap(one, one, 3) == 1.0
    assert overlap(one, two, 3, "negative") == 0.0
    assert overlap(one, two, 2, "any") == 1.0
    none = made(weights=np.zeros(5))
    assert np.isnan(overlap(none, none, 3))
    assert overlap(one, none, 3) == 0.0


def test_halves_are_two_fits_that_share_only_the_picture() -> None:
    rows, answers = samples(0.3, 101)
    odd = np.array([0, *range(1, 101, 2)])
    even = np.arange(0, 101, 2)
    assert set(odd) & set(even) == {0}
    fits = [fit(rows[half], answers[half], 1) for half in (odd, even)]
    for sign in ("positive", "negative", "any"):
        assert halves(rows, answers, 1, Recipe(), 4, sign) == overlap(*fits, 4, sign)


def test_a_clear_case_is_stable_and_noise_is_not() -> None:
    assert halves(*samples(0.01, 400), 1, Recipe(), 3) == 1.0
    rows, answers = samples(0.01, 400)
    found = [halves(rows, answers, noise, Recipe(), PARTS // 3, "any") for noise in (0, 2)]
    assert min(found) < 1.0
