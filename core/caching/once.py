"""Values that are made once, even when many threads ask at the same time, and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from core.caching.store import Store

T = TypeVar("T")
_ABSENT = object()


class Kept:
    """A store that makes what it does not hold. Safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        """Keep at most about `limit` bytes, least recently used out first."""
        self._store = Store(limit)
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes kept now, as far as they were weighed."""
        return self._store.size

    def get(self, key: str, make: Callable[[], T]) -> T:
        """Return the value of `key`; the first who asks makes it and the others wait for it.

        What `make` raises goes to the one who called it; the next in line tries again.
        """
        value = self._store.get(key, _ABSENT)
        if value is _ABSENT:
            with self._lock:
                making = self._making.setdefault(key, threading.Lock())
            with making:
                value = self._store.get(key, _ABSENT)
                if value is _ABSENT:
                    try:
                        value = make()
                        self._store.put(key, value)
                    finally:
                        with self._lock:
                            self._making.pop(key, None)
        return cast(T, value)

    def find(self, key: str) -> object | None:
        """Return what is kept under `key`, else None; nothing is made."""
        return self._store.get(key)

    def weigh(self, key: str) -> None:
        """Count the bytes of `key` again, because its value has grown since it was made."""
        value = self._store.get(key, _ABSENT)
        if value is not _ABSENT:
            self._store.put(key, value)

    def clear(self) -> None:
        """Drop everything."""
        self._store.clear()
