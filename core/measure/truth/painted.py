"""Where a class says that the object is: what most of them painted, as a truth mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core import Mask
from core.measure.paintings import mean_of

MOST = 0.5
"""Share of those who painted anything from which on a place counts."""


def painted_truth(
    paintings: Sequence[Mask], box: tuple[int, int, int, int], size: tuple[int, int]
) -> Mask | None:
    """Return the places that at least half of a class painted.

    Args:
        paintings: bool (rows, columns) each, on what the model sees.
        box: (x0, y0, x1, y1) in pixels of the picture, the part that the model sees.
        size: (width, height) of the picture in pixels.

    Returns:
        bool (height, width) of the whole picture; None where no place was painted by so many.
    """
    x0, y0, x1, y1 = box
    shapes = [painting.shape for painting in paintings if painting.any()]
    if not shapes:
        return None
    rows, columns = (max(sides) for sides in zip(*shapes, strict=True))
    agreed = mean_of(paintings, (rows, columns)) >= MOST
    if not agreed.any():
        return None
    part = Image.fromarray(agreed).resize((x1 - x0, y1 - y0), Image.Resampling.NEAREST)
    mask = np.zeros((size[1], size[0]), bool)
    mask[y0:y1, x0:x1] = np.asarray(part)
    return mask
