"""The libraries that every page needs, imported once and by one thread at a time.

Importing torch, torchvision, scikit-learn and the explainers takes seconds. A server starts
that while it waits for its first visitor; a page that comes too early waits here. One lock for
all, because two threads that import packages with circular imports may see half of one.
"""

from __future__ import annotations

import importlib
import threading

_NEEDED = (
    # What `core.imports.lazy` would import at the first map or the first model.
    "torchvision",
    "pytorch_grad_cam",
    "sklearn.decomposition",
    "sklearn.linear_model",
    "sklearn.metrics",
    "lime.lime_base",
    "lime.wrappers.scikit_image",
    "core.pictures.built_in",
    "core.explain.methods",
    "core.models.load",
    "core.figures.browser.heatmaps",
    "core.figures.browser.predictions",
    "core.export.bundle",
)
_turn = threading.Lock()
_up = threading.Event()


def up() -> None:
    """Import what is not imported yet; return when all of it is there."""
    with _turn:
        if not _up.is_set():
            for name in _NEEDED:
                importlib.import_module(name)
            # The catalogue of models takes a moment too, and every page draws it.
            importlib.import_module("core.models.picker_order").offered()
            _up.set()


def is_up() -> bool:
    """Return whether `up` has nothing left to do."""
    return _up.is_set()
