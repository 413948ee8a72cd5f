"""P-values of random units are uniform, of planted ones small; q-values as in the paper."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from core.concepts.run.significance import (
    best_of_random_probes,
    best_of_shuffled_units,
    p_values,
    q_values,
)
from core.concepts.run.similarity import SIMILARITIES, SOFT_WPMI, WPMI, Pmi, log_likelihood, scored


def random_tables(units: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    cosines = 0.2 + 0.05 * torch.randn(400, 30, generator=rng)
    return cosines, torch.relu(torch.randn(400, units, generator=rng))


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
        p = np.round(rng.uniform(0.001, 1, count) ** 2, 3)
        np.testing.assert_allclose(q_values(p), naive_q(p), atol=1e-9)
    by_hand = [0.04, 0.16 / 3, 0.16 / 3, 0.2]
    np.testing.assert_allclose(q_values(np.array([0.01, 0.04, 0.03, 0.2])), by_hand)


def test_q_values_equal_scipys() -> None:
    p = np.random.default_rng(1).uniform(0, 1, 300) ** 3
    np.testing.assert_allclose(q_values(p), stats.false_discovery_control(p), rtol=1e-12)


def test_p_values_count_the_observed_one() -> None:
    null = np.array([1.0, 2, 2, 3])
    found = p_values(np.array([0.5, 2, 2.5, 9]), null)
    np.testing.assert_allclose(found, [5 / 5, 4 / 5, 2 / 5, 1 / 5])


@pytest.mark.parametrize("how", [SOFT_WPMI, WPMI])
def test_random_units_have_uniform_p_values(how: Pmi) -> None:
    cosines, active = random_tables(400)
    similarity, common = scored(cosines, active, how)
    null = best_of_random_probes(cosines, how, [(common, 400)], draws=500)[0]
    p = p_values(similarity.max(1).values.double().numpy(), null)
    assert stats.kstest(p, "uniform").pvalue > 0.001
    assert (q_values(p) < 0.05).mean() < 0.02


@pytest.mark.parametrize("name", ["cos_similarity", "cos_similarity_cubed", "rank_reorder"])
def test_random_units_of_the_other_similarities(name: str) -> None:
    cosines, active = random_tables(200, seed=3)
    similarity = SIMILARITIES[name](cosines, active)
    null = best_of_shuffled_units(cosines, active, name, draws=300)
    p = p_values(similarity.max(1).values.double().numpy(), null)
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_null_is_that_of_random_units_with_the_layers_background() -> None:
    cosines, active = random_tables(20)
    layers = [(scored(cosines, active, SOFT_WPMI)[1], 20), (torch.zeros(30).double(), 5)]
    null = best_of_random_probes(cosines, SOFT_WPMI, layers, draws=40, seed=7)
    rng = np.random.RandomState(7)
    rows = np.stack([rng.permutation(400)[:100] for _ in range(40)])
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


def test_planted_units_stand_out() -> None:
    cosines, active = random_tables(60)
    for unit in range(12):
        active[:, unit] += torch.relu(cosines[:, unit] - 0.25) * 40
    similarity, common = scored(cosines, active, SOFT_WPMI)
    null = best_of_random_probes(cosines, SOFT_WPMI, [(common, 60)])[0]
    q = q_values(p_values(similarity.max(1).values.double().numpy(), null))
    assert similarity.argmax(1)[:12].tolist() == list(range(12))
    assert (q[:12] < 0.05).all()
    assert (q[12:] < 0.05).mean() < 0.1


def test_fewer_probes_than_the_similarity_takes() -> None:
    cosines, active = random_tables(6)
    few = cosines[:12], active[:12]
    similarity, common = scored(*few, SOFT_WPMI)
    null = best_of_random_probes(few[0], SOFT_WPMI, [(common, 6)], draws=30)
    assert np.isfinite(null).all()
    assert torch.isfinite(similarity).all()
