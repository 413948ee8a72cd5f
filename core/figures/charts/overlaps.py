"""The charts of a gallery: the overlap of pairs of explanations on several pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.figures.charts.rows import Boxes
from core.figures.charts.words import IOU, defined

Values = npt.NDArray[np.float64]

LINES = "line: mean of a pair, dashed: what chance would give"
"""What the lines are, in words."""
FULL = 0.8
"""Share of a picture's place that its bars fill."""
FAINT = 0.55
"""Opacity of the bars, so that the lines are seen on them."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureBars:
    """Upright bars, one for each pair on each picture, with lines for the pair as a whole.

    Attributes:
        names: of the pictures, from left to right.
        pairs: of explanations, as they are named.
        values: float64 (pairs, pictures) in [0, 1], the IoU; NaN where not defined.
        means: of each pair, NaN where none is defined; a line.
        chances: of each pair, what chance would give; a dashed line.
    """

    names: tuple[str, ...]
    pairs: tuple[str, ...]
    values: Values
    means: tuple[float, ...]
    chances: tuple[float, ...]

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the axis of pictures, which stand at 0, 1 and so on."""
        return -0.5, max(len(self.names), 1) - 0.5

    def span(self, number: int) -> tuple[float, float]:
        """Return where the bar of a pair begins beside the middle of its picture, and how wide."""
        step = FULL / max(1, len(self.pairs))
        return number * step - FULL / 2, step * 0.94

    def label(self, number: int, pair: str) -> str:
        """Return the legend's words for a pair, which may be called by a shorter name."""
        mean, chance = defined(self.means[number]), defined(self.chances[number])
        return f"{pair}: mean {mean}, chance {chance}"


def overlaps(
    names: Sequence[str],
    pairs: Sequence[str],
    values: Sequence[Sequence[float]] | Values,
    means: Sequence[float],
    chances: Sequence[float],
) -> PictureBars:
    """Show the IoU of each pair on each picture; arguments as `PictureBars` holds them."""
    table = np.asarray(values, np.float64).reshape(len(pairs), len(names))
    return PictureBars(tuple(names), tuple(pairs), table, tuple(means), tuple(chances))


def spread(pairs: Sequence[str], values: Sequence[Values], names: Sequence[str]) -> Boxes:
    """Show the spread of the IoU of each pair over the pictures, with every point.

    Args:
        pairs: of explanations, as they are named.
        values: float64 (pictures,) in [0, 1] for each pair; NaN is left out.
        names: of the pictures, for the mouse.
    """
    known = [np.flatnonzero(np.isfinite(row)) for row in values]
    return Boxes(
        rows=tuple(pairs),
        values=tuple(row[at] for row, at in zip(values, known, strict=True)),
        axis=IOU,
        measure="IoU",
        digits=2,
        empty="not defined",
        points=tuple(tuple(names[k] for k in at.tolist()) for at in known),
        shares=True,
    )
