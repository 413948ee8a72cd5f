"""COCO JSON: objects of pictures as polygons, run lengths or boxes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core import Mask
from core.errors import BadTruth
from core.files.names import safe_name, visible
from core.measure.truth.rle import rle_mask
from core.measure.truth.shapes import Size, box_mask, polygon_mask
from core.measure.truth.truth_file import MOST, Entries, TruthFile, check_size, field_of
from core.models.class_names import spelled
from core.pictures.picture import Picture

MAX_BYTES = 64 << 20
"""Of a file; its objects take some ten times as much memory."""
MOST_OBJECTS = 1000
"""Annotations of one picture."""
_LARGEST = 1e9
"""Of a coordinate."""


@dataclass(slots=True)
class _Entry:
    """A picture of the file.

    Attributes:
        content: its entry under `images`.
        objects: its annotations.
    """

    content: Mapping[str, Any]
    objects: list[Mapping[str, Any]] = field(default_factory=list)


def from_coco(data: bytes, name: str, digest: str) -> TruthFile:
    """Read a COCO file.

    A picture's annotations are united, crowds among them; where some have the category that is
    called like the explained class, only those. A segmentation is taken before its box.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.
        digest: SHA-256 of the bytes.

    Raises:
        BadTruth: no JSON, or without pictures and annotations.
    """
    shown = safe_name(name)
    if len(data) > MAX_BYTES:
        raise BadTruth(
            f"{shown} has {len(data) >> 20} MB, more than {MAX_BYTES >> 20} MB: give the part of "
            "it that has your pictures."
        )
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadTruth(f"{shown} is not JSON: give a COCO file of annotations.") from error
    images, annotations = (field_of(whole, each, list) for each in ("images", "annotations"))
    if images is None or annotations is None:
        raise BadTruth(f"{shown} has no lists images and annotations: give a COCO file.")
    if len(images) > MOST:
        raise BadTruth(f"{shown} has {len(images)} images: give {MOST} at most.")
    entries = _entries(images, annotations)
    if not entries:
        raise BadTruth(f"{shown} has no image with an id and a file_name: give a COCO file.")
    categories = {
        each["id"]: spelled(each["name"])
        for each in field_of(whole, "categories", list) or ()
        if _has(each, "name")
    }
    named = Entries((str(entry.content["file_name"]), entry) for entry in entries)

    def find(picture: Picture, class_name: str) -> Mask | None:
        entry = named.of(picture.name)
        if entry is None or not entry.objects:
            return None
        return _mask(entry, picture, categories, class_name)

    return TruthFile(shown, digest, find)


def _has(content: object, name: str) -> bool:
    """Tell whether an object has an id and a text of that name."""
    return field_of(content, "id", int) is not None and bool(field_of(content, name, str))


def _entries(images: Sequence[Any], annotations: Sequence[Any]) -> list[_Entry]:
    """Return the pictures that have an id and a name, with their annotations."""
    by_id = {each["id"]: _Entry(each) for each in images if _has(each, "file_name")}
    for each in annotations:
        entry = by_id.get(field_of(each, "image_id", int) or 0)
        if entry is not None and each["image_id"] == entry.content["id"]:
            entry.objects.append(each)
    return list(by_id.values())


def _mask(entry: _Entry, picture: Picture, categories: Mapping[int, str], class_name: str) -> Mask:
    """Return the objects of a picture as one mask.

    Raises:
        BadTruth: an annotation is damaged or does not fit the picture.
    """
    shown = f"An annotation of {picture.name}"
    size = picture.original_size
    if "width" in entry.content or "height" in entry.content:
        given = entry.content.get("width"), entry.content.get("height")
        check_size(given, picture, f"The image {visible(str(entry.content['file_name']))[:80]}")
        size = (int(entry.content["width"]), int(entry.content["height"]))
    own = [
        each
        for each in entry.objects
        if categories.get(field_of(each, "category_id", int) or 0) == spelled(class_name)
    ]
    objects = own or entry.objects
    if len(objects) > MOST_OBJECTS:
        raise BadTruth(
            f"{picture.name} has {len(objects)} annotations: give {MOST_OBJECTS} at most."
        )
    mask = np.zeros(picture.pixels.shape[:2], bool)
    for each in objects:
        mask |= _drawn(each, size, picture.pixels.shape[:2], shown)
    return mask


def _drawn(content: Mapping[str, Any], size: Size, shape: tuple[int, ...], what: str) -> Mask:
    """Return one annotation as a mask."""
    rows, columns = shape
    outline = content.get("segmentation")
    if isinstance(outline, dict):
        if outline.get("size") != [size[1], size[0]]:
            raise BadTruth(
                f"{what} has run lengths of another size than {size[0]} x {size[1]}: correct them."
            )
        return rle_mask(outline, (rows, columns), what)
    if isinstance(outline, list) and outline:
        mask = np.zeros((rows, columns), bool)
        for each in outline:
            corners = _numbers(each)
            if len(corners) < 6 or len(corners) % 2:
                raise BadTruth(
                    f"{what} has a polygon that is no list of three corners or more: correct it."
                )
            points = np.array(corners, np.float64).reshape(-1, 2)
            mask |= polygon_mask(points, size, (rows, columns))
        return mask
    box = _numbers(content.get("bbox"))
    if len(box) != 4:
        raise BadTruth(f"{what} has no segmentation and no bbox of four numbers: add one.")
    left, top, width, height = box
    edges = (left, top, left + width, top + height)
    return box_mask(edges, size, (rows, columns), f"The bbox of {what[0].lower()}{what[1:]}")


def _numbers(value: object) -> list[float]:
    """Return a list of finite numbers; an empty one for anything else."""
    if not isinstance(value, list):
        return []
    good = all(type(each) in (int, float) and abs(each) < _LARGEST for each in value)
    return [float(each) for each in value] if good else []
