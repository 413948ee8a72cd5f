"""Content keys: equal keys mean equal results.

Results are kept under keys of our own because a hash that samples large arrays, as web
frameworks use for caching, gives the same key to pictures that differ in a few pixels.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core import CODE_VERSION

if TYPE_CHECKING:
    from core.explain.base import Request


def content_key(**parts: object) -> str:
    """Return the SHA-256 of `parts` as canonical JSON, as 64 hexadecimal digits.

    The order of names does not matter, nor whether a sequence is a list or a tuple; the type of
    a number does (1, 1.0 and True differ). The code version is always part of the key.

    Args:
        **parts: None, bool, int, finite float, str, and lists, tuples and mappings of them.

    Raises:
        TypeError: a value of another type, whose content a key could miss.
        ValueError: a number that is not finite, which is unequal even to itself.
    """
    plain = {"code": CODE_VERSION, "parts": _plain(parts, "key")}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def key_of(request: Request, method_name: str) -> str:
    """Return the content key of one map.

    An option that is absent and one that has its default value give the same key, and so do all
    layers for a method that looks at none. The name of the class is part of the key because two
    people may use one set of weights with different label files.

    Raises:
        UnknownMethod: no method of that name.
        BadOption: an option that the method does not have, or a value outside its range.
    """
    # Methods make keys of their own for what they keep, so their table cannot be imported above.
    from core.explain import base, methods

    method = methods.get(method_name)
    classifier, prepared = request.classifier, request.prepared
    return content_key(
        kind="map",
        method=method.name,
        picture=prepared.picture.sha256,
        fit=prepared.fit,
        model=classifier.id,
        weights=classifier.digest,
        device=str(classifier.device),
        layers=request.layers if method.layered else (),
        class_index=request.class_index,
        class_name=classifier.names[request.class_index],
        smooth=request.smooth,
        precision=request.precision,
        seed=request.seed,
        options=base.settle(method.options, request.options),
    )


def _plain(value: object, where: str) -> object:
    """Return `value` in JSON's types, one spelling for each content."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}: a content key needs finite numbers.")
        return float(value) + 0.0  # -0.0 becomes 0.0
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{at}]") for at, item in enumerate(value)]
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"{where} has names that are not text: a content key needs text.")
        return {name: _plain(item, f"{where}.{name}") for name, item in value.items()}
    raise TypeError(f"{where} is of type {type(value).__name__}: a content key cannot hold it.")
