"""Pointwise mutual information between units and concepts: WPMI and SoftWPMI of CLIP-Dissect.

Tables and results as in `similarity`. Source: Oikarinen and Weng, ICLR 2023, section 3 and
appendix A.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.run.tables import BLOCK, blocks, checked, most_active

Array = npt.NDArray[Any]

ROOM = 32_000_000
"""Numbers of a block that are held at once."""
IN_CACHE = 1_000_000
"""Numbers that one thread multiplies and adds at a time: few enough for the processor's cache."""
EPS = 1e-7
SMALL = 1e-12


@dataclass(frozen=True, slots=True)
class Pmi:
    """What tells the two kinds of pointwise mutual information apart.

    Attributes:
        top_k: most active probes of a unit; all where there are fewer.
        a: scale of the cosines in the softmax over concepts.
        lam: weight of what a concept has in common with all units.
        p_start: probability that a unit really responds to its most active probe; None takes every
            probe for sure.
        p_end: that of the probe after the last.
    """

    top_k: int
    a: float
    lam: float
    p_start: float | None = None
    p_end: float = 0.97

    def probabilities(self, count: int, dtype: torch.dtype) -> Tensor:
        """Return the probability of each of `count` probes, float (count,)."""
        if self.p_start is None:
            return torch.ones(count, dtype=dtype)
        return self.p_start - torch.arange(count, dtype=dtype) / count * (self.p_start - self.p_end)


WPMI = Pmi(top_k=28, a=2, lam=0.6)
SOFT_WPMI = Pmi(top_k=100, a=10, lam=1, p_start=0.998)


def wpmi(P: Tensor, A: Tensor, *, top_k: int = 28, a: float = 2, lam: float = 0.6) -> Tensor:
    """Weighted pointwise mutual information of a concept and a unit's most active probes.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        top_k: most active probes of a unit; all where there are fewer.
        a: scale of the cosines in the softmax over concepts.
        lam: weight of what a concept has in common with all units.

    Returns:
        float (units, concepts).
    """
    return score(P, A, Pmi(top_k, a, lam))[0]


def soft_wpmi(
    P: Tensor,
    A: Tensor,
    *,
    top_k: int = 100,
    a: float = 10,
    lam: float = 1,
    p_start: float = 0.998,
    p_end: float = 0.97,
) -> Tensor:
    """WPMI with a probability for each probe that the unit really responds to it (eq. 5).

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        top_k: most active probes of a unit; all where there are fewer.
        a: scale of the cosines in the softmax over concepts.
        lam: weight of what a concept has in common with all units; with 1 no value is above the
            logarithm of the number of units.
        p_start: probability of the most active probe.
        p_end: that of the probe after the last.

    Returns:
        float (units, concepts).
    """
    return score(P, A, Pmi(top_k, a, lam, p_start, p_end))[0]


def score(
    P: Tensor, A: Tensor, how: Pmi, report: Callable[[float], None] | None = None
) -> tuple[Tensor, Tensor]:
    """Score every concept for every unit, with what all units have in common.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        how: `WPMI`, `SOFT_WPMI`, or other numbers.
        report: called with the share done before each block; may raise to stop.

    Returns:
        The similarity, float32 (units, concepts), and float64 (concepts,): what the concept has
        in common with all units that were scored together, of which `how.lam` was taken off.
    """
    P, A = checked(P, A)
    rows = most_active(A, min(how.top_k, len(P)))
    similarity = torch.empty(A.shape[1], P.shape[1])
    common = torch.empty(P.shape[1], dtype=torch.float64)
    for part, block in log_likelihood(P, rows, how):
        if report is not None:
            report(part.start / P.shape[1])
        common[part] = torch.logsumexp(block, 0) - math.log(len(block))
        similarity[:, part] = (block - how.lam * common[part]).float()
    return similarity, common


def log_likelihood(P: Tensor, rows: Tensor, how: Pmi) -> Iterator[tuple[slice, Tensor]]:
    """Sum over each unit's probes of the log softmax, soft where `how` has probabilities.

    Args:
        P: float (probes, concepts).
        rows: int64 (units, k), the probes of each unit, the most active first.
        how: the settings; `top_k` and `lam` are not used.

    Yields:
        A block of concepts, and float64 (units, concepts of the block): sums of hundreds of
        logarithms lose four digits in float32.
    """
    used, index = np.unique(rows.numpy(), return_inverse=True)
    index = index.reshape(rows.shape)  # numpy 2.0 gives it flat
    total = torch.cat([torch.logsumexp(how.a * P[part], 1) for part in _rows_of(used, P.shape[1])])
    units, count = rows.shape
    chance = how.probabilities(count, P.dtype).numpy()[:, None]
    rest = (1 - chance + EPS).astype(chance.dtype)
    halvings = _halvings(float(rest.min()))
    step = max(1, IN_CACHE // (count * min(BLOCK, P.shape[1])))
    # Threads of our own and not those inside torch's operations: these are too short to share.
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for part in blocks(P.shape[1]):
            shares = torch.exp(how.a * P[:, part][used] - total[:, None]).numpy()
            block = np.empty((units, shares.shape[1]))

            def fill(some: slice, shares: Array = shares, block: Array = block) -> None:
                # 1 + p (s - 1) without taking 1 from 1.
                terms = shares[index[some]]
                terms *= chance
                terms += rest
                block[some] = np.log(_multiplied(terms, halvings)).sum(1, dtype=np.float64)

            for _ in pool.map(fill, blocks(units, step)):
                pass
            yield part, torch.from_numpy(block)


def _halvings(least: float) -> int:
    """Return how often terms of at least that size can be multiplied in pairs without underflow.

    A logarithm costs several multiplications, so products of few terms are taken first.
    """
    digits = -math.log10(np.finfo(np.float32).tiny)
    return max(0, int(math.log2(digits / -math.log10(least))))


def _multiplied(terms: Array, halvings: int) -> Array:
    """Multiply terms along axis 1 in pairs, so that fewer are left; changes the input."""
    for _ in range(halvings):
        half = terms.shape[1] // 2
        if not half:
            break
        pairs, odd = terms[:, :half], terms[:, 2 * half :]
        pairs *= terms[:, half : 2 * half]
        terms = np.concatenate([pairs, odd], 1) if odd.shape[1] else pairs
    return terms


def _rows_of(used: Array, concepts: int) -> Iterator[Array]:
    """Yield the used probes in blocks that fit."""
    for part in blocks(len(used), max(1, ROOM // max(concepts, 1))):
        yield used[part]


PMI: Mapping[str, Pmi] = {"wpmi": WPMI, "soft_wpmi": SOFT_WPMI}
"""Those that ask only which probes are a unit's strongest, and in which order."""
