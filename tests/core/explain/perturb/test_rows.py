"""Rows of samples: they begin the same for any count, and balanced ones are balanced."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.perturb.rows import SAMPLERS, balanced_rows, most_rows, random_rows, rows_of

EACH = pytest.mark.parametrize("sampling", SAMPLERS)
WIDTHS = pytest.mark.parametrize("superpixels", [2, 7, 33, 64])


def order_of(superpixels: int) -> int:
    """The smallest power of two above the number of superpixels."""
    return 2 ** int(np.ceil(np.log2(superpixels + 1)))


@EACH
@WIDTHS
@pytest.mark.parametrize("seed", [0, 9])
def test_more_rows_begin_with_the_same(sampling: str, superpixels: int, seed: int) -> None:
    rows = rows_of(seed, 1337, superpixels, sampling)
    assert rows.dtype == np.uint8
    assert rows.shape == (min(1337, most_rows(superpixels, sampling)), superpixels)
    assert rows.max() == 1
    assert rows[0].all(), "the whole picture"
    for count in (1, 2, 50, 51, 130, 777):
        assert np.array_equal(rows_of(seed, count, superpixels, sampling), rows[:count])
    other = rows_of(seed + 1, 1337, superpixels, sampling)
    if superpixels > 2:
        assert not np.array_equal(rows, other)


@WIDTHS
def test_a_block_shows_each_superpixel_and_each_pair_equally_often(superpixels: int) -> None:
    order = order_of(superpixels)
    rows = balanced_rows(3, 1 + 4 * order, superpixels)[1:].astype(int)
    for block in (rows[: 2 * order], rows[2 * order :]):
        assert np.array_equal(block[1::2], 1 - block[::2]), "complements"
        assert (block.sum(0) == order).all()
        together = block.T @ block
        assert (together[~np.eye(superpixels, dtype=bool)] == order // 2).all()
    assert not np.array_equal(rows[: 2 * order], rows[2 * order :]), "drawn anew"


def test_pairs_that_work_together_do_not_disturb_a_block() -> None:
    """For f(z) = sum b_i z_i + sum g_ij z_i z_j, the best line has b_i + sum_j g_ij / 2."""
    rng, superpixels = np.random.default_rng(0), 20
    own = rng.normal(size=superpixels)
    pairs = np.triu(rng.normal(size=(superpixels, superpixels)), 1)
    wanted = own + (pairs + pairs.T).sum(0) / 2

    def error(rows: np.ndarray) -> float:
        z = rows.astype(float)
        answers = z @ own + np.einsum("ni,ij,nj->n", z, pairs, z)
        line = np.linalg.lstsq(np.c_[np.ones(len(z)), z], answers, rcond=None)[0]
        return float(np.abs(line[1:] - wanted).max())

    block = 2 * order_of(superpixels)
    assert error(balanced_rows(5, 1 + block, superpixels)[1:]) < 1e-9
    assert error(random_rows(5, 1 + block, superpixels)[1:]) > 0.1
