"""Content keys: equal keys mean equal results.

Every field of a request is part of its key, apart from the names that people read. A field that
is added later is part of it without a line here.

Results are kept under keys of our own because a hash that samples large arrays, as web
frameworks use for caching, gives the same key to pictures that differ in a few pixels.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
from collections.abc import Hashable, Mapping
from typing import cast

from core import CODE_VERSION


def content_key(**parts: object) -> str:
    """Return the SHA-256 of `parts` as canonical JSON, as 64 hexadecimal digits.

    The order of names does not matter, nor whether a sequence is a list or a tuple; the type of
    a number does (1, 1.0 and True differ). The code version is always part of the key.

    Args:
        **parts: None, bool, int, finite float, str, dataclasses, lists, tuples and mappings of
            them.

    Raises:
        TypeError: a value of another type, whose content a key could miss.
        ValueError: a number that is not finite, which is unequal even to itself.
    """
    plain = {"code": CODE_VERSION, "parts": _plain(parts)}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def key_of(request: object) -> str:
    """Return the content key of a request, a frozen dataclass of plain values.

    Raises:
        TypeError: it holds something that is not plain.
    """
    return content_key(request=request)


def _plain(value: object) -> object:
    """Return `value` in JSON's types, one spelling for each content."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"A content key needs finite numbers: {value} is none.")
        return float(value) + 0.0  # -0.0 becomes 0.0
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"A content key needs text as names: {value!r:.80} has others.")
        return {name: _plain(item) for name, item in value.items()}
    kind = type(value)
    if (names := _names(cast("Hashable", kind))) is not None:
        return {"type": kind.__name__, **{name: _plain(getattr(value, name)) for name in names}}
    raise TypeError(f"A content key cannot hold {value!r:.80}, which is of type {kind.__name__}.")


@functools.cache
def _names(kind: Hashable) -> tuple[str, ...] | None:
    """Return the fields of a dataclass that are part of a key; None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if not field.metadata.get("label"))
