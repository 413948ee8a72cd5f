"""Where explanations of one picture agree, as flat colours over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import Mask, Pixels
from core.figures.drawing import palette

Codes = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

OPACITY = 0.62
"""Of the colours over the grey picture."""
DIMMEST = 0.22
"""Where the colours of counts begin on their scale: below, they are as dark as many pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """A picture with flat colours over it.

    Attributes:
        title: above the picture.
        pixels: uint8 (H, W, 3), the picture; drawn in grey, so that no colour of its own mixes
            with those of the areas.
        box: left, top, right, bottom of the seen part in pixels of `pixels`.
        codes: uint8 (h, w), laid over the box: 0 where nothing is marked, k for the k-th area.
        colours: of the areas.
        names: of the areas, for the legend.
        readings: of each code, for the mouse.
    """

    title: str
    pixels: Pixels
    box: Box
    codes: Codes
    colours: tuple[str, ...]
    names: tuple[str, ...]
    readings: tuple[str, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the seen part that each area covers, in [0, 1]."""
        counts = np.bincount(self.codes.ravel(), minlength=len(self.names) + 1)
        return tuple((counts[1:] / self.codes.size).tolist())


def overlap(pixels: Pixels, box: Box, first: Mask, second: Mask, titles: tuple[str, str]) -> Areas:
    """Show what one mask marks alone, what both mark, and what the other marks alone.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: of the seen part.
        first: bool (h, w), laid over the box.
        second: bool (h, w), of the same size.
        titles: of the two explanations.
    """
    codes = np.where(first, np.where(second, 2, 1), np.where(second, 3, 0)).astype(np.uint8)
    names = (f"only {titles[0]}", "both", f"only {titles[1]}")
    colours = (palette.ONLY_FIRST, palette.BOTH, palette.ONLY_SECOND)
    title = f"{titles[0]} and {titles[1]}"
    return Areas(title, pixels, box, codes, colours, names, ("neither", *names))


def consensus(pixels: Pixels, box: Box, counts: Codes, methods: int) -> Areas:
    """Show how many methods mark each place.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: of the seen part.
        counts: uint8 (h, w) in 0..methods, laid over the box.
        methods: how many there are, at least 1.
    """
    of = [f"{number} of {methods}" for number in range(methods + 1)]
    return Areas(
        f"Marked by how many of {methods}",
        pixels,
        box,
        counts,
        palette.levels(palette.COUNTS, methods, DIMMEST),
        tuple(of[1:]),
        tuple(f"marked by {each}" for each in of),
    )
