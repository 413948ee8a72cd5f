"""A folder for what visitors bring along; nobody else can read it, and it goes with the process."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import CannotWrite
from core.files.names import safe_file
from core.files.writing import part_file, put, reason

QUOTA = 8 << 30
"""Bytes of all files together; the longest unused go first."""

HOURS = 12.0
"""A file that nobody brought or used for so long is removed."""

_PREFIX = "seewhy-uploads-"
_lock = threading.Lock()
_folders: list[Path] = []


def keep(data: bytes, name: str) -> Path:
    """Write a file into a folder named after its digest, once.

    Args:
        data: the content.
        name: errors name the file as its owner knows it, so only what no system accepts in a
            file name is replaced.

    Raises:
        CannotWrite: larger than all that there is room for, or the system refuses.
    """
    digest = hashlib.sha256(data).hexdigest()
    title = safe_file(name)
    if len(data) > QUOTA:
        raise CannotWrite(
            f"{title} has {len(data) >> 20} MB, more than the {QUOTA >> 20} MB that this server "
            "stores for uploads: give a smaller file."
        )
    try:
        with _lock:  # two visitors may bring the same file at the same moment
            path = _folder() / digest / title
            if not path.is_file():
                _make_room(len(data))
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with part_file(path.parent) as part:
                    part.write_bytes(data)
                    put(part, path)
            os.utime(path)
    except OSError as error:
        raise CannotWrite(
            f"This server cannot store {title} ({reason(error)}): its owner must free space in "
            f"{tempfile.gettempdir()}."
        ) from error
    return path


def use(path: Path) -> Path:
    """Return a kept file, which counts as used now."""
    with contextlib.suppress(OSError):
        os.utime(path)
    return path


def _make_room(size: int) -> None:
    """Remove what has expired, then the longest unused until `size` more bytes have room."""
    files = sorted(_files(_folder()))
    total = sum(bytes_ for _, bytes_, _ in files)
    for used, bytes_, path in files:
        if used > time.time() - HOURS * 3600 and total + size <= QUOTA:
            return
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            path.unlink()
            total -= bytes_
            path.parent.rmdir()  # fails where the same content lies there under another name


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Last use, size and path of every file in a folder."""
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            facts = path.stat()
            yield facts.st_mtime, facts.st_size, path


def _folder() -> Path:
    """This process's folder; what a process that was killed left behind is removed."""
    if not _folders:
        _sweep(Path(tempfile.gettempdir()))
        _folders.append(Path(tempfile.mkdtemp(prefix=_PREFIX)))
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
    _folders[0].mkdir(exist_ok=True, mode=0o700)
    return _folders[0]


def _sweep(place: Path) -> None:
    """Remove folders of ours in which every file has expired; a living owner makes its own anew."""
    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            facts = folder.stat(follow_symlinks=False)
            if facts.st_uid != getattr(os, "getuid", lambda: 0)():
                continue
            newest = max((used for used, _, _ in _files(folder)), default=facts.st_mtime)
            if newest < time.time() - HOURS * 3600:
                shutil.rmtree(folder, ignore_errors=True)  # refuses a link
