"""The closed-form vectors, the formulas written out naively, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from core.concepts.run import pointwise, similarity
from core.concepts.run.pointwise import soft_wpmi, wpmi
from core.concepts.run.similarity import SIMILARITIES, rank_reorder
from core.concepts.run.tables import inactive

TRUTH = [0, 3, 5, 7, 10]


def tables() -> tuple[Tensor, Tensor]:
    i, j = torch.arange(240.0, dtype=torch.float64)[:, None], torch.arange(12.0)[None]
    c, n = torch.tensor(TRUTH, dtype=torch.float64)[None], torch.arange(5.0)[None]
    cosines = 0.22 + 0.05 * torch.sin(0.37 * i * (j + 1) + 0.11 * j)
    wave = torch.sin(0.37 * i * (c + 1) + 0.11 * c) + 0.3 * torch.cos(1.7 * i + n)
    return cosines, torch.relu(wave)


def test_the_tables_are_the_published_ones() -> None:
    cosines, active = tables()
    assert float(cosines.sum()) == pytest.approx(633.9878236254, abs=1e-8)
    assert float(active.sum()) == pytest.approx(390.6548822496, abs=1e-8)


@pytest.mark.parametrize(
    ("name", "options", "best", "total"),
    [
        ("cos_similarity", {}, [0.7245, 0.727048, 0.723985, 0.72218, 0.724968], 37.785654),
        ("cos_similarity_cubed", {}, [0.601265, 0.591499, 0.602864, 0.605541, 0.592975], 3.608717),
        ("wpmi", {}, [-26.078908, -25.98208, -26.324154, -26.175497, -26.499851], -1684.472474),
        ("soft_wpmi", {}, [1.609438, 1.609438, 1.60937, 1.609438, 1.609221], -669.720311),
        (
            "soft_wpmi",
            {"top_k": 20},
            [1.602808, 1.608598, 1.568516, 1.607862, 1.336565],
            -145.330671,
        ),
    ],
)
@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
def test_closed_form_vectors(
    name: str, options: dict[str, int], best: list[float], total: float, kind: torch.dtype
) -> None:
    cosines, active = tables()
    found = SIMILARITIES[name](cosines.to(kind), active.to(kind), **options)  # type: ignore[operator]
    assert found.argmax(1).tolist() == TRUTH
    np.testing.assert_allclose(found.max(1).values, best, atol=1e-4)
    assert float(found.sum()) == pytest.approx(total, abs=2e-3)


def test_closed_form_vector_of_rank_reorder() -> None:
    found = rank_reorder(*tables())
    assert found.argmax(1).tolist() == [8, 0, 5, 7, 10]
    best = [-0.918027, -0.400447, -0.674967, -0.399577, -0.643999]
    np.testing.assert_allclose(found.max(1).values, best, atol=1e-4)


def naive_wpmi(cosines: Tensor, active: Tensor, k: int, a: float, lam: float, soft: bool) -> Tensor:
    """The reference's formula, one unit and one concept at a time."""
    shares = (a * cosines).softmax(1)
    units, concepts = active.shape[1], cosines.shape[1]
    logs = torch.zeros(units, concepts, dtype=torch.float64)
    for unit in range(units):
        order = sorted(range(len(active)), key=lambda i: (-float(active[i, unit]), i))[:k]
        for concept in range(concepts):
            for place, probe in enumerate(order):
                share = float(shares[probe, concept])
                if soft:
                    p = 0.998 - place / len(order) * (0.998 - 0.97)
                    share = 1 + p * (share - 1)
                logs[unit, concept] += math.log(share + 1e-7)
    return logs - lam * (torch.logsumexp(logs, 0) - math.log(units))


def test_equal_to_the_formulas_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    cosines = 0.2 + 0.05 * torch.randn(90, 13, generator=rng, dtype=torch.float64)
    active = torch.relu(torch.randn(90, 7, generator=rng, dtype=torch.float64))
    soft = naive_wpmi(cosines, active, 100, 10, 1, soft=True)
    np.testing.assert_allclose(soft_wpmi(cosines, active), soft, atol=1e-4)
    hard = naive_wpmi(cosines, active, 28, 2, 0.6, soft=False)
    np.testing.assert_allclose(wpmi(cosines, active), hard, atol=1e-4)
    monkeypatch.setattr(pointwise, "BLOCK", 4)
    for module in (similarity, pointwise):
        monkeypatch.setattr(module, "ROOM", 500)
    np.testing.assert_allclose(soft_wpmi(cosines, active), soft, atol=1e-4)


def test_rank_reorder_equals_the_formula_written_out() -> None:
    rng = torch.Generator().manual_seed(1)
    cosines = 0.2 + 0.05 * torch.randn(60, 5, generator=rng, dtype=torch.float64)
    active = torch.relu(torch.randn(60, 3, generator=rng, dtype=torch.float64)) + 0.1
    found = rank_reorder(cosines, active, top_fraction=0.2)
    for unit in range(3):
        order = torch.argsort(active[:, unit], descending=True, stable=True)[:12]
        top = active[order, unit]
        base = np.mean([abs(float(x - y)) ** 3 for x in top for y in top])
        for concept in range(5):
            scores = cosines[order, concept]
            ranks = [int((scores > score).sum()) for score in scores]
            error = np.mean([abs(float(top[i] - top[r])) ** 3 for i, r in enumerate(ranks)])
            expected = -error / base / float(scores.mean()) ** 0.5
            assert float(found[unit, concept]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", SIMILARITIES)
def test_few_probes_dead_units_and_negative_cosines_give_numbers(name: str) -> None:
    rng = torch.Generator().manual_seed(2)
    cosines = torch.randn(12, 6, generator=rng) * 0.1 - 0.05
    active = torch.randn(12, 4, generator=rng)
    active[:, 1] = 0
    active[3, 2] = float("nan")
    found = SIMILARITIES[name](cosines, active)  # type: ignore[operator]
    assert found.shape == (4, 6)
    assert torch.isfinite(found).all()
    assert torch.equal(found, SIMILARITIES[name](cosines, active))  # type: ignore[operator]


def test_soft_wpmi_is_bounded_by_the_logarithm_of_the_units() -> None:
    rng = torch.Generator().manual_seed(3)
    found = soft_wpmi(torch.randn(300, 40, generator=rng), torch.randn(300, 16, generator=rng))
    assert float(found.max()) <= math.log(16) + 1e-6


def test_different_probes_are_refused() -> None:
    with pytest.raises(ValueError, match="give the same probes"):
        soft_wpmi(torch.zeros(3, 2), torch.zeros(4, 2))


def test_dead_units() -> None:
    rng = torch.Generator().manual_seed(4)
    active = torch.relu(torch.randn(2000, 5, generator=rng))
    active[:, 1] = 0
    active[:, 2] = 0.7
    active[:, 3] = (torch.arange(2000) < 40).float() * torch.arange(2000)
    active[5, 4] = float("inf")
    assert inactive(active).tolist() == [False, True, True, True, True]
