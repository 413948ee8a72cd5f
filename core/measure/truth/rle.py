"""COCO's run lengths: how many pixels, column by column, are not of the object, are, are not ..."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core import Mask
from core.errors import BadTruth
from core.pictures.limits import MAX_PIXELS

_LONGEST = 8
"""Characters of a number: 40 bits, more than pixels of any picture."""


def rle_mask(content: Mapping[str, object], shape: tuple[int, int], what: str) -> Mask:
    """Return the mask of run lengths, resized to the nearest pixels.

    Args:
        content: `size` (height, width) and `counts`, a list of numbers or COCO's compressed text.
        shape: rows and columns of the mask.
        what: the annotation, to begin a sentence with.

    Returns:
        bool `shape`.

    Raises:
        BadTruth: the numbers are none, or do not add up to the size.
    """
    size, counts = content.get("size"), content.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(type(each) is int for each in size)):
        raise BadTruth(f"{what} has run lengths without a size: give height and width.")
    height, width = size
    if min(size) < 1 or height * width > MAX_PIXELS:
        raise BadTruth(
            f"{what} has run lengths of {width:.9g} x {height:.9g} pixels: give 1 to "
            f"{MAX_PIXELS // 10**6} megapixels."
        )
    runs = uncompressed(counts) if isinstance(counts, str) else counts
    if not (
        isinstance(runs, list)
        and all(type(run) is int and 0 <= run <= height * width for run in runs)
        and sum(runs) == height * width
    ):
        raise BadTruth(
            f"{what} has run lengths that do not add up to {width} x {height} pixels: correct them."
        )
    columns = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height)
    rows, across = (np.arange(n) * side // n for n, side in zip(shape, size, strict=True))
    return np.asarray(columns.T[rows[:, None], across[None, :]])


def uncompressed(text: str) -> list[int] | None:
    """Return the numbers of COCO's compressed text; None where it is none.

    Each character holds five bits, the lowest first, and whether more follow; a number from the
    fourth on is the difference to the one before the last.

    Source: `rleFrString` of cocoapi/common/maskApi.c.
    """
    runs: list[int] = []
    value = length = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or length == _LONGEST:
            return None
        value |= (bits & 31) << 5 * length
        length += 1
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << 5 * length
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = length = 0
    return runs if length == 0 else None
