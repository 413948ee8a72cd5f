"""How much memory this machine has."""

from __future__ import annotations

import os


def machine_memory() -> int | None:
    """Return the bytes of memory of this machine; None where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no such call
        return None
