"""One gate for the process: many forward passes at a time, or one tracing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.caching.pauses import no_pause


class Gate:
    """A lock with a shared and an exclusive side; who waits for the exclusive side goes first.

    While torch.fx traces, `nn.Module.__call__` and `__getattr__` are replaced for the whole
    process (pytorch issue 112775), so a forward pass of any model in another thread would go
    wrong. Every forward pass takes the shared side, every tracing the exclusive side. A thread
    that holds either side may take the shared side again. Work is never paused inside: who awaits
    the exclusive side would wait for it.
    """

    def __init__(self) -> None:
        """Make an open gate."""
        self._changed = threading.Condition()
        self._inside = 0
        self._waiting = 0
        self._owner: int | None = None
        self._mine = threading.local()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the shared side; waits while another thread holds or awaits the exclusive one."""
        depth = getattr(self._mine, "depth", 0)
        nested = depth > 0 or self._owner == threading.get_ident()
        if not nested:
            with self._changed:
                while self._owner is not None or self._waiting:
                    self._changed.wait()
                self._inside += 1
        self._mine.depth = depth + 1
        try:
            with no_pause():
                yield
        finally:
            self._mine.depth = depth
            if not nested:
                with self._changed:
                    self._inside -= 1
                    self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the gate alone; waits until all others are out.

        Raises:
            RuntimeError: the thread holds a side already, so it would wait for itself.
        """
        if getattr(self._mine, "depth", 0) or self._owner == threading.get_ident():
            raise RuntimeError("The gate's exclusive side was asked for inside the gate.")
        with self._changed:
            self._waiting += 1
            try:
                while self._owner is not None or self._inside:
                    self._changed.wait()
            finally:
                self._waiting -= 1
            self._owner = threading.get_ident()
        try:
            with no_pause():
                yield
        finally:
            with self._changed:
                self._owner = None
                self._changed.notify_all()


GATE = Gate()
"""The process's only gate; models that are not a `Classifier` take `GATE.shared()` too."""
