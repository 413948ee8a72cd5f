"""One writer a folder: two commands that write into the same one would mix their records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import CannotWrite
from core.files.folders import cache_folder


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other commands of this user on this machine out of a folder.

    The lock is the system's and ends with the process that holds it, which may enter again. Where
    there is no place for one, nobody is kept out.

    Args:
        folder: that is there.

    Raises:
        CannotWrite: another command writes into it.
    """
    lock = _lock(folder)
    try:
        if lock is not None:
            lock.acquire()
    except Timeout as error:
        raise CannotWrite(
            f"Another command is writing into {folder}: wait until it has ended, or give another "
            "--out."
        ) from error
    except (OSError, NotImplementedError):  # a file system without locks
        lock = None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _lock(folder: Path) -> FileLock | None:
    """Return the lock of a folder. Its file lies elsewhere: results hold nothing but results."""
    cache = cache_folder()
    if cache is None:
        return None
    try:
        place = cache / "locks"
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    name = hashlib.sha256(bytes(folder.resolve())).hexdigest()
    return FileLock(place / name, timeout=0, is_singleton=True)
