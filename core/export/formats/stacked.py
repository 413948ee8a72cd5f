"""All maps of a set in one NPZ file, with an index of what each of them is."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Literal, NamedTuple

import numpy as np

from core import Heat
from core.explain.base import Tick, no_tick, part
from core.export.formats.map_set import KeptMap, KeptPicture, MapSet
from core.export.json_parts import json_parts
from core.export.plain import plain
from core.files.writing import part_file, whole_file

INDEX = "index.json"
_BYTES: Final = "w"
"""The mode in which an archive's entries are written, which are never text."""
_Array = Literal["heat", "shown"]
_ARRAYS: tuple[_Array, ...] = ("heat", "shown")
_READING = 0.5
"""Share of the time that goes by until every map is read; then they are compressed."""


def write_stacked(maps: MapSet, path: Path, tick: Tick = no_tick) -> int:
    """Write every map of a folder into one NPZ file.

    `heat` is float32 (N, h, w), raw as the methods give it, and `shown` float32 (N, h, w) in
    [0, 1]. Where maps have several sizes there is one array a map instead, `heat/KEY` and
    `shown/KEY` by the keys of their requests. `index.json` lists under `maps` what each of them
    is, in the order of the rows, and under `stacked` which arrays have rows. The folder is read
    once: an array's header says how many rows follow, so they wait in files beside the target,
    as large as the arrays. Of each map only its key stays in memory.

    Args:
        maps: finished maps.
        path: of the file.
        tick: told the share done.

    Returns:
        How many maps there are.

    Raises:
        SeeWhyError: there are no maps, or nothing can be written.
    """
    with whole_file(path) as whole, _waiting(path.parent) as rows:
        for picture, each in _each(maps, part(tick, 0.0, _READING)):
            rows.add(picture, each)
        tick(_READING, "")
        stacked = [name for name in _ARRAYS if len(rows.shapes[name]) == 1]
        with zipfile.ZipFile(whole, "w", compresslevel=3) as archive:
            for at, name in enumerate(_ARRAYS):
                share = (1 - _READING) / len(_ARRAYS)
                start = _READING + share * at
                told = part(tick, start, start + share)
                _write(archive, name, rows, told, is_stacked=name in stacked)
            entries = (row.entry for row in rows.listed())
            index = json_parts({"stacked": stacked}, "maps", entries, dict(maps.origin), indent=1)
            with archive.open(_named(INDEX), _BYTES) as file:
                for text in index:
                    file.write(text)
    return rows.count


class _Row(NamedTuple):
    """One map that was read: what the index says of it, and (h, w) of its arrays by name."""

    entry: dict[str, Any]
    shapes: dict[str, tuple[int, int]]


class _Rows:
    """Maps that were read and wait in files until all of them are known.

    Attributes:
        count: maps so far.
        shapes: the sizes there are of each array.
    """

    def __init__(self, arrays: dict[_Array, IO[bytes]], lines: IO[bytes]) -> None:
        """Start without maps, in files that can be written and read.

        Args:
            arrays: take the values.
            lines: takes what the index says.
        """
        self.count = 0
        self.shapes: dict[_Array, set[tuple[int, int]]] = {name: set() for name in _ARRAYS}
        self._arrays, self._lines = arrays, lines

    def add(self, picture: KeptPicture, each: KeptMap) -> None:
        """Take the next map."""
        shapes = {}
        for name in _ARRAYS:
            array = np.ascontiguousarray(_array(each, name), dtype="<f4")
            height, width = shapes[name] = array.shape
            self.shapes[name].add((height, width))
            self._arrays[name].write(array.tobytes())
        line = {"entry": plain(_entry(picture, each)), "shapes": shapes}
        self._lines.write(json.dumps(line, allow_nan=False).encode() + b"\n")
        self.count += 1

    def listed(self) -> Iterator[_Row]:
        """Yield what is known of each map, in order."""
        self._lines.seek(0)
        for line in self._lines:
            row = json.loads(line)
            shapes = {name: (height, width) for name, (height, width) in row["shapes"].items()}
            yield _Row(row["entry"], shapes)

    def values(self, name: _Array) -> Iterator[tuple[_Row, bytes]]:
        """Yield each map with the float32 values of one of its arrays, in order."""
        file = self._arrays[name]
        file.seek(0)
        for row in self.listed():
            height, width = row.shapes[name]
            yield row, file.read(4 * height * width)


@contextlib.contextmanager
def _waiting(folder: Path) -> Iterator[_Rows]:
    """Make the files in which maps wait, on the disk of the target; they are gone at the end."""
    with contextlib.ExitStack() as stack:

        def opened() -> IO[bytes]:
            return stack.enter_context(stack.enter_context(part_file(folder)).open("r+b"))

        yield _Rows({name: opened() for name in _ARRAYS}, opened())


def _each(maps: MapSet, tick: Tick) -> Iterator[tuple[KeptPicture, KeptMap]]:
    """Yield each request's map once, also where a record lists it twice."""
    seen: set[bytes] = set()
    for picture in maps.pictures(tick):
        for each in picture.maps:
            key = bytes.fromhex(each.key)
            if key not in seen:
                seen.add(key)
                yield picture, each


def _entry(picture: KeptPicture, each: KeptMap) -> dict[str, Any]:
    """Return what the index says of a map."""
    made = each.made
    return {
        "key": each.key,
        "name": each.name,
        "picture": picture.name,
        "method": made.label,
        "layer": made.layer,
        "class": {"class": made.class_index, "name": made.class_name},
        "probability": made.probability,
        "signed": made.signed,
        "request": each.request,
    }


def _array(each: KeptMap, name: _Array) -> Heat:
    return each.made.heat if name == "heat" else each.made.shown


def _write(
    archive: zipfile.ZipFile, name: _Array, rows: _Rows, tick: Tick, *, is_stacked: bool
) -> None:
    """Write the values of all maps as rows of one array, or as an array each."""
    with contextlib.ExitStack() as stack:
        if is_stacked:
            (size,) = rows.shapes[name]
            whole = stack.enter_context(_array_file(archive, name, (rows.count, *size)))
        for at, (row, values) in enumerate(rows.values(name)):
            tick(at / rows.count, row.entry["picture"])
            if is_stacked:
                whole.write(values)
                continue
            own = f"{name}/{row.entry['key']}"
            with _array_file(archive, own, row.shapes[name]) as single:
                single.write(values)


@contextlib.contextmanager
def _array_file(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> Iterator[IO[bytes]]:
    """Begin an array of float32; what is written then are its values."""
    with archive.open(_named(f"{name}.npy"), _BYTES, force_zip64=True) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        yield file


def _named(name: str) -> zipfile.ZipInfo:
    """Return an entry without clock time: the same maps give the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
