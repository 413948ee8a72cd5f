"""The line where a map has a value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skimage.measure import find_contours

from core import Heat
from core.figures.drawing.overlay import Box

Places = npt.NDArray[np.float32]


def level_line(values: Heat, level: float, box: Box) -> tuple[Places, Places]:
    """Return where values equal a level.

    Args:
        values: float32 (h, w), laid over the box.
        level: of the line.
        box: left, top, right, bottom of the part, in pixels of the picture.

    Returns:
        Places across and down in pixels of the picture, float32 (n,); NaN between two lines.
    """
    gap = np.full((1, 2), np.nan)
    lines = find_contours(values, level)  # type: ignore[no-untyped-call]
    places = np.concatenate([np.concatenate([line + 0.5, gap]) for line in lines] or [gap])
    down, across = (places / values.shape).T
    return (
        (box[0] + across * (box[2] - box[0])).astype(np.float32),
        (box[1] + down * (box[3] - box[1])).astype(np.float32),
    )
