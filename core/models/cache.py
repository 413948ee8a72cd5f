"""How much memory loaded models may take."""

from __future__ import annotations

from core.caching.memory import machine_memory

FALLBACK = 4 << 30
LEAST, MOST = 1 << 30, 16 << 30


def default_limit() -> int:
    """Return a third of this machine's memory, between 1 and 16 GB; 4 GB where it is not known.

    All forms of a model count (`Classifier.nbytes`), and those on a GPU alike.
    """
    memory = machine_memory()
    return FALLBACK if memory is None else min(max(memory // 3, LEAST), MOST)
