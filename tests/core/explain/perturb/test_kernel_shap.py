"""KernelSHAP against Shapley's formula over all coalitions, and against captum."""

from __future__ import annotations

from itertools import combinations
from math import comb, factorial

import numpy as np
import pytest
import torch

from core.caching.once import Once
from core.errors import BadOption, Cancelled
from core.explain.base import Subject
from core.explain.methods import METHODS
from core.explain.perturb.coalitions import coalitions_of, most_coalitions, pair_rates
from core.explain.perturb.kernel_shap import KERNEL_SHAP
from core.explain.perturb.sample_cache import neighbourhood_of
from core.explain.perturb.shapley_fit import shapley_fit
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.maps import KernelShapRequest
from core.requests.options import Value
from core.requests.references import PictureRef
from core.requests.settings_text import lime_of
from core.requests.studies import StudyRequest
from tests.conftest import asked


def shapley(game: dict[frozenset[int], float], players: int) -> np.ndarray:
    """Shapley's formula: sum over S without i of |S|! (M - |S| - 1)! / M! (f(S + i) - f(S))."""
    values = np.zeros(players)
    for player in range(players):
        others = [k for k in range(players) if k != player]
        for size in range(players):
            share = factorial(size) * factorial(players - size - 1) / factorial(players)
            for chosen in combinations(others, size):
                gain = game[frozenset((*chosen, player))] - game[frozenset(chosen)]
                values[player] += share * gain
    return values


def games(players: int, seed: int) -> dict[frozenset[int], float]:
    """A game in which everything depends on everything."""
    rng = np.random.default_rng(seed)
    every = range(players)
    return {
        frozenset(c): rng.random() for size in range(players + 1) for c in combinations(every, size)
    }


def answers_of(game: dict[frozenset[int], float], rows: np.ndarray) -> np.ndarray:
    found = [game[frozenset(np.flatnonzero(row).tolist())] for row in rows]
    return np.array(found, np.float32)[:, None]


def request_of(
    classifier: Classifier, prepared: Prepared, store: Once, target: int = 0, **options: Value
) -> tuple[KernelShapRequest, Subject]:
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    study = StudyRequest(
        pictures=(picture,),
        model=classifier.reference,
        methods=("kernel-shap",),
        lime=lime_of({"segments": "grid", **options}),
    )
    request = study.map_of("kernel-shap", picture, target)
    assert isinstance(request, KernelShapRequest)
    return request, Subject(classifier, prepared, store)


@pytest.fixture(name="store")
def store_fixture() -> Once:
    return Once(64 << 20)


@pytest.mark.parametrize("players", [2, 3, 6])
def test_all_coalitions_give_shapley_values_exactly(players: int) -> None:
    game = games(players, players)
    rows, weights = coalitions_of(4, 5000, players)
    assert len({row.tobytes() for row in rows}) == len(rows) == 2**players
    kernel = [
        (players - 1) / (comb(players, s) * s * (players - s)) for s in rows[2:].sum(1).tolist()
    ]
    assert np.allclose(weights[2:] / weights[2:].sum(), np.array(kernel) / sum(kernel))
    values = shapley_fit(rows, answers_of(game, rows), 0, weights)
    assert np.abs(values.weights - shapley(game, players)).max() < 1e-6
    whole, nothing = game[frozenset(range(players))], game[frozenset()]
    assert values.weights.sum() == pytest.approx(whole - nothing, abs=1e-7)


def test_rows_begin_the_same_come_in_pairs_and_only_once() -> None:
    rows, _ = coalitions_of(1, 1000, 40)
    assert rows[0].all()
    assert not rows[1].any()
    assert np.array_equal(rows[3::2], 1 - rows[2::2])
    assert len({row.tobytes() for row in rows}) == 1000
    for count in (50, 51, 52, 400):
        assert np.array_equal(coalitions_of(1, count, 40)[0], rows[:count])
    assert coalitions_of(1, 51, 40)[1][-1] == 0, "half a pair counts for nothing"
    assert not np.array_equal(coalitions_of(2, 1000, 40)[0], rows)


def test_coalitions_are_drawn_by_the_shapley_kernel() -> None:
    """Sizes of first pairs, over many seeds, follow 1 / (s (M - s)); the rates add up to 1."""
    players = 9
    ways = [comb(players, size) for size in range(players + 1)]
    assert (pair_rates(players) * ways).sum() / 2 == pytest.approx(1)
    firsts = [int(coalitions_of(seed, 4, players)[0][2].sum()) for seed in range(600)]
    shares = np.bincount(firsts, minlength=players)[1:] / len(firsts)
    kernel = np.array([1 / (s * (players - s)) for s in range(1, players)])
    assert np.abs(shares - kernel / kernel.sum()).max() < 0.05


