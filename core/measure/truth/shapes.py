"""Boxes and polygons as masks."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Mask
from core.errors import BadTruth
from core.imports.lazy import library
from core.pictures.picture import Picture

Size = tuple[int, int]
"""(width, height) in pixels."""
Points = npt.NDArray[np.float64]
_FRACTION = 4
"""Bits of a pixel's fraction in which OpenCV takes corners."""
_FAR = float(1 << 20)


def box_mask(box: Sequence[float], size: Size, shape: tuple[int, int], what: str) -> Mask:
    """Return the pixels whose middle lies in a box, one at least.

    Args:
        box: left, top, right and bottom edge, in pixels of a picture of `size`; what lies outside
            the picture is cut off.
        size: (width, height).
        shape: rows and columns of the mask.
        what: the box, to begin a sentence with.

    Returns:
        bool `shape`.

    Raises:
        BadTruth: it is no box, or lies outside the picture.
    """
    if not all(map(math.isfinite, box)):
        raise BadTruth(f"{what} has an edge that is no number: correct it.")
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        raise BadTruth(f"{what} ends before it begins: correct it.")
    if right <= 0 or bottom <= 0 or left >= size[0] or top >= size[1]:
        raise BadTruth(f"{what} lies outside its picture: correct it.")
    mask = np.zeros(shape, bool)
    mask[_inside(top, bottom, shape[0], size[1]), _inside(left, right, shape[1], size[0])] = True
    return mask


def _inside(start: float, stop: float, count: int, side: int) -> slice:
    """Return the pixels of a line whose middle lies between two edges, one at least."""
    edges = [min(max(edge, 0.0), float(side)) * count / side for edge in (start, stop)]
    first, end = (math.ceil(edge - 0.5) for edge in edges)
    if first >= end:
        first = min(int(sum(edges) / 2), count - 1)
        end = first + 1
    return slice(first, end)


def polygon_mask(corners: Points, size: Size, shape: tuple[int, int]) -> Mask:
    """Return the pixels inside a polygon, its edge among them.

    Args:
        corners: float64 (N, 2), x and y in pixels of a picture of `size`, finite; the middle of
            the first pixel is 0.5, 0.5.
        size: (width, height).
        shape: rows and columns of the mask.

    Returns:
        bool `shape`.
    """
    scaled = corners * (shape[1] / size[0], shape[0] / size[1]) - 0.5
    fixed = np.rint(np.clip(scaled, -_FAR, _FAR) * (1 << _FRACTION)).astype(np.int32)
    mask = np.zeros(shape, np.uint8)
    library("cv2").fillPoly(mask, [fixed], 1, shift=_FRACTION)
    return mask.astype(bool)


def drawn_mask(
    boxes: Sequence[Sequence[float]], loops: Sequence[Sequence[Sequence[float]]], picture: Picture
) -> Mask:
    """Return what a person has drawn on a picture as a mask.

    Args:
        boxes: left, top, right and bottom edge each, in pixels of the picture; in any order of
            the two edges.
        loops: corners each, x and y in pixels of the picture.
        picture: that was drawn on.

    Returns:
        bool (H, W) like its `pixels`, the shapes together.

    Raises:
        BadTruth: nothing lies on the picture, or a number is not finite.
    """
    tall, wide = picture.pixels.shape[:2]
    mask = np.zeros((tall, wide), bool)
    if not np.isfinite([edge for box in boxes for edge in box]).all():
        raise BadTruth("The box has an edge that is no number: draw it again.")
    for left, top, right, bottom in boxes:
        across, down = sorted((left, right)), sorted((top, bottom))
        box = (across[0], down[0], across[1], down[1])
        mask |= box_mask(box, (wide, tall), (tall, wide), "The box")
    for loop in loops:
        corners = np.asarray(loop, np.float64).reshape(-1, 2)
        if not np.isfinite(corners).all():
            raise BadTruth("The loop has a corner that is no number: draw it again.")
        mask |= polygon_mask(corners, (wide, tall), (tall, wide))
    if not mask.any():
        raise BadTruth("Nothing of the picture was marked: draw around the object.")
    return mask


def mask_png(mask: Mask) -> bytes:
    """Return a mask as a label image: 1-bit PNG, white where the object is."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(mask, bool)).save(file, "PNG")
    return file.getvalue()
