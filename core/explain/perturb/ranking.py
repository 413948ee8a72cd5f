"""Which superpixels count most: one choice for outlines, masks and their overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def heaviest(
    weights: npt.NDArray[np.float64],
    order: Sequence[int],
    count: int,
    sign: str = "positive",
    least: float = 0.0,
) -> tuple[int, ...]:
    """Choose superpixels as lime's `get_image_and_mask` does, except those of weight 0.

    Outlines and masks both take theirs from here. lime outlines a superpixel that a lasso gave
    the weight 0 as one that speaks for the class; here it is left out.

    Args:
        weights: float64, one per superpixel.
        order: superpixel numbers by falling absolute weight, as the fit ranks them.
        count: how many at most.
        sign: `positive`, `negative` or `any`.
        least: smallest absolute weight.
    """
    side = {"positive": 1.0, "negative": -1.0}.get(sign)
    if side is None:
        return tuple(k for k in order[:count] if abs(weights[k]) >= least and weights[k] != 0)
    return tuple([k for k in order if side * weights[k] > max(least, 0.0)][:count])
