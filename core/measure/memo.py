"""What was computed from maps, kept by the content of the maps and bounded by bytes.

A threshold that moves asks again and again for what does not depend on it: the sorting of a map,
the correlation of a pair. Keys are digests, so nothing here keeps an explanation alive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from core import Heat
from core.caching.once import Once
from core.explain.scaling import Size

T = TypeVar("T")

LIMIT = 64 << 20
"""Bytes: the sorting of about 160 maps of 224 pixels a side."""
KEPT = Once(LIMIT)


def once(what: str, size: Size, make: Callable[[], T], *maps: Heat) -> T:
    """Return what `make` gives, which is called only where it is not kept.

    Args:
        what: is computed.
        size: (height, width) at which.
        make: computes it from the maps and the size alone.
        maps: float32 (h, w) each.
    """
    digest = hashlib.sha256(f"{what} {size}".encode())
    for values in maps:
        digest.update(f"{values.shape} {values.dtype.str}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return KEPT.get(digest.hexdigest(), make)
