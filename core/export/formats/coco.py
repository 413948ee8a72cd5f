"""Thresholded maps as COCO JSON: one crowd annotation a map, with its mask as run lengths."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import Mask
from core.explain.base import Tick, no_tick
from core.export.formats.map_set import KeptMap, KeptPicture, MapSet
from core.files.writing import whole_file
from core.measure.masks import PARTS, default_rule, marked
from core.pictures.run_lengths import compressed, runs_of
from core.requests.studies import TOP


def write_coco(
    maps: MapSet, path: Path, top: float = TOP, superpixels: int = PARTS, tick: Tick = no_tick
) -> int:
    """Write the pixels that each map marks as COCO JSON.

    `category_id` is the index of the explained class, `score` its probability, `area` the number
    of marked pixels, `bbox` [x, y, width, height] in pixels of the picture. A map that marks
    nothing, as a constant one, has an annotation with area 0. Annotations are written as they
    are found, so they come first in the file.

    Args:
        maps: finished maps.
        path: of the file.
        top: percent of its pixels that a map marks, in (0, 100].
        superpixels: that a map of superpixels marks, 1 or more.
        tick: told the share done.

    Returns:
        How many annotations there are.

    Raises:
        SeeWhyError: there are no maps, a number is out of range, or nothing can be written.
    """
    images: list[dict[str, object]] = []
    categories: dict[int, str] = {}
    count = 0
    with whole_file(path) as part, part.open("w", encoding="ascii", newline="\n") as file:
        file.write('{"annotations": [')
        for number, picture in enumerate(maps.pictures(tick), 1):
            width, height = picture.size
            images.append(
                {"id": number, "file_name": picture.name, "width": width, "height": height}
            )
            for each in picture.maps:
                categories[each.made.class_index] = each.made.class_name
                file.write(",\n" if count else "\n")
                count += 1
                record = {"id": count, "image_id": number}
                file.write(json.dumps(record | _annotation(picture, each, top, superpixels)))
        rest = {
            "images": images,
            "categories": [{"id": id, "name": categories[id]} for id in sorted(categories)],
            "info": {"description": "Masks of heat maps by SeeWhy"} | dict(maps.origin),
            "licenses": [],
        }
        file.write("\n],\n" + json.dumps(rest)[1:] + "\n")
    return count


def _annotation(
    picture: KeptPicture, each: KeptMap, top: float, superpixels: int
) -> dict[str, object]:
    """Return what is said of one map; the mask is that of `agree`, enlarged to the picture."""
    rule = default_rule(each.made, top, superpixels)
    mask = on_picture(marked(each.made, rule).mask, picture)
    return {
        "category_id": each.made.class_index,
        "score": each.made.probability,
        "iscrowd": 1,
        "segmentation": {"size": list(mask.shape), "counts": compressed(runs_of(mask))},
        "area": int(mask.sum()),
        "bbox": bounds(mask),
        "method": each.made.label,
        "layer": each.made.layer,
        "rule": rule.text,
        "key": each.key,
    }


def on_picture(mask: Mask, picture: KeptPicture) -> Mask:
    """Return a mask of the seen part as one of the whole picture; what was not seen is unmarked.

    Args:
        mask: bool (h, w), of any size.
        picture: its `seen` says which part was seen.

    Returns:
        bool (H, W) at the picture's own resolution; each pixel is that of the mask below its
        middle.
    """
    width, height = picture.size
    left, top, right, bottom = picture.seen
    whole = np.zeros((height, width), bool)
    rows, ys = _places(top, bottom, height, mask.shape[0])
    columns, xs = _places(left, right, width, mask.shape[1])
    whole[np.ix_(rows, columns)] = mask[np.ix_(ys, xs)]
    return whole


def _places(
    start: float, stop: float, whole: int, own: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return which pixels of the picture lie between two edges, and the mask's pixel of each."""
    inside = np.arange(round(start), min(round(stop), whole), dtype=np.intp)
    at = (inside + 0.5 - start) * own / (stop - start)
    return inside, np.clip(at, 0, own - 1).astype(np.intp)


def bounds(mask: Mask) -> list[int]:
    """Return [x, y, width, height] of the marked pixels; zeros where nothing is marked."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not columns.size:
        return [0, 0, 0, 0]
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
