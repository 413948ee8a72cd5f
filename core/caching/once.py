"""Values that are made once, even when many threads ask at the same time, and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar, cast

from core.caching.pauses import no_pause
from core.caching.store import Store, size_of

T = TypeVar("T")
_ABSENT = object()


class Once:
    """A store that makes what it does not hold. Safe to use from any thread.

    A value that is dropped for lack of room lives on for whoever holds it; who asks for it next
    makes another one.
    """

    def __init__(self, limit: int, weigher: Callable[[Any], int] = size_of) -> None:
        """Keep at most about `limit` bytes, least recently used out first.

        Args:
            limit: bytes; one value alone may have more.
            weigher: gives the bytes of a value.

        Raises:
            ValueError: the limit is not positive.
        """
        self._store = Store(limit, weigher)
        self._making: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes kept now, as of when each value was last weighed."""
        return self._store.size

    @property
    def limit(self) -> int:
        """Bytes that are kept at most."""
        return self._store.limit

    def get(self, key: str, make: Callable[[], T]) -> T:
        """Return the value of `key`; the first who asks makes it and the others wait for it.

        What `make` raises goes to the one who called it; of those who waited, one tries again
        with its own `make` and the others go on waiting. `make` must not ask for the same key.
        """
        while True:
            with self._lock:
                value = self._store.get(key, _ABSENT)
                if value is not _ABSENT:
                    return cast(T, value)
                making = self._making.get(key)
                if making is None:
                    mine: Future[T] = Future()
                    self._making[key] = mine
            if making is None:
                return self._make(key, make, mine)
            try:
                return cast(T, making.result())
            except CancelledError:  # the maker failed, and the key is free
                continue

    def find(self, key: str) -> object | None:
        """Return what is kept under `key`, else None; nothing is made and nobody is waited for."""
        return self._store.get(key)

    def weigh(self, key: str) -> None:
        """Count the bytes of `key` again, because its value has grown since it was made."""
        self._store.weigh(key)

    def clear(self) -> None:
        """Drop everything; what is being made now is kept when it is done."""
        self._store.clear()

    def __contains__(self, key: object) -> bool:
        """Return whether `key` is kept; this does not count as a use."""
        return key in self._store

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._store)

    def _make(self, key: str, make: Callable[[], T], mine: Future[T]) -> T:
        """Make the value that others may wait for in `mine`."""
        try:
            with no_pause():
                value = make()
            self._store.put(key, value)
        except BaseException:
            with self._lock:
                del self._making[key]
            # Not `set_exception`: the error's traceback holds this frame, and this frame the
            # future, a circle that would keep half a model alive.
            mine.cancel()
            raise
        with self._lock:
            del self._making[key]
        mine.set_result(value)
        return value
