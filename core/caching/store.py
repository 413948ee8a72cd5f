"""Finished results, bounded by bytes; the longest unused go first."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

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
    just waited for it must find it, else it would compute it again and again. (That, and values
    that grow, is what `cachetools.LRUCache` does not do.)

    Attributes:
        limit: bytes.
    """

    def __init__(self, limit: int, weigher: Callable[[Any], int] = size_of) -> None:
        """Make an empty store.

        Args:
            limit: bytes.
            weigher: gives the bytes of a value; asked once for each `put` and each `weigh`.

        Raises:
            ValueError: the limit is not positive.
        """
        if limit <= 0:
            raise ValueError(f"The limit is {limit}: give a positive number of bytes.")
        self.limit = limit
        self._weigher = weigher
        self._values: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._weighing = threading.Lock()

    def get(self, key: str, default: object = None) -> object:
        """Return the value kept under `key`, which counts as used now, else `default`."""
        with self._lock:
            if key not in self._values:
                return default
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: str, value: object) -> None:
        """Keep `value` under `key`; drop the longest unused while there are too many bytes."""
        size = self._weigher(value)
        with self._lock:
            self._set(key, value, size)

    def weigh(self, key: str) -> None:
        """Count the bytes of a value again, which counts as a use; nothing where it is gone.

        Weighing may take a while and other threads go on meanwhile, so the new size only counts
        where the value is still the one that was weighed.
        """
        absent = object()
        with self._weighing:  # one after the other: who weighs last has seen the value last
            value = self.get(key, absent)
            if value is absent:
                return
            size = self._weigher(value)
            with self._lock:
                if self._values.get(key, (absent, 0))[0] is value:
                    self._set(key, value, size)

    def _set(self, key: str, value: object, size: int) -> None:
        """Put a weighed value at the end of the queue; the caller holds the lock."""
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
