"""How much memory a piece of work takes on top of what the process holds already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from mmap import PAGESIZE
from pathlib import Path


def resident() -> int:
    """Return the resident memory of this process in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGESIZE


def peak_extra(work: Callable[[], object], interval: float = 0.005) -> int:
    """Run `work` and return the highest growth of resident memory meanwhile, in bytes.

    Args:
        work: what is measured.
        interval: seconds between two looks.
    """
    before, highest, over = resident(), 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not over.wait(interval):
            highest = max(highest, resident() - before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    work()
    over.set()
    watcher.join()
    return max(highest, resident() - before)
