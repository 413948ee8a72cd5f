"""Copies of a module tree that share its parameters, for passes that look inside.

Where torch.fx cannot follow a model's code, layers are read and replaced in a private copy of the
module tree: one call at a time has a copy for itself, so that threads never see each other's
values and the model that all share stays as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from torch import nn

from core.models.calls import shared_copy
from core.models.tracing_lock import GATE

Replacement = Callable[..., object]
"""Called with the layer's own forward and its arguments; gives the layer's output."""


class Reached(BaseException):
    """Ends a pass at a layer behind which nothing is needed.

    No `Exception`, because a model's own code may catch those.
    """


class PrivateTrees:
    """Private copies of one model. Safe to use from any thread."""

    def __init__(self, model: nn.Module) -> None:
        """Make no copy yet.

        Args:
            model: in evaluation mode; stays as it is.
        """
        self._model = model
        self._free: list[nn.Module] = []
        self._lock = threading.Lock()

    @contextmanager
    def replaced(self, replacements: Mapping[str, Replacement]) -> Iterator[nn.Module]:
        """Lend a copy in which some layers are called otherwise, inside the gate.

        Args:
            replacements: by module path.

        Yields:
            The copy; it belongs to the caller until the end.
        """
        with self._lock:
            tree = self._free.pop() if self._free else None
        if tree is None:
            tree = shared_copy(self._model)
        modules = [(tree.get_submodule(path), call) for path, call in replacements.items()]
        for module, call in modules:
            # Python finds an instance's own `forward` before the class's.
            module.forward = partial(call, module.forward)
        try:
            with GATE.shared():
                yield tree
        finally:
            for module, _ in modules:
                del module.forward
            with self._lock:
                self._free.append(tree)
