"""The two kinds of smoothing that the grad-cam package offers, and how channels become one map.

Eigen smoothing keeps the first principal component of the weighted channels in place of their
sum. Augmentation smoothing averages the maps of six variants of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from core import Heat
from core.requests.maps import Smooth

Maps = npt.NDArray[np.floating]
"""(C, gh, gw): one map per channel; float32, or float64 where a formula of the package gives it."""

ROUNDING = 1e-6
"""Share of the sum of |values| by which a sum of float32 differs from the exact one."""
FACTORS = (0.9, 1.0, 1.1)
"""What augmentation smoothing multiplies the normalised picture by."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One form of the picture.

    Attributes:
        batch: float32 (1, 3, h, w), normalised.
        flipped: whether its map must be flipped back.
        factor: what the picture was multiplied by.
    """

    batch: torch.Tensor
    flipped: bool = False
    factor: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether it is the picture itself."""
        return not self.flipped and self.factor == 1.0

    def undo(self, shown: Heat) -> Heat:
        """Return the map, float32 (h, w), in the coordinates of the picture itself."""
        return shown[:, ::-1] if self.flipped else shown


def has_eigen(smooth: Smooth) -> bool:
    """Whether the principal component replaces the sum over channels."""
    return smooth in ("eigen", "both")


def has_augmentation(smooth: Smooth) -> bool:
    """Whether the map is the mean over augmented pictures."""
    return smooth in ("aug", "both")


def count(smooth: Smooth) -> int:
    """Return how many variants of the picture are computed."""
    return 2 * len(FACTORS) if has_augmentation(smooth) else 1


def variants(batch: torch.Tensor, smooth: Smooth) -> Iterator[Variant]:
    """Yield the picture itself, or its six variants: mirrored or not, times 0.9, 1 and 1.1.

    Args:
        batch: float32 (1, 3, h, w), normalised.
        smooth: kind of smoothing.
    """
    if not has_augmentation(smooth):
        yield Variant(batch)
        return
    for flipped in (False, True):
        base = batch.flip(3) if flipped else batch
        for factor in FACTORS:
            yield Variant(base * factor, flipped, factor)


def total(maps: Maps) -> Heat:
    """Return the sum over channels, float32 (gh, gw); flat where it varies by rounding alone."""
    heat = np.asarray(maps.sum(axis=0), dtype=np.float32)
    return np.full_like(heat, heat.mean()) if is_rounding(heat, maps) else heat


def is_rounding(heat: Heat, maps: Maps) -> bool:
    """Tell whether a map varies by no more than the rounding of the channels it was made of.

    Args:
        heat: float32 (gh, gw).
        maps: (C, gh, gw), of which it is a sum or a projection.
    """
    return bool(np.ptp(heat) <= ROUNDING * np.abs(maps).sum(axis=0).max())


def first_component(maps: Maps) -> Heat:
    """Project every place on the first principal axis of the channels.

    Equal to the package's `get_2d_projection`, which asks for the full U and V (10 GB for a grid
    of 224 x 224); the first row of V is the same in the reduced decomposition.

    Args:
        maps: (C, gh, gw), finite.

    Returns:
        float32 (gh, gw). Its sign is no evidence but what the decomposition gives: where the first
        channel is nearly zero, rounding decides it. Zero where the channels vary by rounding
        alone.

    Source: Muhammad and Yeasin 2020 (EigenCAM), section III.
    """
    places = maps.reshape(maps.shape[0], -1).transpose()
    places = places - places.mean(axis=0)
    axes = np.linalg.svd(places, full_matrices=False)[2]
    heat = np.asarray((places @ axes[0]).reshape(maps.shape[1:]), dtype=np.float32)
    return np.zeros_like(heat) if is_rounding(heat, maps) else heat
