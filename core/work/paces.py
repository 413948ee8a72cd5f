"""How long maps take here, from those that were computed: estimates before anything starts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

MODELS = 64
"""Models whose speed is remembered; the longest unused goes first."""
ENOUGH = 8
"""Passes from which on a map tells the speed of other methods too: few are mostly overhead."""


@dataclass(frozen=True, slots=True)
class _Pace:
    """Seconds a pass of a map, from so many passes, each through the whole model or not."""

    seconds: float
    passes: float
    whole: bool


class Paces:
    """Seconds a pass, by model and method, of the last map each. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._lock = threading.Lock()
        self._models: OrderedDict[Hashable, dict[str, _Pace]] = OrderedDict()

    def note(
        self, model: Hashable, method: str, passes: float, seconds: float, *, whole: bool = True
    ) -> None:
        """Note what a map has just taken.

        Args:
            model: that was explained.
            method: its name.
            passes: forward passes; where there were none, nothing is noted.
            seconds: of all of them.
            whole: whether each runs the whole model, so that it tells the speed of others.
        """
        if passes < 1:
            return
        with self._lock:
            self._models.setdefault(model, {})[method] = _Pace(seconds / passes, passes, whole)
            self._models.move_to_end(model)
            while len(self._models) > MODELS:
                self._models.popitem(last=False)

    def seconds(self, model: Hashable, method: str, passes: float) -> float | None:
        """Return how long a map will take about; None where nothing like it was computed.

        A method that was not seen yet is as fast as the slowest other one of many passes.

        Args:
            model: to be explained.
            method: its name.
            passes: forward passes that it needs.
        """
        with self._lock:
            known = dict(self._models.get(model, {}))
        if method in known:
            return known[method].seconds * passes
        others = [e.seconds for e in known.values() if e.whole and e.passes >= ENOUGH]
        return max(others) * passes if others else None
