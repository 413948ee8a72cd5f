"""How long something that reports its share done will still take."""

from __future__ import annotations

import math

MEMORY = 5.0
"""Seconds; what happened longer ago than this counts less and less."""
ENOUGH = 0.5
"""Seconds of progress before the first estimate."""


class Pace:
    """Seconds left, from the speed of the last few seconds.

    Shares and durations are summed with weights that decay over `MEMORY` seconds, so a slow
    start is forgotten and a burst of small steps does not make the estimate jump.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._time: float | None = None
        self._fraction = 0.0
        self._done = self._spent = self._known = 0.0

    def add(self, now: float, fraction: float) -> None:
        """Note that at `now` (seconds) the share `fraction` in [0, 1] was done."""
        if self._time is None:
            self._time, self._fraction = now, fraction
            return
        step = now - self._time
        if fraction <= self._fraction or step <= 0:
            return
        decay = math.exp(-step / MEMORY)
        self._done = self._done * decay + fraction - self._fraction
        self._spent = self._spent * decay + step
        self._known += step
        self._time, self._fraction = now, fraction

    def left(self, now: float) -> float | None:
        """Return the seconds left at `now`, at least 0; None before enough is known."""
        if self._time is None or self._known < ENOUGH or self._done <= 0:
            return None
        left = (1.0 - self._fraction) * self._spent / self._done
        return max(0.0, left - (now - self._time))
