"""How far a dissection is: its stages differ too much from case to case for fixed shares."""

from __future__ import annotations

from core.caching.pauses import working_seconds
from core.explain.base import Tick


class Course:
    """From what each stage reports to the share of the whole, by the seconds that each takes."""

    def __init__(self, tick: Tick, rest: float) -> None:
        """Start now.

        Args:
            tick: told the share of the whole.
            rest: seconds that everything after the pictures takes, about.
        """
        self._tick, self._start, self._rest = tick, working_seconds(), rest
        self._share = 0.0  # of the pictures' stage in the whole
        self._done = 0.0

    def pictures(self, fraction: float, stage: str = "") -> None:
        """Report the first stage, whose length is learnt while it runs."""
        spent = working_seconds() - self._start
        whole = spent / fraction if fraction > 0 else 0.0
        self._share = whole / (whole + self._rest)
        self._done = max(self._done, self._share * fraction)
        self._tick(min(self._done, 0.99), stage)

    def part(self, name: str, share: float) -> Tick:
        """Return a tick for a part of the work after the pictures, `share` of it."""
        start, width = self._done, (1.0 - self._share) * share

        def tick(fraction: float, stage: str = "") -> None:
            self._done = max(self._done, min(start + width * fraction, 0.99))
            self._tick(self._done, f"{name}: {stage}" if stage else name)

        return tick


def scoring_seconds(pictures: int, words: int, terms: float) -> float:
    """Guess the seconds of everything after the pictures, as measured on two cores.

    Args:
        pictures: probes.
        words: concepts.
        terms: of all units and draws together, as `similarity.terms_of` counts them.
    """
    return 0.5 + terms / 4e8 + pictures * words / 3e8
