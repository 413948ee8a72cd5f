"""Reading a small file that a person named."""

from __future__ import annotations

from pathlib import Path

from core.errors import BadLabels


def content(path: Path, limit: int) -> bytes:
    """Return the bytes of a file.

    Args:
        path: of the file.
        limit: bytes that it may have.

    Raises:
        BadLabels: missing, unreadable or larger.
    """
    try:
        if path.stat().st_size > limit:
            raise BadLabels(f"{path} is larger than {limit >> 20} MB: give a shorter one.")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadLabels(f"{path} cannot be read ({reason}): check the path.") from error
