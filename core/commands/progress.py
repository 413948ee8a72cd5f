"""One line of progress on a terminal, and now and then a line in a log."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from core.files.names import printable

_CLEAR = "\r\x1b[K"
_PAUSE = 0.1
"""Seconds between two drawings."""
LOG_PAUSE = 60.0
"""Seconds between two lines where there is no terminal, and before the first."""
_WARM_UP = 0.5
"""Seconds before the first estimate."""


class Progress:
    """A line that is drawn over and over, with the share done and an estimate.

    A log, as batch systems keep, gets a line a minute.

    Args:
        stream: where to draw.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream is not None and self._stream.isatty()
        self._start = self._work = time.monotonic()
        self._drawn = 0.0 if self._live else self._start

    def __call__(self, fraction: float, stage: str = "") -> None:
        """Draw the line; `fraction` is the share of all work that is done, in [0, 1]."""
        now = time.monotonic()
        if fraction <= 0.0:
            self._work = now  # loading a model says nothing about the pace of the maps
        if self._stream is None or now - self._drawn < (_PAUSE if self._live else LOG_PAUSE):
            return
        self._drawn = now
        text = f"{fraction:4.0%}  {printable(stage)}{estimate(now - self._work, fraction)}"
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(_CLEAR + text[:width] if self._live else f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, so that other text can be printed."""
        if self._live:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def finish(self, sentence: str) -> None:
        """Replace the line by a last sentence."""
        if self._live:
            self._stream.write(f"{_CLEAR}{sentence} ({clock(time.monotonic() - self._start)})\n")
            self._stream.flush()


def estimate(elapsed: float, fraction: float) -> str:
    """Return how long the rest takes at the pace so far, empty when that is not known yet."""
    if fraction <= 0.0 or elapsed < _WARM_UP:
        return ""
    return f", about {clock(elapsed * (1.0 - fraction) / fraction)} left"


def clock(seconds: float) -> str:
    """Return a time in words: `0.4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"
