"""The maps that a folder holds, picture by picture, as every format takes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadOption, BadResults
from core.explain.base import Explanation, Tick, no_tick
from core.export.bundle import RECORD
from core.export.measures_record import RECORD as MEASURES
from core.export.names import Namer, keys
from core.export.reading import Box, Folder, Stored
from core.files.names import printable, shorten
from core.pictures.limits import MAX_DECLARED
from core.pictures.picture import MAX_SIDE
from core.requests.maps import PredictionRequest
from core.requests.plain import from_plain

_LABEL, _KEY = re.compile(r"[\w+-]{1,80}"), re.compile(r"[0-9a-f]{64}")
"""What may become part of a file's name: records may come from strangers."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptMap:
    """One map of a picture.

    Attributes:
        name: as in the picture's NPZ file, for example `grad-cam-class-281`.
        series: what maps of all pictures go by: the label, with a number from the second map of
            this label on (`grad-cam-2`), in the order in which classes were asked for.
        key: of its request.
        request: as in the record.
        made: the map.
    """

    name: str
    series: str
    key: str
    request: Mapping[str, Any]
    made: Explanation


@dataclass(frozen=True, slots=True, eq=False)
class KeptPicture:
    """One picture with its maps.

    Attributes:
        name: as the record has it; several files of one name have parts of their paths.
        size: (width, height) at the picture's own resolution.
        asked: the request for its prediction, which names the picture's file and the model.
        stored: predictions and the true class; its `box` is the seen part in `Picture.pixels`.
        maps: in the order of the record, at least one.
    """

    name: str
    size: tuple[int, int]
    asked: PredictionRequest
    stored: Stored
    maps: tuple[KeptMap, ...]

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the seen part at the picture's own resolution."""
        width, height = self.size
        scale = min(1.0, MAX_SIDE / max(self.size))
        # As `Picture.pixels` of a large picture are made: whole pixels on both sides.
        across = width / max(1, round(width * scale))
        down = height / max(1, round(height * scale))
        left, top, right, bottom = self.stored.box
        return left * across, top * down, right * across, bottom * down

    @property
    def label(self) -> tuple[int, str]:
        """Index and name of the true class; where it is not known, of the first guess."""
        if self.stored.truth is not None:
            return self.stored.truth
        if self.stored.predictions:
            return self.stored.predictions[0].index, self.stored.predictions[0].name
        return self.maps[0].made.class_index, self.maps[0].made.class_name


@dataclass(slots=True)
class MapSet:
    """What a folder holds that `explain` or `agree` wrote.

    Only the arrays of one picture are held at a time.

    Attributes:
        path: the folder.
        faults: pictures without maps that can be read, and why.
    """

    path: Path
    faults: dict[str, str] = field(default_factory=dict)
    _folder: Folder = field(init=False)

    def __post_init__(self) -> None:
        """Read the record.

        Raises:
            BadResults: there is none, or it names no maps.
        """
        shown = shorten(printable(str(self.path)), 200)
        wanted = "name a folder that explain, agree or measure wrote."
        if not self.path.is_dir():
            raise BadResults(f"{shown} is no folder: {wanted}")
        self._folder = Folder(self.path, any_version=True)
        # A run that was stopped left its lines and no record of all.
        if not self._folder.versions and not (self.path / RECORD).is_file():
            if (self.path / MEASURES).is_file():
                raise BadResults(f"{shown} holds measures but no maps: {wanted}")
            raise BadResults(f"{shown} holds no {RECORD}: {wanted}")
        if not self._folder.versions:
            raise BadResults(f"The {RECORD} in {shown} is damaged: run the command again.")
        if not any(record.get("explanations") for record in self._folder.records):
            raise BadResults(f"{shown} holds no maps: {wanted}")

    @property
    def model(self) -> Mapping[str, Any]:
        """The model's record."""
        return self._folder.model

    @property
    def origin(self) -> Mapping[str, Any]:
        """What computed the maps: the model's record, device in words, versions of packages."""
        folder = self._folder
        return {"model": folder.model, "device": folder.device, "versions": folder.versions}

    def pictures(self, tick: Tick = no_tick) -> Iterator[KeptPicture]:
        """Yield each picture whose maps can be read; note a fault for each other.

        Args:
            tick: told the share that was read.

        Raises:
            BadResults: there is no map that can be read.
        """
        count = self._folder.count
        found = False
        for number, record in enumerate(self._folder.records):
            name = shorten(printable(str(record.get("picture"))), 120)
            tick(number / count, name)
            picture = self._read(record, name)
            if picture is None:
                self.faults[name] = (
                    "its maps are missing or damaged: run the command again that wrote the folder."
                )
                continue
            found = True
            yield picture
        if not found:
            shown = shorten(printable(str(self.path)), 200)
            raise BadResults(
                f"No map in {shown} can be read: run the command again that wrote the folder."
            )

    def _read(self, record: Mapping[str, Any], name: str) -> KeptPicture | None:
        """Return a picture's maps; None where anything about them is not as it is written."""
        try:
            stored = self._folder.find(str(record["key"]), files=record["files"])
            if stored is None or not stored.explanations:
                return None
            asked = from_plain(record["request"])
            width, height = (int(side) for side in record["size"])
            requests = {each["key"]: dict(each["request"]) for each in record["explanations"]}
            made = tuple(_checked(each) for each in stored.explanations.values())
            classes = [(each.index, each.probability) for each in stored.predictions]
            classes += [(stored.truth[0], 1.0)] if stored.truth else []
            namer = Namer()
            maps = tuple(
                KeptMap(own, namer.name(each.label), key, requests[key], each)
                for own, key, each in zip(keys(made), stored.explanations, made, strict=True)
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, BadOption):
            return None
        if not isinstance(asked, PredictionRequest) or not _inside(stored.box):
            return None
        if min(width, height) < 1 or width * height > MAX_DECLARED:
            return None
        if any(index < 0 or not math.isfinite(share) for index, share in classes):
            return None
        if not all(_KEY.fullmatch(each.key) for each in maps):
            return None
        return KeptPicture(name, (width, height), asked, stored, maps)


def _inside(box: Box) -> bool:
    left, top, right, bottom = box
    return 0 <= left < right and 0 <= top < bottom


def _checked(made: Explanation) -> Explanation:
    """Return an explanation whose numbers can be used.

    Raises:
        ValueError, TypeError: a number is not what it should be.
    """
    if not _LABEL.fullmatch(made.label) or not isinstance(made.class_name, str):
        raise ValueError("no name")
    if not isinstance(made.class_index, int) or made.class_index < 0:
        raise ValueError("no index of a class")
    if not math.isfinite(made.probability):
        raise ValueError("no probability")
    shown = made.shown
    if shown.dtype != np.float32 or not shown.size or not 0 <= shown.min() <= shown.max() <= 1:
        raise ValueError("the map is not scaled")
    return made
