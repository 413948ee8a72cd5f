"""What a person painted on a picture: where does the model look, or where is the object?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core import Mask
from core.errors import BadOption
from core.pictures.run_lengths import compressed, runs_of, spread, uncompressed

LEAST, MOST = 4, 128
"""Cells that a painting has on a side."""
LONGEST = 2000
"""Characters of a painting's run lengths."""

FACTOR, FEWEST, FINEST = 4, 16, 64
"""Cells of a painting for each of a map, and how many a side are offered to paint on."""

_FIELDS = ("height", "width", "counts")


@dataclass(frozen=True, slots=True)
class Painting:
    """A painted mask of few cells.

    It lies on the picture as the model sees it, cropped or squashed: its edges are those of a
    map of the same picture, model and fit, whatever the size of either.

    Attributes:
        height, width: rows and columns of cells.
        counts: COCO's compressed run lengths of the painted cells, column by column.
    """

    height: int
    width: int
    counts: str

    def __post_init__(self) -> None:
        for name, side in (("height", self.height), ("width", self.width)):
            if type(side) is not int or not LEAST <= side <= MOST:
                raise BadOption(
                    f"The painting's {name} is not a whole number of cells from {LEAST} to {MOST}: "
                    "paint again."
                )
        if not isinstance(self.counts, str):
            raise BadOption("The painting's run lengths are not text: paint again.")
        if len(self.counts) > LONGEST:
            raise BadOption(
                f"The painting's run lengths have {len(self.counts)} characters, more than "
                f"{LONGEST}: paint with a larger brush."
            )
        runs = uncompressed(self.counts)
        if runs is None or min(runs, default=0) < 0 or sum(runs) != self.height * self.width:
            raise BadOption(
                f"The painting's run lengths do not add up to {self.width} x {self.height} "
                "cells: paint again."
            )

    @classmethod
    def of(cls, mask: Mask) -> Painting:
        """Return the painting of a mask, bool (h, w).

        Raises:
            BadOption: it has too few or too many cells, or specks.
        """
        return cls(mask.shape[0], mask.shape[1], compressed(runs_of(mask)))

    @property
    def runs(self) -> tuple[int, ...]:
        """The run lengths: cells that are not painted, that are, and so on; column by column."""
        return tuple(uncompressed(self.counts) or ())

    @property
    def mask(self) -> Mask:
        """Which cells are painted, bool (height, width)."""
        return spread(self.runs, self.height, self.width)


def cells_for(grid: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns that are painted on beside a map of a grid (rows, columns)."""
    rows, columns = (min(FINEST, max(FEWEST, FACTOR * side)) for side in grid)
    return rows, columns


def painting_from(value: object) -> Painting:
    """Return the painting that a browser sent.

    Args:
        value: `{"height": .., "width": .., "counts": ..}`, or whatever came instead.

    Raises:
        BadOption: it is none.
    """
    if not isinstance(value, Mapping) or set(value) != set(_FIELDS):
        raise BadOption("This is not a painting: send its height, width and counts.")
    return Painting(**{name: value[name] for name in _FIELDS})
