"""How well each concept explains each unit, from two tables over the same probe pictures.

Every function takes `P` (probes, concepts), the image-text cosines, and `A` (probes, units), the
pooled activations, and returns (units, concepts), higher for a better concept. The formulas are
those of CLIP-Dissect (Oikarinen and Weng, ICLR 2023, section 3 and appendix A); none draws a random
number. Concepts are done in blocks, so that no table of probes x concepts is made besides `P`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 256
"""Concepts at a time."""
ROOM = 32_000_000
"""Numbers of a block that are held at once."""
EPS = 1e-7
SMALL = 1e-12


def _checked(P: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """Return both tables in one floating type, with NaN and infinite activations as 0."""
    if P.ndim != 2 or A.ndim != 2 or len(P) != len(A) or not len(P):
        raise ValueError(f"P is {tuple(P.shape)} and A {tuple(A.shape)}: give the same probes.")
    double = torch.float64 in (P.dtype, A.dtype)
    kind = torch.float64 if double else torch.float32
    return P.to(kind), torch.nan_to_num(A.to(kind), nan=0.0, posinf=0.0, neginf=0.0)


def _blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def most_active(A: Tensor, count: int) -> Tensor:
    """Return the most active probes of each unit, int64 (units, count), ties by position."""
    order = torch.sort(A, dim=0, descending=True, stable=True).indices
    return order[:count].T.contiguous()


def cos_similarity(P: Tensor, A: Tensor) -> Tensor:
    """Cosine over probes, not centred.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).

    Returns:
        float (units, concepts) in [-1, 1]; 0 for a unit that never answers.
    """
    P, A = _checked(P, A)
    units = A / A.norm(dim=0).clamp_min(SMALL)
    result = torch.empty(A.shape[1], P.shape[1], dtype=P.dtype)
    for part in _blocks(P.shape[1]):
        block = P[:, part]
        result[:, part] = units.T @ (block / block.norm(dim=0).clamp_min(SMALL))
    return result


def cos_similarity_cubed(P: Tensor, A: Tensor, *, min_norm: float = 1e-3) -> Tensor:
    """Cosine of both tables after centring over probes and cubing.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        min_norm: smallest norm that is divided by.

    Returns:
        float (units, concepts) in [-1, 1].
    """
    P, A = _checked(P, A)
    units = (A - A.mean(0)) ** 3
    units = units / units.norm(dim=0).clamp_min(min_norm)
    result = torch.empty(A.shape[1], P.shape[1], dtype=P.dtype)
    for part in _blocks(P.shape[1]):
        block = (P[:, part] - P[:, part].mean(0)) ** 3
        result[:, part] = units.T @ (block / block.norm(dim=0).clamp_min(min_norm))
    return result


def rank_reorder(
    P: Tensor,
    A: Tensor,
    *,
    p: float = 3,
    top_fraction: float = 0.05,
    scale_p: float = 0.5,
) -> Tensor:
    """Error of the activations put into the order that a concept gives the most active probes.

    The reference divides by the error of five random orders; here by its exact mean over all.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        p: power of the error.
        top_fraction: share of the probes that count, two at least.
        scale_p: power of the mean cosine that it is divided by; a mean below 1e-6 counts as that.

    Returns:
        float (units, concepts), at most 0; 0 for a unit whose most active probes are all alike.
    """
    P, A = _checked(P, A)
    count = min(len(P), max(2, int(len(P) * top_fraction)))
    result = torch.zeros(A.shape[1], P.shape[1], dtype=P.dtype)
    for unit, rows in enumerate(most_active(A, count)):
        active = A[rows, unit]  # falling
        base = float(((active[:, None] - active[None]).abs() ** p).mean())
        if base <= 0:
            continue
        for part in _blocks(P.shape[1], max(1, ROOM // (8 * count))):
            scores = P[rows][:, part]
            order = torch.sort(scores, dim=0, descending=True, stable=True).indices
            rank = torch.empty_like(order)
            places = torch.arange(count)[:, None].expand_as(order).contiguous()
            rank.scatter_(0, order, places)
            error = ((active[:, None] - active[rank]).abs() ** p).mean(0) / base
            result[unit, part] = -error / scores.mean(0).clamp_min(1e-6) ** scale_p
    return result


@dataclass(frozen=True, slots=True)
class Pmi:
    """What tells the two kinds of pointwise mutual information apart.

    Attributes:
        top_k: most active probes of a unit; all where there are fewer.
        a: scale of the cosines in the softmax over concepts.
        lam: weight of what a concept has in common with all units.
        p_start: probability that a unit really answers to its most active probe; None takes every
            probe for sure.
        p_end: that of the probe after the last.
    """

    top_k: int
    a: float
    lam: float
    p_start: float | None = None
    p_end: float = 0.97

    def sure(self, count: int, dtype: torch.dtype) -> Tensor | None:
        """Return the probability of each of `count` probes, float (count,), or None."""
        if self.p_start is None:
            return None
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
    return scored(P, A, Pmi(top_k, a, lam))[0]


def soft_wpmi(
    P: Tensor, A: Tensor, *, top_k: int = 100, a: float = 10, lam: float = 1,
    p_start: float = 0.998, p_end: float = 0.97,
) -> Tensor:  # fmt: skip
    """WPMI with a probability for each probe that the unit really answers to it (eq. 5).

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
    return scored(P, A, Pmi(top_k, a, lam, p_start, p_end))[0]


