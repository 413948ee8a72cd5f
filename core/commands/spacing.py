"""Writing of what grows: rarely enough that it stays a small part of the work."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 5.0
SHARE = 0.1
"""Of the time that the writing takes at most."""


class Spacing:
    """Calls what writes all that there is so far, now and then.

    Files of all pictures that were written after each picture would cost the square of their
    number; what is not written yet is lost only where the process is killed.
    """

    def __init__(self) -> None:
        """Write at the first chance."""
        self._next = 0.0

    def __call__(self, write: Callable[[], None]) -> None:
        """Write where enough time has passed."""
        start = time.monotonic()
        if start < self._next:
            return
        write()
        end = time.monotonic()
        self._next = end + max(SECONDS, (end - start) / SHARE)
