"""Loaded models: each loaded once, the least lately used dropped."""

from __future__ import annotations

import atexit
import gc
import threading
from collections import OrderedDict
from collections.abc import Callable

from core.models.classifier import Classifier

# What is frozen when the process ends would be reported as leaked by compiled modules.
atexit.register(gc.unfreeze)


class Models:
    """At most `limit` classifiers by key. Safe to use from any thread.

    Attributes:
        limit: number of models.
    """

    def __init__(self, limit: int = 3) -> None:
        """Make an empty cache.

        Raises:
            ValueError: the limit is not positive.
        """
        if limit < 1:
            raise ValueError(f"The limit is {limit}: give 1 or more.")
        self.limit = limit
        self._kept: OrderedDict[str, Classifier] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Classifier | None:
        """Return the model of that key, which counts as used now, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def load(self, key: str, loader: Callable[[], Classifier]) -> Classifier:
        """Return the model of that key; who asks while it is being loaded waits for it.

        Raises:
            SeeWhyError: from `loader`; the next call tries again.
        """
        with self._lock:
            turn = self._loading.setdefault(key, threading.Lock())
        try:
            with turn:
                return self.get(key) or self._keep(key, loader())
        finally:
            with self._lock:
                if not turn.locked():
                    self._loading.pop(key, None)

    def _keep(self, key: str, classifier: Classifier) -> Classifier:
        with self._lock:
            self._kept[key] = classifier
            while len(self._kept) > self.limit:
                self._kept.popitem(last=False)
        _freeze()
        return classifier


def _freeze() -> None:
    """Take all that is alive now out of the garbage collector's sight.

    Models, and the libraries that came with them, are hundreds of thousands of objects which a
    full collection, as the web server asks for after every run of a page, would walk through each
    time. Unfreezing first lets a dropped model, whose graphs form cycles, be collected.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
