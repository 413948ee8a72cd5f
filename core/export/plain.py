"""Values as JSON holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np


def plain(value: object) -> object:
    """Return `value` as JSON holds it: no arrays in mappings, null for NaN and infinities."""
    if isinstance(value, Mapping):
        content = {key: each for key, each in value.items() if not isinstance(each, np.ndarray)}
        return {str(key): plain(each) for key, each in content.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return str(value)
