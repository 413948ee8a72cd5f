"""Writing whole files or none."""

from __future__ import annotations

import contextlib
import errno
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.errors import CannotWrite

PART = ".seewhy-{}.part"
PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds between tries to replace a file that is open."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says where no space is left."""


@contextlib.contextmanager
def part_file(folder: Path) -> Iterator[Path]:
    """Make an empty file to write into, which is gone at the end unless it was renamed.

    Its name is drawn, because threads and containers that share a folder may have the same
    process id; its permissions are the usual ones, which those of `tempfile.mkstemp` are not.

    Args:
        folder: where the finished file will lie.

    Raises:
        OSError: the system refuses.
    """
    path = folder / PART.format(secrets.token_hex(8))
    path.touch(exist_ok=False)
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def put(part: Path, path: Path) -> None:
    """Give a finished file or folder its name, in place of a file that may be there.

    Windows replaces no file that somebody has open. Scanners and indexers open each new file for
    a moment, so it is tried again; a program that shows the file keeps it.

    Raises:
        OSError: the system refuses, and goes on to.
    """
    for pause in PAUSES:
        with contextlib.suppress(PermissionError):
            part.replace(path)
            return
        time.sleep(pause)
    part.replace(path)


def ready_folder(folder: Path) -> Path:
    """Make a folder where it is missing and prove that files can be made in it.

    Raises:
        CannotWrite: it is a file, or the system refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part_file(folder):
            return folder
    except OSError as error:
        raise CannotWrite(refusal(folder, error)) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there complete or, after a stop, not at all.

    Raises:
        CannotWrite: the system refuses, for example because the disk is full.
    """
    with whole_file(path) as part:
        part.write_bytes(data)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Make a file to write into piece by piece; it gets its name at the end, and only then.

    Raises:
        CannotWrite: the system refuses, for example because the disk is full.
    """
    try:
        with part_file(path.parent) as part:
            yield part
            put(part, path)
    except OSError as error:
        raise CannotWrite(refusal(path, error)) from error


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Like `write_whole`, of a file that is too large to be held at once.

    Raises:
        CannotWrite: the system refuses, for example because the disk is full.
    """
    with whole_file(path) as part, part.open("wb") as file:
        file.writelines(parts)


def reason(error: OSError) -> str:
    """Return what the system says, in a few words."""
    return error.strerror or type(error).__name__


def refusal(path: Path, error: OSError) -> str:
    """Return in one sentence what could not be written, why, and what to do."""
    what = f"{path} cannot be written ({reason(error)}): "
    if error.errno in FULL:
        return f"{what}free some space there, then start again."
    if isinstance(error, (FileExistsError, NotADirectoryError, FileNotFoundError)):
        if path.is_file():
            return f"{path} is a file: choose a folder."
        if file := next((each for each in path.parents if each.is_file()), None):
            return f"{path} cannot be written, because {file} is a file: choose another folder."
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder: move it away, or choose another folder."
    if isinstance(error, FileNotFoundError):
        return f"{what}make its folder first, or choose another one."
    if isinstance(error, PermissionError) and path.is_file():
        return (
            f"{path} cannot be replaced ({reason(error)}): close it where it is open, or choose "
            "another folder."
        )
    return f"{what}choose a folder that you may write to."
