"""What a linear model says of superpixels, and which of them count most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import Segments

Vector = npt.NDArray[np.float64]
POOR_FIT = 0.3
"""R² below which an explanation should not be trusted."""
STEADY = 5
"""Samples per superpixel below which R² is optimistic, because the fit can follow every sample."""
FEW = 10.0
"""Effective samples below which a fit means nothing."""


def heaviest(
    weights: npt.NDArray[np.float64],
    order: Sequence[int],
    count: int,
    sign: str = "positive",
    least: float = 0.0,
) -> tuple[int, ...]:
    """Choose superpixels as lime's `get_image_and_mask` does, except those of weight 0.

    Outlines and masks both take theirs from here. lime outlines a superpixel that a lasso gave
    the weight 0 as one that supports the class; here it is left out.

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


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit:
    """A fitted local model of one class.

    Attributes:
        weights: float64 (superpixels,), 0 where a superpixel was not chosen.
        order: superpixel numbers by falling absolute weight, those not chosen left out.
        intercept: of the linear model.
        r2: weighted R² on the samples; NaN where the answers differ by rounding alone.
        local: the linear model's probability of the whole picture.
        model: the classifier's probability of the whole picture.
        samples: number of samples.
        effective: effective number of samples under the kernel, (sum w)² / sum w².
    """

    weights: Vector
    order: tuple[int, ...]
    intercept: float
    r2: float
    local: float
    model: float
    samples: int
    effective: float

    def top(self, count: int, sign: str = "positive", least: float = 0.0) -> tuple[int, ...]:
        """The heaviest superpixels of this fit; see `heaviest`."""
        return heaviest(self.weights, self.order, count, sign, least)

    @property
    def r2_text(self) -> str:
        """R² in two digits, or `none`."""
        return "none" if math.isnan(self.r2) else f"{self.r2:.2f}"

    def sentence(self) -> str:
        """How far to trust the fit, for a person."""
        superpixels, samples = len(self.weights), f"{self.samples:,} samples"
        if self.effective < FEW:
            effective = max(1, round(self.effective))
            return (
                f"At this kernel width only about {effective} of {samples} "
                f"{'carries' if effective == 1 else 'carry'} weight, so do not trust this "
                "explanation; choose a larger kernel width."
            )
        if math.isnan(self.r2):
            return (
                "Nothing in the picture changes the probability of the class by more than the "
                "rounding of the model's answers: there are no weights to show."
            )
        if not self.weights.any():
            return "No superpixel changes the probability of the class: nothing can be outlined."
        if self.r2 < POOR_FIT:
            return (
                f"R² {self.r2:.2f} is low, so do not trust this explanation; "
                "more samples or larger superpixels help."
            )
        if self.samples < STEADY * superpixels:
            return (
                f"R² {self.r2:.2f} is optimistic: {samples} are too few for {superpixels:,} "
                f"superpixels; use at least {STEADY * superpixels:,}."
            )
        return f"R² {self.r2:.2f}: the linear model follows the classifier around this picture."


@dataclass(frozen=True, slots=True, eq=False)
class SuperpixelWeights:
    """A linear model of superpixels, as LIME and KernelSHAP fit it.

    Attributes:
        segments: int32 (h, w), the number of each pixel's superpixel.
        fit: the weights, and how far to trust them.
        outlined: numbers of the superpixels that are outlined, the heaviest first.
        recipe: how the superpixels were found, as Python code.
        base: the answer with everything hidden, where the weights add up from it (KernelSHAP).
    """

    segments: Segments
    fit: LinearFit
    outlined: tuple[int, ...]
    recipe: str
    base: float | None = None
