"""Digests of files, each read once."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

REMEMBERED = 4096
"""Digests that are remembered; one more than that means that an old file is read again."""


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; read again only when the file changes.

    Raises:
        OSError: it cannot be read.
    """
    facts = path.stat()
    return _digest(str(path.resolve()), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=REMEMBERED)
def _digest(path: str, size: int, mtime: int) -> str:
    """Read a file; size and time only say which state of it the digest belongs to."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
