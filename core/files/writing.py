"""Writing whole files or none."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import CannotWrite


def ready_folder(folder: Path) -> Path:
    """Make a folder where it is missing and prove that files can be made in it.

    Raises:
        CannotWrite: it is a file, or the system refuses.
    """
    probe = folder / f".seewhy-{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotWrite(_sentence(folder, error)) from error
    return folder


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there complete or, after a stop, not at all.

    Raises:
        CannotWrite: the system refuses, for example because the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise CannotWrite(_sentence(path, error)) from error
    finally:
        part.unlink(missing_ok=True)


def _sentence(path: Path, error: OSError) -> str:
    """Return what happened and what to do."""
    why = error.strerror or type(error).__name__
    return f"{path} cannot be written ({why}): choose a folder that you may write to."