def scored(
    P: Tensor, A: Tensor, how: Pmi, told: Callable[[float], None] | None = None
) -> tuple[Tensor, Tensor]:
    """Score every concept for every unit, and tell what all units have in common.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).
        how: `WPMI`, `SOFT_WPMI`, or other numbers.
        told: called with the share done before each block; may raise to stop.

    Returns:
        The similarity, float32 (units, concepts), and float64 (concepts,): what the concept has
        in common with all units that were scored together, of which `how.lam` was taken off.
    """
    P, A = _checked(P, A)
    rows = most_active(A, min(how.top_k, len(P)))
    found = torch.empty(A.shape[1], P.shape[1], dtype=torch.float64)
    for part, block in log_likelihood(P, rows, how):
        if told is not None:
            told(part.start / P.shape[1])
        found[:, part] = block
    common = torch.logsumexp(found, 0) - math.log(len(found))
    return (found - how.lam * common).float(), common


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
    used, places = torch.unique(rows, return_inverse=True)
    total = torch.cat([torch.logsumexp(how.a * P[part], 1) for part in _rows_of(used, P.shape[1])])
    units, count = rows.shape
    sure = how.sure(count, P.dtype)
    step = max(1, ROOM // (count * BLOCK))
    for part in _blocks(P.shape[1]):
        shares = torch.exp(how.a * P[:, part][used] - total[:, None])
        block = torch.empty(units, shares.shape[1], dtype=torch.float64)
        for some in _blocks(units, step):
            terms = shares[places[some]]
            if sure is not None:
                # 1 + p (s - 1) without taking 1 from 1.
                terms = terms.mul_(sure[:, None]).add_((1 - sure + EPS)[:, None])
            else:
                terms = terms.add_(EPS)
            block[some] = terms.log_().sum(1, dtype=torch.float64)
        yield part, block


def _rows_of(used: Tensor, concepts: int) -> Iterator[Tensor]:
    """Yield the used probes in blocks that fit."""
    for part in _blocks(len(used), max(1, ROOM // max(concepts, 1))):
        yield used[part]


SIMILARITIES = {
    "cos_similarity": cos_similarity,
    "cos_similarity_cubed": cos_similarity_cubed,
    "rank_reorder": rank_reorder,
    "wpmi": wpmi,
    "soft_wpmi": soft_wpmi,
}
"""Functions by the names that the reference uses."""


def dead(A: Tensor, top_k: int = 100) -> Tensor:
    """Return which units give nothing to describe, bool (units,).

    Dead is a unit that is constant, not finite somewhere, or has fewer than `top_k` (at most a
    tenth of the probes) distinct activations other than 0: ties, not the unit, would decide then.
    """
    broken = ~torch.isfinite(A).all(0)
    values = torch.nan_to_num(A.double(), nan=0.0, posinf=0.0, neginf=0.0)
    ordered = values.sort(0).values
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    distinct = (new & (ordered != 0)).sum(0)
    least = max(2, min(top_k, len(A) // 10))
    return broken | (ordered[0] == ordered[-1]) | (distinct < least)
