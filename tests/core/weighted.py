"""Weights of superpixels made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import Segments
from core.explain.superpixel_weights import LinearFit, SuperpixelWeights


def weighted(
    segments: Segments,
    weights: Sequence[float],
    order: Sequence[int] | None = None,
    outlined: tuple[int, ...] = (),
    r2: float = 0.5,
) -> SuperpixelWeights:
    """A linear model with these weights; the other numbers are made up."""
    if order is None:
        order = sorted(range(len(weights)), key=lambda number: -abs(weights[number]))
    fit = LinearFit(np.array(weights, np.float64), tuple(order), 0.1, r2, 0.5, 0.5, 100, 80.0)
    return SuperpixelWeights(segments, fit, outlined, "grid(cells=2)")
