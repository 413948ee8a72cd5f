"""A dissection as one file: arrays, and beside them in JSON what is no array."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.concepts.result.dissection import Dissection
from core.concepts.result.units import Units
from core.errors import BadLabels
from core.files.writing import write_whole

FILE = "dissection.npz"
FORMAT = 1
LIMIT = 1 << 30
"""Largest file in bytes."""
_SINGLE = ("layer", "kind", "grid", "bound")
_STORED = {"inactive": "dead", "positions": "places"}
"""Names in the file that differ from those of the fields: files that exist must load."""
_ARRAYS = {
    each.name: _STORED.get(each.name, each.name)
    for each in fields(Units)
    if each.name not in _SINGLE
}
_BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile)


def save(dissection: Dissection, path: Path) -> None:
    """Write a dissection whole or not at all; the same one gives the same bytes.

    Raises:
        CannotWrite: the system refuses.
    """
    about = {
        "format": FORMAT,
        "record": dissection.record,
        "words": dissection.words,
        "categories": dissection.categories,
        "probes": dissection.probes,
        "layers": [
            {"layer": units.layer, "kind": units.kind, "grid": units.grid, "bound": units.bound}
            for units in dissection.layers
        ],
    }
    text = json.dumps(about, ensure_ascii=False)  # NaN as Python reads it again
    arrays: dict[str, Any] = {"about": _bytes(text.encode())}
    for number, units in enumerate(dissection.layers):
        arrays |= {f"{number}/{stored}": getattr(units, name) for name, stored in _ARRAYS.items()}
    indices = sorted(dissection.thumbs)
    thumbs = [dissection.thumbs[index] for index in indices]
    arrays["thumbs/places"] = np.array(indices, np.int32)
    arrays["thumbs/sizes"] = np.array(list(map(len, thumbs)), np.int32)
    arrays["thumbs/data"] = _bytes(b"".join(thumbs))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_whole(path, buffer.getvalue())


def load(path: Path) -> Dissection:
    """Read what `save` wrote.

    Raises:
        BadLabels: missing, damaged, or another file.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise ValueError("too large")
        # From bytes: of a damaged file, numpy leaves the handle open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return _read({name: file[name] for name in file.files})
    except _BROKEN as error:
        raise _unreadable(path) from error


def load_record(path: Path) -> dict[str, Any]:
    """Read the record of what `save` wrote, and nothing else of it.

    Raises:
        BadLabels: missing, damaged, or another file.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(json.loads(arrays["about"].tobytes())["record"])
    except _BROKEN as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> BadLabels:
    return BadLabels(f"{path.name} is not a dissection or is damaged: compute it again.")


def _read(arrays: dict[str, npt.NDArray[Any]]) -> Dissection:
    """Put the arrays together again.

    Raises:
        KeyError, TypeError, ValueError: something is missing or does not fit.
    """
    about = json.loads(arrays["about"].tobytes())
    if about["format"] != FORMAT:
        raise ValueError("another format")
    words, probes = tuple(map(str, about["words"])), tuple(map(str, about["probes"]))
    layers = tuple(_units(each, n, arrays) for n, each in enumerate(about["layers"]))
    for units in layers:
        _inside(units.words, len(words))
        _inside(units.probes, len(probes))
    return Dissection(
        record=dict(about["record"]),
        words=words,
        categories=dict(about["categories"]),
        probes=probes,
        layers=layers,
        thumbs=_thumbs(arrays),
    )


def _units(about: dict[str, Any], number: int, arrays: dict[str, npt.NDArray[Any]]) -> Units:
    rows, columns = about["grid"]
    own = {name: arrays[f"{number}/{stored}"] for name, stored in _ARRAYS.items()}
    if len({len(array) for array in own.values()}) != 1:
        raise ValueError("arrays of unequal length")
    return Units(
        layer=str(about["layer"]),
        kind=str(about["kind"]),
        grid=(int(rows), int(columns)),
        bound=float(about["bound"]),
        **own,
    )


def _thumbs(arrays: dict[str, npt.NDArray[Any]]) -> dict[int, bytes]:
    data, ends = arrays["thumbs/data"].tobytes(), np.cumsum(arrays["thumbs/sizes"])
    starts = ends - arrays["thumbs/sizes"]
    indices = arrays["thumbs/places"]
    return {
        int(index): data[start:end]
        for index, start, end in zip(indices, starts.tolist(), ends.tolist(), strict=True)
    }


def _inside(numbers: npt.NDArray[Any], count: int) -> None:
    if numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < count:
        raise ValueError("a number outside its list")


def _bytes(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
