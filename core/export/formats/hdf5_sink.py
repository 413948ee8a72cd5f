"""A file that HDF5 writes into, which survives a full disk.

Where the system refuses one of HDF5's writes, its library can no longer close the file: what it
holds back is tried again whenever an object is freed, and in the end the process crashes. So the
refusal is kept here, and HDF5 is told that all went well.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Sink(io.FileIO):
    """A new file without a buffer; once a write was refused, none is tried again."""

    refused: OSError | None = None

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        """Write all of the data, and say so even where that failed."""
        left = memoryview(data).cast("B")
        size, end = len(left), self.tell() + len(left)
        try:
            while left and self.refused is None:
                left = left[super().write(left) or 0 :]
        except OSError as error:
            self.refused = error
        self.seek(end)
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size, unless a write was refused."""
        try:
            return self.tell() if self.refused else super().truncate(size)
        except OSError as error:
            self.refused = error
            return self.tell()

    def check(self) -> None:
        """Find out whether all was written.

        Raises:
            OSError: what the system refused first.
        """
        if self.refused is not None:
            raise self.refused


@contextmanager
def written(path: Path) -> Iterator[Sink]:
    """Open a file for HDF5 and check at the end that it is whole.

    Raises:
        OSError: the system refuses.
    """
    with Sink(path, "w+") as sink:
        yield sink
        sink.check()
