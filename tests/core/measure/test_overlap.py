"""Measures whose libraries are not imported, against those libraries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core import Heat
from core.explain.ranks import ranks
from core.measure.overlap import pearson

RNG = np.random.default_rng(0)
MAPS = (
    RNG.normal(size=(40, 50)).astype(np.float32),
    RNG.integers(0, 9, (40, 50)).astype(np.float32),
    np.maximum(RNG.normal(size=(40, 50)), 0).astype(np.float32),
    np.zeros((40, 50), np.float32),
)


@pytest.mark.parametrize("values", MAPS)
def test_ranks_are_scipys(values: Heat) -> None:
    found = ranks(values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, stats.rankdata(values, axis=None))


@pytest.mark.parametrize("other", MAPS[1:3])
def test_correlations_are_scipys(other: Heat) -> None:
    first = MAPS[0] + other
    linear = stats.pearsonr(first.ravel().astype(float), other.ravel().astype(float)).statistic
    assert pearson(first, other) == pytest.approx(linear, abs=1e-12)
    ranked = stats.spearmanr(first.ravel(), other.ravel()).statistic
    assert pearson(ranks(first), ranks(other)) == pytest.approx(ranked, abs=1e-12)
