"""The error stream of a command: one line for each fault, and nothing from a library in C."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_lock = threading.RLock()
_commands = 0


@contextlib.contextmanager
def of_a_command() -> Iterator[None]:
    """Say that this process runs a command, so that `silenced` does something."""
    global _commands
    with _lock:
        _commands += 1
    try:
        yield
    finally:
        with _lock:
            _commands -= 1


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep lines that a library in C writes by itself off the error stream of a command.

    Some libraries write to file descriptor 2 and have no switch for it. The descriptor belongs
    to the whole process, so a server changes nothing here, and a command one thread at a time.
    """
    if not _commands or sys.stderr is None:
        yield
        return
    with _lock:
        sys.stderr.flush()
        before = os.dup(2)
        try:
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
