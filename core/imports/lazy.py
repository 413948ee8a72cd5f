"""Libraries that not every run needs, imported when they are first used.

torchvision, timm, grad-cam, lime and scikit-learn take seconds to import, and a command that finds
every map on disk computes with none of them. One lock for all, because two threads that import
packages with circular imports may see half of one; a server imports all of them in
`core.imports.warm`.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

_turn = threading.RLock()


def library(name: str) -> ModuleType:
    """Return a module of a library; other threads wait while one of them imports.

    Args:
        name: dotted, for example `sklearn.decomposition`.
    """
    with _turn:
        return importlib.import_module(name)
