"""Pairs of explanations: a value for each, and one pair over all thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.figures.drawing import palette

Values = npt.NDArray[np.float64]

DASH = "\u2013"
"""In a cell whose value is not defined."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A value for each pair of explanations.

    Attributes:
        names: of the explanations.
        values: float64 (n, n), symmetric, in [0, 1] or [-1, 1]; NaN where not defined.
        title: what the values are.
        signed: whether the colours reach from -1 to 1, else from 0 to 1.
    """

    names: tuple[str, ...]
    values: Values
    title: str
    signed: bool

    @property
    def low(self) -> float:
        """The value of the first colour; that of the last is 1."""
        return -1.0 if self.signed else 0.0

    @property
    def scale(self) -> str:
        """Name of the colour scale."""
        return palette.DIVERGING if self.signed else palette.MATRIX

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """Where an explanation meets itself, bool (n, n): these cells are quiet."""
        return np.eye(len(self.names), dtype=bool)

    @property
    def texts(self) -> list[str]:
        """What stands in the cells, row by row."""
        flat = self.values.ravel().tolist()
        return [DASH if value != value else f"{value:.2f}" for value in flat]

    @property
    def inks(self) -> list[str]:
        """Colours of the texts, each read on that of its cell; empty in quiet cells."""
        known = (np.isfinite(self.values) & ~self.own).ravel().tolist()
        return [
            palette.text_on(self.scale, (value - self.low) / (1 - self.low)) if shown else ""
            for value, shown in zip(self.values.ravel().tolist(), known, strict=True)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """How the overlap of two maps depends on the threshold.

    Attributes:
        percents: thresholds, rising, in percent of the pixels.
        curve: float64 (n,), the IoU in [0, 1]; NaN where not defined.
        level: float64 (n,), the IoU by chance.
        low, high: float64 (n,), ends of its 95 % band.
        at: the threshold in use, or None.
    """

    percents: tuple[float, ...]
    curve: Values
    level: Values
    low: Values
    high: Values
    at: float | None

    @property
    def across(self) -> Values:
        """The thresholds as float64 (n,)."""
        return np.asarray(self.percents, np.float64)


CURVES = ("IoU", "by chance", "95 % of random shifts")
"""Names of the curve, of the chance level and of its band."""
THRESHOLD = "highest pixels marked in each map, in percent"
NO_CURVE = "not defined: neither map marks a pixel"
