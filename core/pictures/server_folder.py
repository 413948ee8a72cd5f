"""Pictures in a folder of the server that its owner named; nothing outside it is ever read."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import BadPicture
from core.files.names import PICTURE_SUFFIXES
from core.files.writing import reason
from core.pictures.picture import Picture, read

VARIABLE = "SEEWHY_PICTURES"
MOST = 500
"""Pictures that are listed at most."""


def folder() -> Path | None:
    """Return the folder, or None where none is named or it is not there."""
    named = os.environ.get(VARIABLE, "")
    path = Path(named).expanduser() if named else None
    try:
        return path.resolve() if path is not None and path.is_dir() else None
    except OSError:  # a folder above it may not be entered
        return None


def names() -> tuple[str, ...]:
    """Return the file names of the pictures that lie directly in the folder, in order.

    Raises:
        BadPicture: the folder is there and cannot be read.
    """
    where = folder()
    if where is None:
        return ()
    try:
        inside = sorted(path.name for path in where.iterdir() if _inside(where, path.name))
    except OSError as error:
        raise BadPicture(
            f"The server's folder of pictures cannot be read ({reason(error)}): its owner must "
            f"check the folder named by {VARIABLE}."
        ) from error
    return tuple(inside[:MOST])


def version(name: str) -> str:
    """Return what changes with the content of a file: its size and the time of its last change.

    Raises:
        BadPicture: not a picture of that folder.
    """
    where = folder()
    try:
        if where is not None and _inside(where, name):
            facts = (where / name).stat()
            return f"{facts.st_size} {facts.st_mtime_ns}"
    except OSError:
        pass  # it has just been removed
    raise BadPicture(f"{name[:120]!r} is not in the server's picture folder: choose another.")


def load(name: str) -> Picture:
    """Read one of `names`.

    Raises:
        BadPicture: not a picture of that folder, or damaged.
    """
    where = folder()
    if where is None or not _inside(where, name):
        raise BadPicture(f"{name[:120]!r} is not in the server's picture folder: choose another.")
    return read(where / name)


def _inside(where: Path, name: str) -> bool:
    """Return whether a name is a visible picture in the folder, links out of it left aside."""
    path = where / name
    if Path(name).name != name or name.startswith(".") or "\0" in name:
        return False
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        return False
    return path.is_file() and path.resolve().parent == where
