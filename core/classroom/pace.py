"""How fast somebody may answer: a bucket of tokens each, so that one phone cannot fill a server."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

AT_ONCE, A_SECOND = 12.0, 4.0
"""Answers that may come at once, and those a second that may go on coming."""
REMEMBERED = 10_000
"""People; the longest quiet are forgotten, and begin with a full bucket."""


class Pace:
    """Safe to use from any thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with full buckets.

        Args:
            now: a clock in seconds.
        """
        self._now, self._lock = now, threading.Lock()
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, *who: Hashable) -> bool:
        """Take a token of somebody; return whether there was one."""
        with self._lock:
            now = self._now()
            left, before = self._left.pop(who, (AT_ONCE, now))
            left = min(AT_ONCE, left + max(0.0, now - before) * A_SECOND)
            allowed = left >= 1
            self._left[who] = (left - 1 if allowed else left), now
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        return allowed
