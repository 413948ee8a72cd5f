"""Heat maps as grey PNG files with a JSON list from which FiftyOne makes samples."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Heat
from core.errors import BadResults
from core.explain.base import Tick, no_tick
from core.export.formats.map_set import KeptPicture, MapSet
from core.files.writing import ready_folder, write_whole

SAMPLES, HEATMAPS = "samples.json", "heatmaps"
RANGE = (0, 255)
"""Of the values in the files: 255 is the map's 1."""


def write_fiftyone(
    maps: MapSet,
    out: Path,
    find: Callable[[KeptPicture], Path | None],
    tick: Tick = no_tick,
    *,
    is_moved: bool = False,
) -> int:
    """Write each map as a PNG file, and which belongs to which picture.

    `samples.json` has one entry a picture: `filepath`, `prediction` and `ground_truth` (label,
    confidence), and `heatmaps`, by names that can be fields, with what `fiftyone.Heatmap` takes:
    `map_path` and `range`. `explained` says of each field which class and request it belongs to.
    FiftyOne stretches a map over its picture, so a file covers all of it; what the model did not
    see is 0.

    Args:
        maps: finished maps.
        out: folder, made where it is missing.
        find: returns a picture's file; a picture without one is left out.
        tick: told the share done.
        is_moved: whether the folder will lie elsewhere: paths are relative to it then, pictures
            lie in it as well.

    Returns:
        How many maps there are.

    Raises:
        SeeWhyError: there are no maps, or nothing can be written.
    """
    folder = ready_folder(ready_folder(out) / HEATMAPS).absolute()
    samples: list[dict[str, Any]] = []
    count = 0

    def told(path: Path) -> str:
        whole = path.absolute()
        return whole.relative_to(out.absolute()).as_posix() if is_moved else str(whole)

    for picture in maps.pictures(tick):
        path = find(picture)
        if path is None:
            continue
        heatmaps, explained = {}, {}
        for each in picture.maps:
            file = folder / f"{picture.stored.stem}_{each.series}.png"
            write_whole(file, grey_png(each.made.shown, picture))
            name = re.sub(r"\W", "_", each.series)
            heatmaps[name] = {"map_path": told(file), "range": list(RANGE)}
            explained[name] = {
                "class": each.made.class_index,
                "name": each.made.class_name,
                "confidence": each.made.probability,
                "key": each.key,
            }
            count += 1
        samples.append(
            _sample(picture, told(path)) | {"heatmaps": heatmaps, "explained": explained}
        )
    if not samples:
        raise BadResults("None of the pictures was found, so there is nothing to list.")
    text = json.dumps({"samples": samples} | dict(maps.origin), indent=1)
    write_whole(out / SAMPLES, text.encode())
    return count


def _sample(picture: KeptPicture, path: str) -> dict[str, Any]:
    prediction: dict[str, Any] = {"label": None, "confidence": None}
    for best in picture.stored.predictions[:1]:
        prediction = {"label": best.name, "confidence": best.probability}
    sample: dict[str, Any] = {"filepath": path, "prediction": prediction}
    if picture.stored.truth is not None:
        sample["ground_truth"] = {"label": picture.stored.truth[1]}
    return sample


def grey_png(shown: Heat, picture: KeptPicture) -> bytes:
    """Return a map as a grey PNG file of 8 bits that covers the whole picture.

    Args:
        shown: float32 (h, w) in [0, 1], of the seen part.
        picture: its `seen` says which part was seen.
    """
    values = np.round(shown * RANGE[1]).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(_whole(values, picture)).save(buffer, "PNG")
    return buffer.getvalue()


def _whole(values: npt.NDArray[np.uint8], picture: KeptPicture) -> npt.NDArray[np.uint8]:
    """Put the values of the seen part where they lie in the picture, at their own resolution."""
    width, height = picture.size
    left, top, right, bottom = picture.seen
    across, down = values.shape[1] / (right - left), values.shape[0] / (bottom - top)
    size = max(1, round(height * down)), max(1, round(width * across))
    if size == values.shape:
        return values
    y, x = round(top * down), round(left * across)
    size = max(size[0], y + values.shape[0]), max(size[1], x + values.shape[1])
    whole = np.zeros(size, np.uint8)
    whole[y : y + values.shape[0], x : x + values.shape[1]] = values
    return whole
