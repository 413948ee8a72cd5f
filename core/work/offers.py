"""Where the content of a digest can be had."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.errors import BadOption, BadWeights

T = TypeVar("T")
MOST = 100_000
"""How many contents are known by where they can be had."""


class Offers:
    """What a visitor or a command brought along, by digest. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._offers: OrderedDict[str, Callable[[], Any]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, digest: str, again: Callable[[], object]) -> None:
        """Say how the content of a digest can be had.

        Args:
            digest: SHA-256, as a reference holds it.
            again: returns the content; called whenever it is not in memory.
        """
        with self._lock:
            self._offers[digest] = again
            self._offers.move_to_end(digest)
            while len(self._offers) > MOST:
                self._offers.popitem(last=False)

    def find(self, digest: str) -> Callable[[], Any] | None:
        """Return how the content of a digest can be had; None where nobody said so."""
        return self._offers.get(digest)

    def content(self, digest: str, kind: type[T], what: str) -> T:
        """Return what was offered under a digest.

        Raises:
            BadOption: nothing, or something else.
        """
        offered = self._offers.get(digest)
        value = offered() if offered else None
        if not isinstance(value, kind):
            raise BadOption(f"{what} is not on this machine: choose it again.")
        return value

    def file(self, digest: str, name: str) -> Path:
        """Return where a person's own file lies.

        Args:
            digest: of the file.
            name: where it is looked for when nobody offered it.

        Raises:
            BadWeights: it is not there.
        """
        offered = self._offers.get(digest)
        path = offered() if offered else Path(name)
        if not isinstance(path, Path) or not path.is_file():
            raise BadWeights(f"{name or digest[:8]} is not on this machine: choose it again.")
        return path
