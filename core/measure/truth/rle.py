"""The masks of COCO's run lengths, as files of objects hold them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core import Mask
from core.errors import BadTruth
from core.pictures.limits import MAX_PIXELS
from core.pictures.run_lengths import spread, uncompressed


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
    rows, across = (np.arange(n) * side // n for n, side in zip(shape, size, strict=True))
    return np.asarray(spread(runs, height, width)[rows[:, None], across[None, :]])
