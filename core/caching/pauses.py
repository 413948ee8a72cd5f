"""What work must know of its pauses: long work lets shorter work go first, and waits meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class _Mine(threading.local):
    """What is known of the thread that asks."""

    forbidden = 0
    lost = 0.0


_mine = _Mine()


@contextmanager
def no_pause() -> Iterator[None]:
    """Keep the work of this thread from being paused inside.

    For whatever others may wait for: were the work paused, and the shorter work waited for it,
    both would wait for ever.
    """
    _mine.forbidden += 1
    try:
        yield
    finally:
        _mine.forbidden -= 1


def may_pause() -> bool:
    """Return whether the work of this thread may be paused here."""
    return not _mine.forbidden


@contextmanager
def paused() -> Iterator[None]:
    """Count the time inside as a pause of this thread's work."""
    start = perf_counter()
    try:
        yield
    finally:
        _mine.lost += perf_counter() - start


def working_seconds() -> float:
    """Return the seconds of a clock that stands still while the work of this thread is paused.

    Only differences within one thread mean anything; use it to say how long work took.
    """
    return perf_counter() - _mine.lost
