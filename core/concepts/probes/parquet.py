"""Probe pictures in a column of a Parquet file, which a stranger may have made."""

from __future__ import annotations

import bisect
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.concepts.probes.probe_set import (
    MOST,
    Load,
    ProbeSet,
    checked,
    digest_of,
    from_one_file,
    line_of,
    unchanged,
)
from core.errors import BadPicture, BadProbes
from core.files.digests import file_digest
from core.pictures.picture import MAX_BYTES, Picture, decode

COLUMN, FIELD = "image", "bytes"
BUFFER = 1 << 20
"""Bytes of the file that are read at a time."""
_WANTED = "give one with a column `image` of encoded pictures (bytes, or a struct with `bytes`)"


def from_parquet(path: Path) -> ProbeSet:
    """Return the pictures in the column `image`, in the order of the rows.

    Args:
        path: a file whose column holds encoded pictures as binary, or as a struct with `bytes`
            and, for showing, `path`.

    Raises:
        BadProbes: no such file, or it exceeds a limit.
    """
    shown = line_of(path.name)
    try:
        digest = file_digest(path)
        with _opened(path) as file:
            column = _column(file.schema_arrow, shown)
            counts = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise BadProbes(f"{shown} is a damaged Parquet file: make it again.") from error
    # Before a name is made for each: the number is what the file says of itself.
    if min(counts, default=0) < 0 or sum(counts) > MOST:
        raise BadProbes(f"{shown} has {sum(counts)} pictures: give {MOST} at most.")
    names = checked([f"row {row}" for row in range(sum(counts))], shown)
    ends = list(itertools.accumulate(counts))

    @contextmanager
    def reading() -> Iterator[Load]:
        try:
            file = _opened(unchanged(path, digest))
        except (OSError, pa.ArrowException) as error:
            raise BadPicture(f"{shown} cannot be read: check the file.") from error
        with file:
            rows = _Rows(file, column, ends, shown)

            def load(index: int) -> Picture:
                return decode(rows.content(index), names[index])

            yield load

    return from_one_file(shown, digest_of("parquet", [digest]), names, reading)


def column_of(path: Path) -> str:
    """Return the path of the column of pictures in a file.

    Raises:
        BadProbes: damaged, or without one.
    """
    shown = line_of(path.name)
    try:
        with _opened(path) as file:
            return _column(file.schema_arrow, shown)
    except (OSError, pa.ArrowException) as error:
        raise BadProbes(f"{shown} is a damaged Parquet file: make it again.") from error


def contents(path: Path) -> Iterator[bytes | None]:
    """Yield the encoded picture of each row, one in memory at a time; None where it cannot be read.

    Raises:
        BadProbes: as `column_of`.
    """
    column, shown = column_of(path), line_of(path.name)
    with _opened(path) as file:
        counts = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        ends = list(itertools.accumulate(counts))
        rows = _Rows(file, column, ends, shown)
        for index in range(ends[-1] if ends else 0):
            try:
                yield rows.content(index)
            except BadPicture:
                yield None


def _opened(path: Path) -> pq.ParquetFile:
    """Open a file whose columns are read page by page."""
    return pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)


def _column(schema: pa.Schema, shown: str) -> str:
    """Return the path of the column of pictures.

    Raises:
        BadProbes: there is none.
    """
    at = schema.get_field_index(COLUMN)
    kind, path = schema.field(at).type if at >= 0 else pa.null(), COLUMN
    if pa.types.is_struct(kind):
        inner = kind.get_field_index(FIELD)
        kind, path = kind.field(inner).type if inner >= 0 else pa.null(), f"{COLUMN}.{FIELD}"
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        has = ", ".join(schema.names)[:120]
        raise BadProbes(f"{shown} has the columns {has or 'of an empty file'}: {_WANTED}.")
    return path


class _Rows:
    """The pictures of an open file, one row in memory at a time; safe from any thread.

    What a file says about the sizes in it is its maker's word: a picture that is stored once and
    repeated in each row unpacks to any size. So rows are taken one by one, which holds one page
    (2 GiB at most by the format) and one row. Rising rows are quick; a falling one begins its
    group again.
    """

    def __init__(self, file: pq.ParquetFile, column: str, ends: list[int], shown: str) -> None:
        self._file, self._column, self._ends, self._shown = file, column, ends, shown
        self._turn = threading.Lock()
        self._group, self._next = -1, 0
        self._rows: Iterator[pa.RecordBatch] = iter(())

    def content(self, index: int) -> bytes:
        """Return the encoded picture of a row.

        Raises:
            BadPicture: the row is empty or too large, or its group damaged.
        """
        group = bisect.bisect_right(self._ends, index)
        row = index - (self._ends[group - 1] if group else 0)
        with self._turn:
            try:
                value = self._row(group, row)
            except (OSError, pa.ArrowException, StopIteration) as error:
                self._group = -1
                raise BadPicture(
                    f"A part of {self._shown} is damaged: make the file again."
                ) from error
            if len(value) > MAX_BYTES:
                raise BadPicture(
                    f"Row {index} of {self._shown} is larger than {MAX_BYTES >> 20} MB: make it "
                    "smaller."
                )
            data = bytes(value)
        if not data:
            raise BadPicture(f"Row {index} of {self._shown} is empty: leave it out.")
        return data

    def _row(self, group: int, row: int) -> memoryview:
        """Go on to a row and return its content, empty where there is none."""
        if group != self._group or row < self._next:
            self._rows = self._file.iter_batches(
                batch_size=1, row_groups=[group], columns=[self._column], use_threads=False
            )
            self._group, self._next = group, 0
        while True:
            batch = next(self._rows)
            self._next += 1
            if self._next > row:
                break
        array = batch.column(0)
        value = (array.field(0) if pa.types.is_struct(array.type) else array)[0]
        return memoryview(value.as_buffer()) if value.is_valid else memoryview(b"")
