"""Maps as ViRelAy and CoRelAy read them: HDF5 files of inputs and attributions, a label map.

Source: ViRelAy's database specification, `docs/source/contributors-guide` of its repository. What
CoRelAy makes of the attributions, the analysis, is not written here.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core import Heat
from core.errors import BadInstallation, BadResults
from core.explain.base import Explanation, Tick, no_tick
from core.export.formats.hdf5_sink import written
from core.export.formats.map_set import KeptPicture, MapSet
from core.export.formats.one_size import OneSize
from core.files.names import safe_stem
from core.files.writing import ready_folder, whole_file, write_whole
from core.imports.lazy import library
from core.models import imagenet
from core.models.input import Input
from core.pictures.picture import Picture

LABELS = "label-map.json"
_CHANNELS = 3
"""Of attributions, as many as the pictures have."""
MOST_CLASSES = 65535
"""Labels are uint16, as ViRelAy reads them."""


def write_virelay(
    maps: MapSet,
    out: Path,
    read: Callable[[KeptPicture], Picture | None],
    tick: Tick = no_tick,
    sizes: OneSize | None = None,
) -> int:
    """Write a folder's maps as ViRelAy's databases.

    `MODEL.input.h5`: `data` float32 (N, 3, h, w) in [0, 1], the pictures as the model saw them
    but for the normalisation, because ViRelAy shows them; `label` uint16 (N), the true class, or
    the first guess where that is not known (`label_is_true` bool (N) says which); `name`.

    `MODEL.SERIES.attribution.h5`, one for each series of maps (a method, the second class of a
    method ...): `index` uint32 (M), rows of the input file; `attribution` float32 (M, 3, h, w), a
    third of the scaled map in each channel; `label` uint16 (M), the explained class; `prediction`
    float32 (M, classes), the probabilities that the record holds, those of the first guesses and
    of the explained class, and 0 for all others; `key` of the map's request.

    All rows have one size, because CoRelAy clusters them as vectors: what has another is resized.

    `label-map.json`: index, WordNet number (else the index in eight digits) and name of classes.

    Args:
        maps: finished maps.
        out: folder, made where it is missing.
        read: returns a picture; one that is None is left out.
        tick: told the share done.
        sizes: what brings all to one size, and counts; where not given, the first picture's.

    Returns:
        How many maps there are.

    Raises:
        BadInstallation: h5py is missing.
        BadResults: there are no maps, or more classes than fit.
        CannotWrite: nothing can be written.
    """
    hdf5 = _hdf5()
    folder, model = ready_folder(out), _file_name(maps)
    classes, sizes = _classes(maps), sizes or OneSize()
    names: dict[int, str] = {}
    with contextlib.ExitStack() as stack:

        def opened(name: str) -> _Table:
            part = stack.enter_context(whole_file(folder / f"{model}.{name}.h5"))
            sink = stack.enter_context(written(part))
            return _Table(stack.enter_context(hdf5.File(sink, "w")), hdf5, sink.check)

        inputs = opened("input")
        tables: dict[str, _Table] = {}
        for picture in maps.pictures(tick):
            pixels = read(picture)
            if pixels is None:
                continue
            names |= _named(picture)
            if max(names) >= classes:
                raise BadResults(f"The record in {maps.path} names classes that its model has not.")
            index = inputs.add(_inputs(picture, pixels, sizes))
            for each in picture.maps:
                table = tables.get(each.series) or opened(f"{each.series}.attribution")
                tables[each.series] = table
                table.add(
                    {
                        "index": np.uint32(index),
                        "attribution": _channels(sizes.map(each.made.shown)),
                        "label": np.uint16(each.made.class_index),
                        "prediction": _probabilities(picture, each.made, classes),
                        "key": each.key,
                    }
                )
        if not inputs.rows:
            raise BadResults("None of the pictures was found, so nothing is written.")
    write_whole(folder / LABELS, json.dumps(_label_map(names, classes), indent=1).encode())
    return sum(table.rows for table in tables.values())


def _file_name(maps: MapSet) -> str:
    """Return the model's id as the beginning of a file's name."""
    return safe_stem(str(maps.model.get("id", "model")).replace("/", "_"))


def _hdf5() -> ModuleType:
    try:
        return library("h5py")
    except ModuleNotFoundError as error:
        raise BadInstallation(
            "The package h5py, which writes ViRelAy's files, is missing: run `pip install -r "
            "requirements-export.txt`."
        ) from error


class _Table:
    """Datasets of one HDF5 file that grow row by row; `rows` says how many there are."""

    def __init__(
        self,
        file: Any,  # noqa: ANN401 - h5py has no types
        hdf5: Any,  # noqa: ANN401
        check: Callable[[], None],
    ) -> None:
        self._file, self._hdf5, self._check, self.rows = file, hdf5, check, 0

    def add(self, row: Mapping[str, Any]) -> int:
        """Write one row of each dataset and return its index.

        Raises:
            OSError: the system refuses.
        """
        for name, value in row.items():
            if not self.rows:
                text = isinstance(value, str)
                shape = () if text else np.shape(value)
                self._file.create_dataset(
                    name,
                    shape=(0, *shape),
                    maxshape=(None, *shape),
                    chunks=(1, *shape) if shape else (1024,),
                    dtype=self._hdf5.string_dtype() if text else value.dtype,
                    compression=None if text else "gzip",
                    shuffle=not text,  # numbers of a map are alike in their first bytes
                )
            self._file[name].resize(self.rows + 1, axis=0)
            self._file[name][self.rows] = value
        self._check()
        self.rows += 1
        return self.rows - 1


def _inputs(picture: KeptPicture, pixels: Picture, sizes: OneSize) -> dict[str, Any]:
    """Return a picture's row of the input database."""
    how = picture.asked.model.preprocess
    view = sizes.view(Input(how, torch.device("cpu")).prepare(pixels, picture.asked.fit).view)
    return {
        "data": (view.transpose(2, 0, 1) / np.float32(255)).astype(np.float32),
        "label": np.uint16(picture.label[0]),
        "label_is_true": np.bool_(picture.stored.truth is not None),
        "name": picture.name,
    }


