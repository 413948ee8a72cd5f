"""Finished results, bounded by bytes; the longest unused go first."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np


def size_of(value: object) -> int:
    """Return about how many bytes `value` keeps alive.

    Arrays, tensors, bytes and text are counted inside dataclasses, mappings and sequences; what
    occurs twice is counted once, and a view counts as the whole array that it keeps alive.
    """
    total, seen, todo = 0, set[int](), [value]
    while todo:
        item = todo.pop()
        while isinstance(item, np.ndarray) and isinstance(item.base, np.ndarray):
            item = item.base
        if id(item) in seen:
            continue
        seen.add(id(item))
        nbytes = getattr(item, "nbytes", None)
        total += sys.getsizeof(item, 0) if not isinstance(nbytes, int) else nbytes
        if dataclasses.is_dataclass(item) and not isinstance(item, type):
            todo.extend(getattr(item, field.name) for field in dataclasses.fields(item))
        elif isinstance(item, Mapping):
            todo.extend(item.keys())
            todo.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            todo.extend(item)
    return total


class Store:
    """Values by key, at most `limit` bytes of them. Safe to use from any thread.

    The newest value always stays, even when it alone is larger than the limit: a page that has
    just waited for it must find it, else it would compute it again and again.

    Attributes:
        limit: bytes.
    """

    def __init__(self, limit: int) -> None:
        """Make an empty store of `limit` bytes.

        Raises:
            ValueError: the limit is not positive.
        """
        if limit <= 0:
            raise ValueError(f"The limit is {limit}: give a positive number of bytes.")
        self.limit = limit
        self._values: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str, default: object = None) -> object:
        """Return the value kept under `key`, which counts as used now, else `default`."""
        with self._lock:
            if key not in self._values:
                return default
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: str, value: object) -> None:
        """Keep `value` under `key`; drop the longest unused while there are too many bytes."""
        size = size_of(value)
        with self._lock:
            _, before = self._values.pop(key, (None, 0))
            self._values[key] = (value, size)
            self._bytes += size - before
            while self._bytes > self.limit and len(self._values) > 1:
                _, (_, dropped) = self._values.popitem(last=False)
                self._bytes -= dropped

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return self._bytes

    def __contains__(self, key: object) -> bool:
        """Return whether `key` is kept; this does not count as a use."""
        with self._lock:
            return key in self._values

    def __len__(self) -> int:
        """Return how many values are kept."""
        with self._lock:
            return len(self._values)
