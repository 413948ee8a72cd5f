"""Small pictures and overlays for tables and reports, as JPEG inside an address."""

from __future__ import annotations

from collections.abc import Sequence

from core.explain.base import Explanation
from core.export.bundle import drawn
from core.export.record import PreparedPicture
from core.figures.drawing.overlay import Box, OverlayLook
from core.figures.drawing.pictures import data_uri, shrunk
from core.pictures.picture import Picture


def overlay_uri(
    seen: PreparedPicture, explanation: Explanation | None, look: OverlayLook, longest: int
) -> str:
    """Return a map over its picture, or the picture alone, at most `longest` pixels a side."""
    pixels = seen.picture.pixels
    if explanation is not None:
        pixels = drawn(pixels, explanation, seen.box, look)
    return data_uri(pixels, longest)[0]


def small_uri(
    picture: Picture, longest: int, explanation: Explanation | None = None, box: Box | None = None
) -> str:
    """Return a small picture, or a map drawn over it at that size, which is quick.

    Args:
        picture: what is shown.
        longest: the longest side in pixels.
        explanation: the map, or None.
        box: left, top, right, bottom of what the model saw, in pixels of the picture.
    """
    pixels, share = shrunk(picture.pixels, longest)
    if explanation is not None and box is not None:
        left, top, right, bottom = (edge * share for edge in box)
        pixels = drawn(pixels, explanation, (left, top, right, bottom), OverlayLook())
    return data_uri(pixels, longest)[0]


def thumb_uris(
    seen: PreparedPicture, explanations: Sequence[Explanation], look: OverlayLook, longest: int
) -> list[str]:
    """Return a picture and each map over it, drawn at the size at which they are sent.

    Args:
        seen: the picture with the part that the model saw.
        explanations: its maps.
        look: colours, opacity, contour.
        longest: the longest side in pixels.
    """
    pixels, share = shrunk(seen.picture.pixels, longest)
    left, top, right, bottom = (edge * share for edge in seen.box)
    maps = (drawn(pixels, each, (left, top, right, bottom), look) for each in explanations)
    return [data_uri(each, longest)[0] for each in (pixels, *maps)]
