"""Which superpixels each sample shows: rows that begin the same for any larger count."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np

from core.explain.perturb.coalitions import coalitions_of, most_coalitions
from core.explain.perturb.composition import Rows
from core.imports.lazy import library


def rows_of(seed: int, count: int, superpixels: int, sampling: str = "random") -> Rows:
    """Return the switches of the first samples.

    Args:
        seed: of the draws.
        count: samples.
        superpixels: switches.
        sampling: a key of `SAMPLERS`.

    Returns:
        uint8 (count, superpixels) of 0 (hidden) and 1, the first row all 1. A larger count begins
        with the same rows.
    """
    return SAMPLERS[sampling](seed, count, superpixels)


def random_rows(seed: int, count: int, superpixels: int) -> Rows:
    """Return lime's switches: each is 1 with probability one half.

    For a fixed seed `RandomState(seed).randint(0, 2, n * F)` begins with the same numbers whatever
    n is.
    """
    drawn = np.random.RandomState(seed).randint(0, 2, count * superpixels)
    rows = drawn.astype(np.uint8).reshape(count, superpixels)
    rows[0] = 1
    return rows


def balanced_rows(seed: int, count: int, superpixels: int) -> Rows:
    """Return switches from rows of a Hadamard matrix, each followed by its complement.

    Within a block of 2 H rows, H the order of the matrix, every superpixel is shown as often as
    hidden, and two of them are shown together in a quarter of the rows: the columns are orthogonal,
    so that no superpixel's weight takes in another's. Complements cancel what pairs of
    superpixels do together. Columns, their signs and the order of the rows are drawn anew for
    each block.

    Source: Plackett and Burman 1946 (designs of two levels); Box and Wilson 1951 (fold-over).
    """
    order = 2
    while order < superpixels + 1:
        order *= 2
    matrix = library("scipy.linalg").hadamard(order, np.int8) > 0
    rng, blocks = np.random.RandomState(seed), [np.ones((1, superpixels), bool)]
    for _ in range(-(-(count - 1) // (2 * order))):
        # The first column of the matrix is constant: it tells no row from another.
        columns = 1 + rng.permutation(order - 1)[:superpixels]
        signs = rng.randint(0, 2, superpixels).astype(bool)
        drawn = matrix[rng.permutation(order)][:, columns] ^ signs
        blocks.append(np.stack([drawn, ~drawn], 1).reshape(-1, superpixels))
    rows: Rows = np.concatenate(blocks)[:count].astype(np.uint8)
    return rows


def shapley_rows(seed: int, count: int, superpixels: int) -> Rows:
    """Return KernelSHAP's coalitions; no more than there are."""
    return coalitions_of(seed, count, superpixels)[0]


def most_rows(superpixels: int, sampling: str) -> int:
    """Return how many rows there are at most: no coalition is asked for twice."""
    return most_coalitions(superpixels) if sampling == "shapley" else sys.maxsize


SAMPLERS: Mapping[str, Callable[[int, int, int], Rows]] = {
    "random": random_rows,
    "balanced": balanced_rows,
    "shapley": shapley_rows,
}
"""By the name of the sampling."""
