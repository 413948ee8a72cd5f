"""A folder for what visitors bring along; nobody else can read it, and it goes with the process."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


def keep(data: bytes, name: str) -> Path:
    """Write a file into a folder named after its digest, once.

    Args:
        data: the content.
        name: without folders; errors name the file as its owner knows it.
    """
    path = _folder() / hashlib.sha256(data).hexdigest() / name
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        # Two visitors may bring the same file at the same moment.
        handle, part = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(part).replace(path)
    return path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="seewhy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
