"""What a server imports before it needs it, once and by one thread at a time.

Importing torch, torchvision, scikit-learn and the explainers takes seconds. A server starts
that while it waits for its first visitor; a page that comes too early waits here. One lock for
all, because two threads that import packages with circular imports may see half of one.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Collection, Iterable

_turn = threading.Lock()
_up: set[str] = set()


def up(names: Collection[str]) -> None:
    """Import what is not imported yet; return when all of it is there. Later calls do nothing.

    Args:
        names: modules, or `module:function` for a function to call once.
    """
    if is_up(names):
        return
    with _turn:
        for name in names:
            if name in _up:
                continue
            if ":" in name:
                pkgutil.resolve_name(name)()
            else:
                importlib.import_module(name)
            _up.add(name)


def is_up(names: Iterable[str]) -> bool:
    """Return whether `up` has nothing left to do for these names."""
    return _up.issuperset(names)