def _channels(shown: Heat) -> npt.NDArray[np.float32]:
    """Return a map as float32 (3, h, w), whose sum ViRelAy draws; it cannot draw one channel."""
    return np.repeat(shown[None] / np.float32(_CHANNELS), _CHANNELS, axis=0)


def _named(picture: KeptPicture) -> dict[int, str]:
    """Return the names of all classes that are named with a picture, by index."""
    named = dict([picture.label])
    named |= {guess.index: guess.name for guess in picture.stored.predictions}
    return named | {each.made.class_index: each.made.class_name for each in picture.maps}


def _probabilities(
    picture: KeptPicture, made: Explanation, classes: int
) -> npt.NDArray[np.float32]:
    row = np.zeros(classes, np.float32)
    known = {guess.index: guess.probability for guess in picture.stored.predictions}
    for index, value in (known | {made.class_index: made.probability}).items():
        if 0 <= index < classes:
            row[index] = value
    return row


def _classes(maps: MapSet) -> int:
    """Return how many classes the model has.

    Raises:
        BadResults: the record does not say it, or they are too many.
    """
    classes = maps.model.get("classes")
    if not isinstance(classes, int) or not 0 < classes <= MOST_CLASSES:
        raise BadResults(
            f"The record in {maps.path} says that the model has {classes!r} classes: ViRelAy takes "
            f"1 to {MOST_CLASSES}."
        )
    return classes


def _label_map(names: Mapping[int, str], classes: int) -> list[dict[str, object]]:
    """Return the classes; all of ImageNet's where the known names are its, else the known ones."""
    all_names, numbers = imagenet.names(classes), imagenet.numbers(classes)
    if not all_names or any(all_names[index] != name for index, name in names.items()):
        all_names, numbers = (), ()
    known = dict(enumerate(all_names)) or dict(sorted(names.items()))
    return [
        {
            "index": index,
            "word_net_id": numbers[index] if numbers else f"{index:08d}",
            "name": name,
        }
        for index, name in known.items()
    ]
