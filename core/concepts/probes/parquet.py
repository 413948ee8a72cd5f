"""Probe pictures in a column of a Parquet file."""

from __future__ import annotations

import bisect
import itertools
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.concepts.probes.probe_set import ProbeSet, checked, digest_of, said
from core.errors import BadPicture, BadProbes
from core.models.files import file_digest
from core.pictures.picture import Picture, decode

COLUMN = "image"
GROUP = 2 << 30
"""Bytes that one row group may have when unpacked; it is held while its pictures are decoded."""
_WANTED = "give one with a column `image` of encoded pictures (bytes, or a struct with `bytes`)"


def from_parquet(path: Path) -> ProbeSet:
    """Return the pictures in the column `image`, in the order of the rows.

    Args:
        path: a file whose column holds encoded pictures as binary, or as a struct with `bytes`
            and, for showing, `path`.

    Raises:
        BadProbes: no such file, or it exceeds a limit.
    """
    shown = said(path.name)
    try:
        file = pq.ParquetFile(path)
        digest = file_digest(path)
    except (OSError, pa.ArrowException) as error:
        raise BadProbes(f"{shown} is a damaged Parquet file: make it again.") from error
    _check(file, shown)
    ends = list(
        itertools.accumulate(
            file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)
        )
    )
    names = checked([f"row {row}" for row in range(ends[-1] if ends else 0)], shown)
    groups = _Groups(file, ends, shown)

    def load(index: int) -> Picture:
        return decode(groups.content(index), names[index])

    return ProbeSet(shown, digest_of("parquet", [digest]), names, load)


def _check(file: pq.ParquetFile, shown: str) -> None:
    """Look at the file's directory, before any column is read.

    Raises:
        BadProbes: no column of pictures, or a row group too large to hold.
    """
    schema = file.schema_arrow
    at = schema.get_field_index(COLUMN)
    kind = schema.field(at).type if at >= 0 else pa.null()
    if pa.types.is_struct(kind):
        inner = kind.get_field_index("bytes")
        kind = kind.field(inner).type if inner >= 0 else pa.null()
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        has = ", ".join(schema.names)[:120]
        raise BadProbes(f"{shown} has the columns {has or 'of an empty file'}: {_WANTED}.")
    for number in range(file.num_row_groups):
        size = file.metadata.row_group(number).total_byte_size
        if size > GROUP:
            raise BadProbes(
                f"{shown} has a row group of {size >> 20} MB: write it with groups of at most "
                f"{GROUP >> 20} MB."
            )


class _Groups:
    """The row groups of a file, one of them in memory. Safe from any thread."""

    def __init__(self, file: pq.ParquetFile, ends: list[int], shown: str) -> None:
        self._file, self._ends, self._shown = file, ends, shown
        self._turn = threading.Lock()
        self._held = -1
        self._column: Any = None

    def content(self, place: int) -> bytes:
        """Return the encoded picture of a row.

        Raises:
            BadPicture: the row is empty or its group damaged.
        """
        group = bisect.bisect_right(self._ends, place)
        row = place - (self._ends[group - 1] if group else 0)
        with self._turn:
            if group != self._held:
                self._column, self._held = self._read(group), group
            value = self._column[row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if not data:
            raise BadPicture(f"Row {place} of {self._shown} is empty: leave it out.")
        return bytes(data)

    def _read(self, group: int) -> pa.ChunkedArray:
        try:
            return self._file.read_row_group(group, columns=[COLUMN]).column(COLUMN)
        except (OSError, pa.ArrowException) as error:
            raise BadPicture(f"A part of {self._shown} is damaged: make the file again.") from error
