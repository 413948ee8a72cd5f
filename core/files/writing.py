"""Writing whole files or none."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from core.errors import CannotWrite

PART = ".seewhy-{}.part"


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
        raise CannotWrite(_sentence(folder, error)) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there complete or, after a stop, not at all.

    Raises:
        CannotWrite: the system refuses, for example because the disk is full.
    """
    try:
        with part_file(path.parent) as part:
            part.write_bytes(data)
            part.replace(path)
    except OSError as error:
        raise CannotWrite(_sentence(path, error)) from error


def reason(error: OSError) -> str:
    """Return what the system says, in a few words."""
    return error.strerror or type(error).__name__


def _sentence(path: Path, error: OSError) -> str:
    """Return what happened and what to do."""
    return f"{path} cannot be written ({reason(error)}): choose a folder that you may write to."
