"""P-values of random units are uniform, of planted ones small; q-values as in the paper."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from core.concepts.result.units import BINS, LEVEL, Units
from core.concepts.run import significance
from core.concepts.run.pointwise import SOFT_WPMI, WPMI, Pmi, log_likelihood, score
from core.concepts.run.significance import (
    MOST_DRAWS,
    WORK,
    against,
    best_of_random_probes,
    best_of_shuffled_units,
    draws_for,
    p_values,
    together,
)
from core.concepts.run.similarity import SIMILARITIES


def random_tables(units: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    cosines = 0.2 + 0.05 * torch.randn(400, 30, generator=rng)
    return cosines, torch.relu(torch.randn(400, units, generator=rng))


def units_of(best: np.ndarray, inactive: np.ndarray | None = None) -> Units:
    """A layer of which only the best similarities count."""
    count = len(best)
    column, row = np.zeros((count, 1), np.int32), np.zeros(count, np.float32)
    return Units(
        layer="layer",
        kind="ReLU",
        grid=(0, 0),
        words=column,
        margins=column.astype(np.float32),
        similarities=best.astype(np.float32)[:, None],
        bound=np.nan,
        p=np.ones(count),
        q=np.ones(count),
        inactive=np.zeros(count, bool) if inactive is None else inactive,
        means=row,
        probes=column,
        activations=column.astype(np.float32),
        positions=column,
        histogram=np.zeros((count, BINS), np.int32),
        lows=row,
        highs=row,
    )


def compared(cosines: torch.Tensor, active: torch.Tensor, how: Pmi, seed: int) -> Units:
    """A layer against as many draws as its number of units asks for."""
    count = active.shape[1]
    similarity, common = score(cosines, active, how)
    draws = draws_for(count, 20, cosines.shape[1] * 100.0)
    null = best_of_random_probes(cosines, how, [(common, count)], draws, seed)[0]
    return against(units_of(similarity.max(1).values.numpy()), null)


def naive_q(p: np.ndarray) -> np.ndarray:
    """The smallest rate at which the step-up procedure of the paper takes each hypothesis."""
    count, ordered, found = len(p), np.sort(p), np.ones(len(p))
    rates = {min(1.0, value * count / rank) for value in p for rank in range(1, count + 1)}
    for rate in sorted(rates, reverse=True):
        passing = [r for r in range(1, count + 1) if ordered[r - 1] <= rate * r / count + 1e-15]
        if passing:
            found[p <= ordered[max(passing) - 1]] = rate
    return found


def test_q_values_equal_the_procedure_written_out() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 7, 12):
        units = against(units_of(rng.normal(1, 1, count)), rng.normal(0, 1, 300))
        np.testing.assert_allclose(units.q, naive_q(units.p), atol=1e-9)


def test_inactive_units_are_not_tested() -> None:
    null = np.arange(99.0)
    best, silent = np.array([200.0, 300, 50, 400]), np.array([False, True, False, True])
    units = against(units_of(best, silent), null)
    np.testing.assert_allclose(units.p, [0.01, 1, 0.5, 1])
    np.testing.assert_allclose(units.q, [0.02, 1, 0.5, 1])
    assert units.labelled.tolist() == [True, False, False, False]
    nothing = against(units_of(best, np.ones(4, bool)), null)
    assert not nothing.labelled.any()


def test_p_values_count_the_observed_one() -> None:
    null = np.array([1.0, 2, 2, 3])
    found = p_values(np.array([0.5, 2, 2.5, 9]), null)
    np.testing.assert_allclose(found, [5 / 5, 4 / 5, 2 / 5, 1 / 5])


@pytest.mark.parametrize("how", [SOFT_WPMI, WPMI])
def test_random_units_have_uniform_p_values(how: Pmi) -> None:
    cosines, active = random_tables(400)
    similarity, common = score(cosines, active, how)
    null = best_of_random_probes(cosines, how, [(common, 400)], draws=500)[0]
    p = p_values(similarity.max(1).values.double().numpy(), null)
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.parametrize("name", ["cos_similarity", "cos_similarity_cubed", "rank_reorder"])
def test_random_units_of_the_other_similarities(name: str) -> None:
    cosines, active = random_tables(200, seed=3)
    similarity = SIMILARITIES[name](cosines, active)
    null = best_of_shuffled_units(cosines, active, name, draws=300)
    p = p_values(similarity.max(1).values.double().numpy(), null)
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_null_is_that_of_random_units_with_the_layers_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cosines, active = random_tables(20)
    layers = [(score(cosines, active, SOFT_WPMI)[1], 20), (torch.zeros(30).double(), 5)]
    null = best_of_random_probes(cosines, SOFT_WPMI, layers, draws=40, seed=7)
    rng = np.random.default_rng(7)
    rows = np.stack([rng.choice(400, 100, replace=False) for _ in range(40)])
    found = torch.empty(40, 30, dtype=torch.float64)
    for part, block in log_likelihood(cosines, torch.from_numpy(rows), SOFT_WPMI):
        found[:, part] = block
    for layer, (common, units) in enumerate(layers):
        # The others' likelihood, without an average one, and the drawn unit's own.
        whole = (torch.exp(common) * units * (units - 1) / units + torch.exp(found)) / units
        expected = (found - torch.log(whole)).max(1).values
        np.testing.assert_allclose(null[layer], expected, rtol=1e-9)
        assert null[layer].max() <= np.log(units)
    again = best_of_random_probes(cosines, SOFT_WPMI, layers, draws=40, seed=7)
    np.testing.assert_array_equal(null, again)
    other = best_of_random_probes(cosines, SOFT_WPMI, layers, draws=40, seed=8)
    assert not np.array_equal(null, other)
    monkeypatch.setattr(significance, "_AT_ONCE", 16)
    more = best_of_random_probes(cosines, SOFT_WPMI, layers, draws=50, seed=7)
    np.testing.assert_allclose(more[:, :40], null, rtol=1e-6)


def test_planted_units_stand_out() -> None:
    cosines, active = random_tables(60)
    for unit in range(12):
        active[:, unit] += torch.relu(cosines[:, unit] - 0.25) * 40
    units = compared(cosines, active, SOFT_WPMI, 0)
    assert score(cosines, active, SOFT_WPMI)[0].argmax(1)[:12].tolist() == list(range(12))
    assert units.labelled[:12].all()
    assert units.labelled[12:].mean() < 0.1


def test_one_perfect_unit_among_2048_is_labelled() -> None:
    """With 1000 draws its q-value could not be below 2048 / 1001."""
    cosines, active = random_tables(2048, seed=5)
    cosines = cosines[:, :12]
    active[:, 77] = torch.relu(cosines[:, 3])
    units = compared(cosines, active, SOFT_WPMI, 0)
    assert units.q[77] < LEVEL
    assert units.labelled.sum() <= 2, "and hardly any other"


@pytest.mark.parametrize("how", [SOFT_WPMI, WPMI])
def test_layers_of_chance_alone_are_seldom_labelled(how: Pmi) -> None:
    """Where every null hypothesis is true, any label at all is as rare as the level says."""
    cosines, _ = random_tables(1)
    cosines = cosines[:150, :8]
    labelled = 0
    for seed in range(60):
        _, active = random_tables(20, seed=1000 + seed)
        labelled += bool(compared(cosines, active[:150], how, seed).labelled.any())
    assert stats.binomtest(labelled, 60, LEVEL, "greater").pvalue > 0.001


def test_draws_follow_from_the_number_of_units() -> None:
    assert draws_for(10, 1000, 1.0) == 1000, "never fewer than a person asks for"
    for count in (64, 512, 2048, 4096):
        draws = draws_for(count, 1000, 70_000.0)
        alone = against(units_of(np.r_[2.0, np.zeros(count - 1)]), np.r_[3.0, np.ones(draws - 1)])
        assert alone.labelled[0], "one draw may be higher by chance"
        assert together(count, draws) == 1
    assert draws_for(10**6, 1000, 1.0) == MOST_DRAWS
    assert draws_for(2048, 1000, WORK / 5000) == 5000
    assert draws_for(2048, 1000, WORK) == 1000


@pytest.mark.parametrize(("count", "draws"), [(2048, 1000), (512, 1000), (64, 20), (19, 378)])
def test_units_that_must_stand_out_together(count: int, draws: int) -> None:
    least = together(count, draws)
    null = np.zeros(draws)
    for high in (least - 1, least):
        best = np.r_[np.ones(high), np.full(count - high, -1.0)]
        assert against(units_of(best), null).labelled.any() == (high == least)


def test_fewer_probes_than_the_similarity_takes() -> None:
    cosines, active = random_tables(6)
    few = cosines[:12], active[:12]
    similarity, common = score(*few, SOFT_WPMI)
    null = best_of_random_probes(few[0], SOFT_WPMI, [(common, 6)], draws=30)
    assert np.isfinite(null).all()
    assert torch.isfinite(similarity).all()
