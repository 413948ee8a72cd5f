"""Small pictures and overlays for tables and reports, as JPEG inside an address."""

from __future__ import annotations

import numpy as np

from core import Pixels
from core.explain.base import Explanation
from core.export.bundle import drawn
from core.export.record import Explained, PreparedPicture
from core.figures.drawing.overlay import OverlayLook
from core.figures.drawing.pictures import data_uri, thumbnail
from core.pictures.picture import Picture


def overlay_uri(
    seen: PreparedPicture, explanation: Explanation | None, look: OverlayLook, longest: int
) -> str:
    """Return a map over its picture, or the picture alone, at most `longest` pixels a side."""
    pixels = seen.picture.pixels
    if explanation is not None:
        pixels = drawn(pixels, explanation, seen.box, look)
    return data_uri(pixels, longest)[0]


def thumb_uri(picture: Picture, explained: Explained | None, side: int) -> str:
    """Return the middle of a picture beside that of its first map, `side` pixels high."""
    parts: list[Pixels] = [thumbnail(picture.pixels, side)]
    if explained is not None and explained.explanations:
        box = explained.prepared.box
        over = drawn(picture.pixels, explained.explanations[0], box, OverlayLook())
        parts.append(thumbnail(over, side))
    return data_uri(np.ascontiguousarray(np.concatenate(parts, axis=1)), 2 * side)[0]
