"""Loaded models: each loaded once, bounded by the bytes of their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from core.caching.memory import machine_memory
from core.caching.once import Once
from core.models.classifier import Classifier

FALLBACK = 4 << 30
LEAST, MOST = 1 << 30, 16 << 30


class Models:
    """Classifiers by key, the least recently used dropped. Safe to use from any thread.

    Who holds a dropped classifier may go on using it; the newest one stays whatever its size.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Make an empty cache.

        Args:
            limit: bytes of weights, all forms of a model counted and those on a GPU alike;
                `default_limit()` where not given.

        Raises:
            ValueError: the limit is not positive.
        """
        self._once = Once(default_limit() if limit is None else limit)

    def get(self, key: str) -> Classifier | None:
        """Return the model of that key, which counts as used now, or None."""
        self._once.weigh(key)  # it may have got faster forms since the last time
        return cast("Classifier | None", self._once.find(key))

    def load(self, key: str, loader: Callable[[], Classifier]) -> Classifier:
        """Return the model of that key; who asks while it is being loaded waits for it.

        Raises:
            SeeWhyError: from `loader`; the next call tries again.
        """
        return self._once.get(key, loader)


def default_limit() -> int:
    """Return a third of this machine's memory, between 1 and 16 GB; 4 GB where it is not known."""
    memory = machine_memory()
    return FALLBACK if memory is None else min(max(memory // 3, LEAST), MOST)
