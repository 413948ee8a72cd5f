"""All maps of a set in one NPZ file, with an index of what each of them is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from core import Heat
from core.errors import BadResults
from core.explain.base import Tick, no_tick, part
from core.export.formats.map_set import KeptMap, KeptPicture, MapSet
from core.export.plain import plain
from core.files.writing import whole_file

INDEX = "index.json"
_BYTES: Final = "w"
"""The mode in which an archive's entries are written, which are never text."""
_Array = Literal["heat", "shown"]
_ARRAYS: tuple[_Array, ...] = ("heat", "shown")


def write_stacked(maps: MapSet, path: Path, tick: Tick = no_tick) -> int:
    """Write every map of a folder into one NPZ file.

    `heat` is float32 (N, h, w), raw as the methods give it, and `shown` float32 (N, h, w) in
    [0, 1]. Where maps have several sizes there is one array a map instead, `heat/KEY` and
    `shown/KEY` by the keys of their requests. `index.json` lists under `maps` what each of them
    is, in the order of the rows, and under `stacked` which arrays have rows. The folder is read
    once for the index and once for each array, so that only one picture is in memory.

    Args:
        maps: finished maps.
        path: of the file.
        tick: told the share done.

    Returns:
        How many maps there are.

    Raises:
        SeeWhyError: there are no maps, they change meanwhile, or nothing can be written.
    """
    entries: list[dict[str, Any]] = []
    sizes: dict[_Array, set[tuple[int, ...]]] = {name: set() for name in _ARRAYS}
    for picture, each in _each(maps, part(tick, 0.0, 0.2)):
        entries.append(_entry(picture, each))
        for name in _ARRAYS:
            sizes[name].add(_array(each, name).shape)
    stacked = [name for name in _ARRAYS if len(sizes[name]) == 1]
    keys = [entry["key"] for entry in entries]
    with whole_file(path) as whole, zipfile.ZipFile(whole, "w", compresslevel=3) as archive:
        for at, name in enumerate(_ARRAYS):
            found = _rows(maps, name, keys, part(tick, 0.2 + 0.4 * at, 0.6 + 0.4 * at))
            if name in stacked:
                shape = (len(keys), *min(sizes[name]))
                _write(
                    archive, name, (_of_shape(maps, each, shape[1:]) for _, each in found), shape
                )
                continue
            for key, array in found:
                _write(archive, f"{name}/{key}", iter([array]), array.shape)
        index = {"maps": entries, "stacked": stacked} | dict(maps.origin)
        text = json.dumps(plain(index), indent=1, allow_nan=False)
        archive.writestr(_named(INDEX), text)
    return len(entries)


def _each(maps: MapSet, tick: Tick) -> Iterator[tuple[KeptPicture, KeptMap]]:
    """Yield each request's map once, also where a record lists it twice."""
    seen: set[str] = set()
    for picture in maps.pictures(tick):
        for each in picture.maps:
            if each.key not in seen:
                seen.add(each.key)
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


def _rows(maps: MapSet, name: _Array, keys: list[str], tick: Tick) -> Iterator[tuple[str, Heat]]:
    """Yield key and array of each map, in the order of the index.

    Raises:
        BadResults: the folder is not what it was when the index was made.
    """
    at = 0
    for _, each in _each(maps, tick):
        if at == len(keys) or each.key != keys[at]:
            raise _changed(maps)
        at += 1
        yield each.key, _array(each, name)
    if at < len(keys):
        raise _changed(maps)


def _of_shape(maps: MapSet, array: Heat, shape: tuple[int, ...]) -> Heat:
    """Return an array that has the shape that the index was made with."""
    if array.shape != shape:
        raise _changed(maps)
    return array


def _changed(maps: MapSet) -> BadResults:
    return BadResults(f"{maps.path} was changed while it was read: export it again.")


def _write(
    archive: zipfile.ZipFile,
    name: str,
    arrays: Iterator[Heat],
    shape: tuple[int, ...],
) -> None:
    """Write arrays that follow each other as one array of that shape, float32."""
    with archive.open(_named(f"{name}.npy"), _BYTES, force_zip64=True) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for each in arrays:
            file.write(np.ascontiguousarray(each, dtype="<f4").tobytes())


def _named(name: str) -> zipfile.ZipInfo:
    """Return an entry without clock time: the same maps give the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