def test_weights_of_few_coalitions_are_unbiased() -> None:
    """Sums over the sample, each sample by its weight, have the mean of sums over everything."""
    players, seeds = 8, 800
    every, kernel = coalitions_of(0, most_coalitions(players), players)
    wanted = float(kernel @ (every[:, 0] * every[:, 1]))
    totals = []
    for seed in range(seeds):
        rows, weights = coalitions_of(seed, 42, players)
        totals.append(float(weights @ (rows[:, 0] * rows[:, 1])))
    error = np.std(totals) / np.sqrt(seeds)
    assert abs(np.mean(totals) - wanted) < 4 * error
    assert error < 0.01


def test_more_samples_come_closer_and_always_add_up() -> None:
    players = 10
    game = games(players, 1)
    exact = shapley(game, players)
    difference = game[frozenset(range(players))] - game[frozenset()]

    def error(count: int) -> float:
        found = []
        for seed in range(8):
            rows, weights = coalitions_of(seed, count, players)
            values = shapley_fit(rows, answers_of(game, rows), 0, weights).weights
            assert values.sum() == pytest.approx(difference, abs=1e-6)
            found.append(np.abs(values - exact).mean())
        return float(np.mean(found))

    errors = [error(count) for count in (100, 300, 900, 1024)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-6


def test_fewer_samples_than_superpixels_still_add_up() -> None:
    rng, players = np.random.default_rng(0), 200
    rows, weights = coalitions_of(0, 50, players)
    values = shapley_fit(rows, rng.random((50, 1)).astype(np.float32), 0, weights)
    assert np.isfinite(values.weights).all()
    assert values.weights.sum() == pytest.approx(values.model - values.intercept, abs=1e-9)


def test_answers_that_never_change_have_no_values() -> None:
    rows, weights = coalitions_of(0, 50, 6)
    values = shapley_fit(rows, np.full((len(rows), 2), 0.3, np.float32), 1, weights)
    assert not values.weights.any()
    assert values.order == ()
    assert np.isnan(values.r2)


def test_the_method_gives_shapley_values_of_the_picture(
    tiny: Classifier, prepared: Prepared, store: Once
) -> None:
    request, subject = request_of(tiny, prepared, store, target=2, cells=2)
    made = KERNEL_SHAP.run(request, subject)
    kept = neighbourhood_of(request.samples, subject)
    rows, answers = kept.first(16)
    game = {
        frozenset(np.flatnonzero(row).tolist()): float(answer)
        for row, answer in zip(rows, answers[:, 2], strict=True)
    }
    assert made.passes == 16, "there are no more coalitions of four"
    assert made.superpixels is not None
    fit = made.superpixels.fit
    assert np.abs(fit.weights - shapley(game, 4)).max() < 1e-6
    assert made.superpixels.base == fit.intercept == pytest.approx(game[frozenset()], abs=1e-7)
    assert np.array_equal(made.heat, fit.weights.astype(np.float32)[made.superpixels.segments])
    assert any("add up to" in note and f"{fit.model:.4f}" in note for note in made.notes)
    assert any("All 16 combinations" in note for note in made.notes)
    assert set(made.options) == {option.name for option in KERNEL_SHAP.options}
    assert KERNEL_SHAP.run(request, subject).passes == 0, "kept"


def test_samples_grow_and_survive_a_stop(tiny: Classifier, prepared: Prepared, store: Once) -> None:
    request, subject = request_of(tiny, prepared, store, cells=4, samples=200)

    def stop(share: float, stage: str = "") -> None:
        if share > 0.4:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        KERNEL_SHAP.run(request, subject, stop)
    made = KERNEL_SHAP.run(request, subject)
    assert 0 < made.passes < 150
    fresh = KERNEL_SHAP.run(*request_of(tiny, prepared, Once(64 << 20), cells=4, samples=200))
    assert np.array_equal(made.heat, fresh.heat)


def test_captum_finds_the_same_within_its_error() -> None:
    attr = pytest.importorskip("captum.attr", reason="captum is not installed")
    game, players = games(6, 2), 6
    rows, weights = coalitions_of(0, 5000, players)
    values = shapley_fit(rows, answers_of(game, rows), 0, weights).weights
    torch.manual_seed(0)
    theirs = attr.KernelShap(lambda z: torch.from_numpy(answers_of(game, z.numpy()))[:, 0])
    found = theirs.attribute(torch.ones(1, players), n_samples=600)[0].numpy()
    assert np.abs(values).max() > 0.15
    assert np.abs(found - values).max() < 0.06


def test_requests_of_other_methods_are_refused(tiny: Classifier, prepared: Prepared) -> None:
    with pytest.raises(BadOption, match="KernelSHAP has no smoothing: choose none"):
        KERNEL_SHAP.run(*asked(tiny, prepared, method="kernel-shap", smooth="aug"))
    with pytest.raises(BadOption, match="KernelSHAP cannot make a map of grad-cam"):
        KERNEL_SHAP.run(*asked(tiny, prepared))
    assert METHODS["kernel-shap"] is KERNEL_SHAP
