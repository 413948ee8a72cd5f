"""What is known about the units of one layer, as arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS = 32
"""Bars of the histogram of a unit's activations."""
LEVEL = 0.05
"""A unit is labelled where its q-value is below this and it is not inactive."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """All units of one layer.

    Attributes:
        layer: dotted module path.
        kind: the module's class.
        grid: (rows, columns) of the layer's positions; (0, 0) without positions.
        words: int32 (units, T), indices of the best words in the word list, the best first.
        similarities: float32 (units, T) of those words.
        margins: float32 (units, T), how far each is above the next word; NaN for the last of all.
        bound: the largest possible similarity, ln(units) for soft_wpmi; NaN where there is none.
        p: float64 (units,), how often chance gives as high a similarity; 1 for inactive units.
        q: float64 (units,), the same with regard to all units of the layer; 1 for inactive units.
        inactive: bool (units,), constant or nearly always 0, so that nothing describes them.
        means: float32 (units,), mean activation over all probes.
        probes: int32 (units, K), indices of the strongest probes in their set.
        activations: float32 (units, K) of those probes.
        positions: int32 (units, K), row * columns + column of the largest activation in the
            layer's grid; -1 without positions.
        histogram: int32 (units, BINS), probes by activation, from `lows` to `highs`.
        lows, highs: float32 (units,), the smallest and the largest activation.
    """

    layer: str
    kind: str
    grid: tuple[int, int]
    words: Ints
    similarities: Floats
    margins: Floats
    bound: float
    p: Values
    q: Values
    inactive: Flags
    means: Floats
    probes: Ints
    activations: Floats
    positions: Ints
    histogram: Ints
    lows: Floats
    highs: Floats

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.words)

    @property
    def labelled(self) -> Flags:
        """Which units a word describes better than chance (q < `LEVEL`), inactive ones apart."""
        return np.asarray((self.q < LEVEL) & ~self.inactive)

    @property
    def relative(self) -> Floats:
        """Best similarity as a share of the largest possible; NaN where there is no such."""
        return np.asarray(self.similarities[:, 0] / np.float32(self.bound or math.nan))
