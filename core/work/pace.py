"""How long something that reports its share done will still take."""

from __future__ import annotations

import math

MEMORY = 5.0
"""Seconds; what happened longer ago than this counts less and less."""
ENOUGH = 0.5
"""Seconds of progress before the first estimate."""
PAUSES = 60.0
"""Seconds over which the share of time in pauses is averaged."""
MOST_PAUSED = 0.9
"""Share of time in pauses that is counted on at most: pauses rarely go on as they are."""


class Pace:
    """Seconds left, from the speed of the last few seconds.

    Shares and durations are summed with weights that decay over `MEMORY` seconds, so a slow
    start is forgotten and a burst of small steps does not make the estimate jump. Pauses do not
    count as slow work; as much of the last minute as went to them is expected of the time left.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self._time: float | None = None
        self._fraction = 0.0
        self._done = self._spent = self._known = 0.0
        self._lost = 0.0  # seconds in pauses that are over
        self._paused: float | None = None  # since when
        self._share, self._changed = 0.0, 0.0  # of time in pauses, and when that was noted

    def add(self, now: float, fraction: float) -> None:
        """Note that at `now` (seconds) the share `fraction` in [0, 1] was done."""
        worked = self.worked(now)
        if self._time is None:
            self._time, self._fraction = worked, fraction
            return
        step = worked - self._time
        if fraction <= self._fraction or step <= 0:
            return
        decay = math.exp(-step / MEMORY)
        self._done = self._done * decay + fraction - self._fraction
        self._spent = self._spent * decay + step
        self._known += step
        self._time, self._fraction = worked, fraction

    def pause(self, now: float) -> None:
        """Note that the work pauses."""
        self._share, self._changed, self._paused = self._share_paused(now), now, now

    def resume(self, now: float) -> None:
        """Note that the work goes on."""
        if self._paused is not None:
            self._share, self._changed = self._share_paused(now), now
            self._lost += now - self._paused
            self._paused = None

    def worked(self, now: float) -> float:
        """Return the time of a clock that stands still in pauses."""
        return (now if self._paused is None else self._paused) - self._lost

    def left(self, now: float) -> float | None:
        """Return the seconds left at `now`, at least 0; None before enough is known."""
        if self._time is None or self._known < ENOUGH or self._done <= 0:
            return None
        left = (1.0 - self._fraction) * self._spent / self._done
        left = max(0.0, left - (self.worked(now) - self._time))
        return left / (1.0 - min(MOST_PAUSED, self._share_paused(now)))

    def _share_paused(self, now: float) -> float:
        """Return the share of the last minute in pauses."""
        fade = math.exp(-(now - self._changed) / PAUSES)
        return self._share * fade + (0.0 if self._paused is None else 1.0 - fade)
