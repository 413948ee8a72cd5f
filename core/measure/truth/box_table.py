"""The column `box` of a Parquet file: one box a picture."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

from core import Mask
from core.errors import BadTruth
from core.files.names import safe_name
from core.imports.lazy import library
from core.measure.truth.shapes import box_mask
from core.measure.truth.truth_file import MOST, Entries, TruthFile
from core.pictures.picture import Picture

COLUMN = "box"
NAME = "file_name"
PICTURE = "image"
BUFFER = 1 << 20
"""Bytes of the file that are read at a time."""
_WANTED = (
    "give one with a column `box` of x0, y0, x1, y1 and a column `image` of encoded pictures or "
    "`file_name`"
)
_Box = tuple[float, ...]


def from_parquet(source: object, name: str, digest: str) -> TruthFile:
    """Read the boxes of a Parquet file.

    A box is x0, y0, x1, y1 in pixels of the picture, the last row and column being part of it. A
    row belongs to the picture whose bytes are in its column `image`, or that is called as its
    column `file_name`, or `path` in `image`, says; the boxes of several rows are united.

    Args:
        source: path, or a file object.
        name: the file's name, for messages.
        digest: SHA-256 of its bytes.

    Raises:
        BadTruth: damaged, too large, or without these columns.
    """
    shown = safe_name(name)
    arrow = library("pyarrow")
    by_content: dict[str, list[_Box]] = {}
    by_name: dict[str, list[_Box]] = {}
    try:
        for called, content, box in _rows(source, shown):
            if box is None:
                continue
            if content is not None:
                by_content.setdefault(content, []).append(box)
            if called:
                by_name.setdefault(called, []).append(box)
    except (OSError, arrow.ArrowException) as error:
        raise BadTruth(f"{shown} is a damaged Parquet file: make it again.") from error
    named = Entries(by_name.items())

    def find(picture: Picture, class_name: str) -> Mask | None:
        boxes = by_content.get(picture.file) or named.of(picture.name)
        return None if boxes is None else _mask(boxes, picture)

    return TruthFile(shown, digest, find)


def _mask(boxes: Sequence[_Box], picture: Picture) -> Mask:
    rows, columns = picture.pixels.shape[:2]
    masks = [
        box_mask(
            (left, top, right + 1, bottom + 1),
            picture.original_size,
            (rows, columns),
            f"The box of {picture.name}",
        )
        for left, top, right, bottom in boxes
    ]
    mask = masks[0]
    for each in masks[1:]:
        mask |= each
    return mask


def _rows(source: object, shown: str) -> Iterator[tuple[str, str | None, _Box | None]]:
    """Yield the name, the digest of the picture and the box of each row, one in memory at a time.

    A picture that is stored once and repeated in each row unpacks to any size.
    """
    parquet = library("pyarrow.parquet")
    # A column is read page by page.
    with parquet.ParquetFile(source, buffer_size=BUFFER, pre_buffer=False) as file:
        columns = _columns(file.schema_arrow, shown)
        counts = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        # Before anything is read: the number is what the file says of itself.
        if min(counts, default=0) < 0 or sum(counts) > MOST:
            raise BadTruth(f"{shown} has {sum(counts)} rows: give {MOST} at most.")
        for batch in file.iter_batches(batch_size=1, columns=columns, use_threads=False):
            yield _row(batch, shown)


def _columns(schema: Any, shown: str) -> list[str]:  # noqa: ANN401 - pyarrow has no types
    """Return the paths of the columns to read.

    Raises:
        BadTruth: they are missing or of another kind.
    """
    types = library("pyarrow.types")
    kinds = {field.name: field.type for field in schema}

    def binary(kind: object) -> bool:
        return kind is not None and bool(types.is_binary(kind) or types.is_large_binary(kind))

    def text(kind: object) -> bool:
        return kind is not None and bool(types.is_string(kind) or types.is_large_string(kind))

    box, picture = kinds.get(COLUMN), kinds.get(PICTURE)
    found = [NAME] if text(kinds.get(NAME)) else []
    if binary(picture):
        found.append(PICTURE)
    elif picture is not None and types.is_struct(picture):
        inner = {picture.field(n).name: picture.field(n).type for n in range(picture.num_fields)}
        found += [f"{PICTURE}.bytes"] * binary(inner.get("bytes"))
        found += [f"{PICTURE}.path"] * text(inner.get("path"))
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    if box is None or not any(each(box) for each in lists) or not found:
        has = ", ".join(schema.names)[:120]
        raise BadTruth(f"{shown} has the columns {has or 'of an empty file'}: {_WANTED}.")
    number = box.value_type
    if not (types.is_integer(number) or types.is_floating(number)):
        raise BadTruth(f"{shown} has boxes of {number}: give x0, y0, x1, y1 as numbers.")
    return [COLUMN, *found]


def _row(batch: Any, shown: str) -> tuple[str, str | None, _Box | None]:  # noqa: ANN401 - as above
    """Return the name, the digest of the picture and the box of a row."""
    values = {name: batch.column(at)[0] for at, name in enumerate(batch.schema.names)}
    box: _Box | None = None
    if values[COLUMN].is_valid:
        if len(values[COLUMN].values) != 4:
            raise BadTruth(
                f"{shown} has a box of {len(values[COLUMN].values)} numbers: give x0, y0, x1, y1."
            )
        numbers = [math.nan if each is None else float(each) for each in values[COLUMN].as_py()]
        box = tuple(numbers)
    called = values[NAME].as_py() if NAME in values else None
    content = values.get(PICTURE)
    if content is not None and content.is_valid and hasattr(content, "keys"):
        inner = {name: content[name] for name in content}
        called = called or (inner["path"].as_py() if "path" in inner else None)
        content = inner.get("bytes")
    digest = None
    if content is not None and content.is_valid:
        digest = hashlib.sha256(memoryview(content.as_buffer())).hexdigest()
    return called or "", digest, box
