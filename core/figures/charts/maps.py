"""The grid of maps as data: panels, how they are drawn, what their colours mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core import Heat
from core.explain.scaling import resized
from core.figures.drawing import palette


@dataclass(frozen=True, slots=True)
class HeatmapLook:
    """How maps are drawn; none of it changes what was computed.

    Attributes:
        per_row: panels in a row, 1 to 4.
        opacity: of the map over the picture, in [0, 1].
        scale: name of a colour scale in `palette`.
        contour: a line is drawn where the map has this value in (0, 1); 0 draws none.
        signed: draw values against the class too, where the method has them.
        large: write for a projector.
    """

    per_row: int = 3
    opacity: float = 0.5
    scale: str = palette.DEFAULT
    contour: float = 0.0
    signed: bool = False
    large: bool = False

    @property
    def bar(self) -> ColourBar:
        """What the colours of all maps mean."""
        if self.signed:
            return ColourBar(palette.DIVERGING, (-1, 1), ("against", "for the class"))
        return ColourBar(self.scale, (0, 1), ("least", "most important"))


@dataclass(frozen=True, slots=True)
class ColourBar:
    """What colours mean.

    Attributes:
        scale: name of a colour scale in `palette`.
        limits: lowest and highest value.
        ends: words for them.
    """

    scale: str
    limits: tuple[float, float]
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One map of the grid, or the place that waits for it.

    Attributes:
        title: first line above the panel.
        detail: second line, quieter.
        shown: float32 (h, w) in [0, 1], or None while there is no map.
        heat: float32, the raw map, drawn instead of `shown` in the signed view; None for
            methods whose values have no sign.
        waiting: what stands in the panel while there is no map.
    """

    title: str
    detail: str = ""
    shown: Heat | None = None
    heat: Heat | None = None
    waiting: str = "waiting"

    def values(self, look: HeatmapLook) -> Heat | None:
        """Return what is drawn in colours of `look.bar`, float32 (h, w); None without a map."""
        if self.shown is None or not look.signed or self.heat is None:
            return self.shown
        peak = float(np.abs(self.heat).max())
        size = (self.shown.shape[0], self.shown.shape[1])
        return resized(self.heat / peak if peak > 0 else self.heat, size)


def cells_of(count: int, per_row: int, group: int) -> list[int]:
    """Return which cell of the grid, row by row, each of `count` panels stands in.

    The first cell is the picture's. Panels of a group share a row where it is wide enough, and
    each keeps its column: two classes then stand next to each other, under their own kind.
    """
    if group < 2 or per_row < group:
        return list(range(1, count + 1))
    # What is left of the groups in a row is free for the picture, or stays empty.
    spare = per_row % group
    cells: list[int] = []
    cell = spare or per_row
    for start in range(0, count, group):
        cells += range(cell, cell + min(group, count - start))
        cell += group
        if cell % per_row == 0:
            cell += spare
    return cells
