"""Tables that are long in the making, in blocks on disk, so that a stopped run resumes."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import CannotWrite, SeeWhyError
from core.files.writing import ready_folder, write_whole
from core.models.files import cache_folder

Array = npt.NDArray[np.generic]

BLOCK = 128
"""Rows of a block."""
LIMIT = 6 << 30
"""Bytes that all tables may have on disk; the longest unused go first."""
FRESH = 3600.0
"""Seconds for which a table that was used is never removed."""
_BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


NOT_SAVED = (
    "There is no folder to save progress in, so a dissection that is stopped starts from the "
    "beginning: set XDG_CACHE_HOME to a folder that you may write to."
)
"""For the person, where `default_root` gives None."""


def default_root() -> Path | None:
    """Return the folder of all tables, or None where this user has no folder to write to."""
    cache = cache_folder()
    if cache is None:
        return None
    try:
        return ready_folder(cache / "dissect")
    except CannotWrite:
        return None


class Parts:
    """The blocks of one table, on disk where there is a folder, else in memory.

    Files are written whole or not at all; one that cannot be read counts as not there.

    Attributes:
        key: of everything that the table depends on.
    """

    def __init__(self, root: Path | None, key: str) -> None:
        """Open the table of a content key; nothing is made yet.

        Args:
            root: folder of all tables, or None to keep this one in memory.
            key: of everything that the table depends on.
        """
        self.key = key
        self._folder = root / key if root is not None else None
        self._held: dict[int, dict[str, Array]] = {}
        if self._folder is not None:
            with contextlib.suppress(OSError):  # not there yet, or removed at this moment
                os.utime(self._folder)  # used now

    def read(self, number: int, names: Sequence[str] = ()) -> dict[str, Array] | None:
        """Return the arrays of a block by name, or None where it is not there.

        Args:
            number: of the block.
            names: of the arrays that are needed; all when empty.
        """
        if self._folder is None or number in self._held:
            return self._held.get(number)
        try:
            # From bytes: of a damaged file, numpy leaves the handle open.
            data = io.BytesIO(self._path(number).read_bytes())
            with np.load(data, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in names or arrays.files}
        except _BROKEN:
            return None

    def has(self, number: int) -> bool:
        """Tell whether a block is there and whole."""
        if self._folder is None or number in self._held:
            return number in self._held
        try:
            with zipfile.ZipFile(self._path(number)) as archive:
                return bool(archive.namelist())
        except _BROKEN:
            return False

    def need(self, number: int, names: Sequence[str] = ()) -> dict[str, Array]:
        """Return the arrays of a block that was written before, as `read` does.

        Raises:
            SeeWhyError: it was damaged since; it is removed, so that it is made again.
        """
        block = self.read(number, names)
        if block is None:
            if self._folder is not None:
                self._path(number).unlink(missing_ok=True)
            raise SeeWhyError("A cached part of the work is damaged and was removed: start again.")
        return block

    def write(self, number: int, arrays: dict[str, Array], *, lasting: bool = True) -> None:
        """Keep a block.

        Args:
            number: of the block.
            arrays: by name.
            lasting: whether it goes to disk, where there is a folder; else it is gone with this
                object.

        Raises:
            CannotWrite: the system refuses, for example because the disk is full.
        """
        if self._folder is None or not lasting:
            self._held[number] = arrays
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **dict[str, Any](arrays))
        write_whole(self._path(number), buffer.getvalue())

    def packed(self, number: int) -> bytes | None:
        """Return the file of a block, for `put`; None where it is not on disk."""
        if self._folder is None:
            return None
        with contextlib.suppress(OSError):
            return self._path(number).read_bytes()
        return None

    def put(self, number: int, data: bytes) -> bool:
        """Keep a block that another process has made.

        Args:
            number: of the block.
            data: as `packed` gives it.

        Returns:
            Whether it is one; what is damaged is passed over.

        Raises:
            CannotWrite: the system refuses.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                block = {name: arrays[name] for name in arrays.files}
        except _BROKEN:
            return False
        self.write(number, block)
        return True

    def _path(self, number: int) -> Path:
        assert self._folder is not None
        return self._folder / f"{number:06d}.npz"


def trim(root: Path | None, limit: int = LIMIT) -> None:
    """Remove the longest unused tables until all together have at most `limit` bytes."""
    if root is None or not root.is_dir():
        return
    try:
        folders = list(root.iterdir())
    except OSError:
        return
    tables = [table for folder in folders if (table := _table(folder)) is not None]
    total = sum(size for _, size, _ in tables)
    for used, size, folder in sorted(tables, key=lambda table: table[0]):
        if total <= limit or time.time() - used < FRESH:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= size


def _table(folder: Path) -> tuple[float, int, Path] | None:
    """Return last use, bytes and folder of a table, or None for what is none.

    Another process may write to the folder or remove it meanwhile.
    """
    try:
        used = folder.stat().st_mtime
        with os.scandir(folder) as entries:
            files = list(entries)
    except OSError:
        return None
    size = 0
    for file in files:
        with contextlib.suppress(OSError):
            size += file.stat().st_size
    return used, size, folder
