"""What a server imports before it needs it, once and by one thread at a time.

Importing torch, torchvision, scikit-learn and the explainers takes seconds. A server starts
that while it waits for its first visitor; a page that comes too early waits here. One lock for
all, because two threads that import packages with circular imports may see half of one.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Iterable

_turn = threading.Lock()
_up = threading.Event()


def up(names: Iterable[str]) -> None:
    """Import what is not imported yet; return when all of it is there. Later calls do nothing.

    Args:
        names: modules, or `module:function` for a function to call once.
    """
    with _turn:
        if not _up.is_set():
            for name in names:
                if ":" in name:
                    pkgutil.resolve_name(name)()
                else:
                    importlib.import_module(name)
            _up.set()


def is_up() -> bool:
    """Return whether `up` has nothing left to do."""
    return _up.is_set()
