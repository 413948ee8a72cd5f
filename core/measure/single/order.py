"""The order of a map's pixels, and what has none."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core import Heat


def is_flat(shown: Heat) -> bool:
    """Return whether a map has the same value everywhere, so that it orders nothing."""
    return bool(shown.max() == shown.min())


def flat_notes(shown: Heat) -> tuple[str, ...]:
    """Return a note on a map that orders nothing."""
    if not is_flat(shown):
        return ()
    return ("The map is the same everywhere: it says nothing about the order of the pixels.",)


def hottest_first(shown: Heat) -> npt.NDArray[np.int64]:
    """Return the flat places of pixels from the hottest on, ties by position row by row."""
    return np.argsort(-shown.ravel(), kind="stable").astype(np.int64)


def coldest_first(shown: Heat) -> npt.NDArray[np.int64]:
    """Return the flat places of pixels from the coldest on, ties by position row by row."""
    return np.argsort(shown.ravel(), kind="stable").astype(np.int64)


def ranks_of(order: npt.NDArray[np.int64], like: Tensor) -> Tensor:
    """Return at which place of an order each pixel stands.

    Args:
        order: (h * w,), flat places.
        like: float32 (1, C, h, w) on the device where the ranks are needed.

    Returns:
        int64 (h, w).
    """
    ranks = torch.empty(len(order), dtype=torch.int64)
    ranks[torch.from_numpy(order)] = torch.arange(len(order))
    height, width = like.shape[-2:]
    return ranks.view(height, width).to(like.device)


def digest_of(*arrays: npt.NDArray[Any]) -> str:
    """Return a digest of arrays, for keys of what trials share."""
    digest = hashlib.sha256()
    for values in arrays:
        digest.update(f"{values.shape} {values.dtype.str}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()
