"""Reading results back from a folder, so that the same request is not computed again.

Files may be older, cut off or made by hand: what does not fit is treated as not there.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.explain.base import Explanation
from core.export.bundle import RECORD
from core.export.names import keys
from core.export.picture_lines import PictureLines
from core.export.record import superpixels_from
from core.files.versions import versions
from core.models.card import Guess
from core.pictures.picture import Picture
from core.requests.references import Activation

_LARGEST = 256 << 20
"""Bytes of a file that is read back at most."""
_ASKED = ("key", "request")
"""Fields of a record that say what was asked for."""
_MISFITS = (KeyError, TypeError, ValueError, AttributeError, StopIteration)
"""What parts of a record raise that are missing or of another kind."""
Box = tuple[int, int, int, int]
_EMPTY = np.zeros((1, 1), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SeenPicture:
    """A picture with the part that a model saw; stands in for `Prepared` where no model runs."""

    picture: Picture
    fit: str
    box: Box


@dataclass(frozen=True, eq=False)
class Stored:
    """What a folder holds of one picture.

    Attributes:
        stem: of the picture's files, where there are arrays.
        box: as in `Prepared`.
        predictions: the first guesses, best first.
        asked: keys of the requests of its maps.
        maps: the maps, without their arrays, in the same order.
        files: names of files that were written.
        truth: index and name of the true class, where it is known.
        look: how the overlays are drawn.
        record: all that is written of it.
        archive: file of the arrays; None where they were not written.
    """

    stem: str
    box: Box
    predictions: tuple[Guess, ...]
    asked: tuple[str, ...]
    maps: tuple[Explanation, ...]
    files: tuple[str, ...]
    truth: tuple[int, str] | None
    look: object
    record: Mapping[str, Any]
    archive: Path | None

    @cached_property
    def explanations(self) -> Mapping[str, Explanation]:
        """The maps by the keys of their requests; none where their arrays cannot be read."""
        if self.archive is None:
            return {}
        try:
            whole = _with_arrays(self.maps, self.record["explanations"], self.archive)
        except (*_MISFITS, OSError, zipfile.BadZipFile, EOFError, zlib.error):
            return {}
        return dict(zip(self.asked, whole, strict=True))

    @property
    def superpixels(self) -> tuple[bool, ...]:
        """Whether each map has superpixels."""
        return tuple(bool(each["extras"]) for each in self.record["explanations"])


@dataclass(slots=True)
class Folder:
    """The record in a folder, and the arrays beside it.

    Attributes:
        path: the folder.
        model: the model's record; empty where there is none.
        device: device in words.
        lines: the records, as they are written.
        any_version: whether results of other versions of packages count. They are what those
            computed, but not what the same request would give here.
        versions: of the packages that computed, by name.
    """

    path: Path
    model: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    lines: PictureLines = field(init=False)
    any_version: bool = False
    versions: dict[str, Any] = field(default_factory=dict)
    _pictures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lines = PictureLines(self.path, any_version=self.any_version)
        if self.lines.head:
            self.versions = dict(self.lines.head["versions"])
            self.model = dict(self.lines.head["model"])
            self.device = str(self.lines.head.get("device", ""))
            return
        whole = _json(self.path / RECORD)  # of an older run
        if not isinstance(whole, dict):
            return
        of, pictures, model = whole.get("versions"), whole.get("pictures"), whole.get("model")
        if of != versions() and not self.any_version:
            return
        if isinstance(of, dict) and isinstance(pictures, list) and isinstance(model, dict):
            self.versions = of
            self.model, self.device = model, str(whole.get("device", ""))
            named = [each for each in pictures if isinstance(each, dict) and each.get("key")]
            self._pictures = {
                str(each["key"]): each | {"look": whole.get("look")} for each in named
            }

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """What the record says of each picture that can be looked for."""
        return self.lines.records if self.lines.head else iter(self._pictures.values())

    @property
    def count(self) -> int:
        """How many records there are."""
        return self.lines.count if self.lines.head else len(self._pictures)

    @property
    def is_older(self) -> bool:
        """Whether the records are of a run that wrote no lines: they become lines by `start`."""
        return not self.lines.head and bool(self._pictures)

    def start(self, model: Mapping[str, object], fit: str, device: str) -> None:
        """Make the folder ready for more records, written with this model.

        Raises:
            CannotWrite: the system refuses.
        """
        if not self.lines.head:
            self.lines.start(model, fit, device, list(self.records))
            self._pictures = {}

    def find(self, prediction: str, name: str = "", files: Sequence[str] = ()) -> Stored | None:
        """Return what is there of a picture.

        Args:
            prediction: key of the request for the picture's prediction.
            name: of the picture.
            files: of the picture. Where none has these, nor the name, one that equals it counts.
        """
        record = self.lines.find(prediction, name, files) or self._pictures.get(prediction)
        if record is None:
            return None
        try:
            return _stored(self.path, record)
        except (*_MISFITS, OSError):
            return None


def _json(path: Path) -> object:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _stored(folder: Path, record: dict[str, Any]) -> Stored:
    files = tuple(str(name) for name in record["files"])
    if any(Path(name).name != name for name in files):
        raise ValueError("a file outside the folder")
    if not all((folder / name).is_file() for name in files):
        raise ValueError("files are missing")
    archive = next((folder / name for name in files if name.endswith(".npz")), None)
    if archive is not None and not zipfile.is_zipfile(archive):
        raise ValueError("arrays are cut off")
    left, top, right, bottom = (int(value) for value in record["seen"])
    activation: Activation = "softmax"
    if record["request"]["model"].get("activation") == "sigmoid":
        activation = "sigmoid"
    guesses = [
        Guess(int(each["class"]), str(each["name"]), float(each["probability"]), activation)
        for each in record["predictions"]
    ]
    truth = record.get("true_class")
    return Stored(
        archive.stem if archive else "",
        (left, top, right, bottom),
        tuple(guesses),
        tuple(str(each["key"]) for each in record["explanations"]),
        tuple(_bare(each) for each in record["explanations"]),
        files,
        (int(truth["class"]), str(truth["name"])) if truth else None,
        record.get("look"),
        record,
        archive,
    )


def _bare(record: dict[str, Any]) -> Explanation:
    """Return a map without its arrays."""
    names = {each.name for each in fields(Explanation)} - {"heat", "shown", "superpixels", *_ASKED}
    values: dict[str, Any] = {name: _tuple(record[name]) for name in names}
    return Explanation(heat=_EMPTY, shown=_EMPTY, **values)


def _with_arrays(
    bare: Sequence[Explanation], records: Sequence[dict[str, Any]], archive: Path
) -> list[Explanation]:
    """Put the arrays back into the maps of one picture."""
    data = archive.read_bytes()
    if len(data) > _LARGEST:
        raise ValueError("too large")
    with np.load(io.BytesIO(data), allow_pickle=False) as opened:
        arrays = dict(opened)
    whole = []
    for key, one, record in zip(keys(bare), bare, records, strict=True):
        extras = {name: _tuple(value) for name, value in record["extras"].items()}
        inside = {name for name in arrays if name.startswith(f"{key}/")}
        extras |= {name.removeprefix(f"{key}/"): _number(arrays[name]) for name in inside}
        heat, shown = arrays[f"heat/{key}"], arrays[f"shown/{key}"]
        if heat.ndim != 2 or shown.ndim != 2 or heat.dtype != np.float32:
            raise ValueError("arrays of another kind")
        parts = superpixels_from(extras)
        whole.append(replace(one, heat=heat, shown=shown, superpixels=parts))
    return whole


def _number(array: npt.NDArray[np.generic]) -> object:
    """Return an array without axes as the number that it was."""
    return array.item() if array.ndim == 0 else array


def _tuple(value: object) -> object:
    """Return lists as tuples, as explanations hold them."""
    return tuple(value) if isinstance(value, list) else value
