"""The two tables that a dissection compares, and what can be said of activations alone.

`P` is (probes, concepts), the image-text cosines, `A` (probes, units), the pooled activations.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK = 256
"""Concepts at a time."""


def checked(P: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """Return both tables in one floating type, with NaN and infinite activations as 0."""
    if P.ndim != 2 or A.ndim != 2 or len(P) != len(A) or not len(P):
        raise ValueError(f"P is {tuple(P.shape)} and A {tuple(A.shape)}: give the same probes.")
    double = torch.float64 in (P.dtype, A.dtype)
    kind = torch.float64 if double else torch.float32
    return P.to(kind), torch.nan_to_num(A.to(kind), nan=0.0, posinf=0.0, neginf=0.0)


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield slices of at most `size` that cover `range(count)`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def most_active(A: Tensor, count: int) -> Tensor:
    """Return the most active probes of each unit, int64 (units, count), ties by position."""
    order = torch.sort(A, dim=0, descending=True, stable=True).indices
    return order[:count].T.contiguous()


def inactive(A: Tensor, top_k: int = 100) -> Tensor:
    """Return which units give nothing to describe, bool (units,).

    Inactive is a unit that is constant, not finite somewhere, or has fewer than `top_k` (at most a
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
