"""How well each concept explains each unit, from two tables over the same probe pictures.

Every function takes `P` (probes, concepts), the image-text cosines, and `A` (probes, units), the
pooled activations, and returns (units, concepts), higher for a better concept. The formulas are
those of CLIP-Dissect (Oikarinen and Weng, ICLR 2023, section 3 and appendix A); none draws a random
number. Concepts are done in blocks, so that no table of probes x concepts is made besides `P`.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.run.pointwise import PMI, soft_wpmi, wpmi
from core.concepts.run.tables import blocks, checked, most_active

Array = npt.NDArray[Any]
ROOM = 32_000_000
"""Numbers of a block that are held at once."""
SMALL = 1e-12


def cos_similarity(P: Tensor, A: Tensor) -> Tensor:
    """Cosine over probes, not centred.

    Args:
        P: float (probes, concepts).
        A: float (probes, units).

    Returns:
        float (units, concepts) in [-1, 1]; 0 for a unit that is never active.
    """
    P, A = checked(P, A)
    units = A / A.norm(dim=0).clamp_min(SMALL)
    result = torch.empty(A.shape[1], P.shape[1], dtype=P.dtype)
    for part in blocks(P.shape[1]):
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
    P, A = checked(P, A)
    units = (A - A.mean(0)) ** 3
    units = units / units.norm(dim=0).clamp_min(min_norm)
    result = torch.empty(A.shape[1], P.shape[1], dtype=P.dtype)
    for part in blocks(P.shape[1]):
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
    P, A = checked(P, A)
    count = min(len(P), max(2, int(len(P) * top_fraction)))
    result = torch.zeros(A.shape[1], P.shape[1], dtype=P.dtype)
    for unit, rows in enumerate(most_active(A, count)):
        active = A[rows, unit]  # falling
        base = float(((active[:, None] - active[None]).abs() ** p).mean())
        if base <= 0:
            continue
        for part in blocks(P.shape[1], max(1, ROOM // (8 * count))):
            scores = P[rows][:, part]
            order = torch.sort(scores, dim=0, descending=True, stable=True).indices
            rank = torch.empty_like(order)
            steps = torch.arange(count)[:, None].expand_as(order).contiguous()
            rank.scatter_(0, order, steps)
            error = ((active[:, None] - active[rank]).abs() ** p).mean(0) / base
            result[unit, part] = -error / scores.mean(0).clamp_min(1e-6) ** scale_p
    return result


SIMILARITIES = {
    "cos_similarity": cos_similarity,
    "cos_similarity_cubed": cos_similarity_cubed,
    "rank_reorder": rank_reorder,
    "wpmi": wpmi,
    "soft_wpmi": soft_wpmi,
}
"""Functions by the names that the reference uses."""


def terms_of(name: str, probes: int, concepts: int) -> float:
    """Return about how much work one unit is, in terms of a sum of `log_likelihood`.

    Args:
        name: a key of `SIMILARITIES`.
        probes: pictures.
        concepts: words.
    """
    if name in PMI:
        return float(min(PMI[name].top_k, probes) * concepts)
    # Measured: a product of matrices takes a fiftieth of a term, a sorted probe 24 terms.
    return probes * concepts * (0.05 * 24 if name == "rank_reorder" else 0.02)
