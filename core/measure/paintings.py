"""How near paintings of a class came to maps: overlap, chance, heat inside, who was closest.

A map lies on what the model sees, and so does a painting: what is painted on is the part of the
picture that the model sees, cropped or squashed as the model has it. So the edges of both are the
same, and only their resolution differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core import Heat, Mask
from core.explain.base import Tick, no_tick, part
from core.explain.scaling import Size
from core.measure.chance import chance, correlated
from core.measure.masks import entry_order
from core.measure.overlap import ratio

Table = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int64]
Value = TypeVar("Value", bound=np.generic)

BAND = (2.5, 97.5)
"""Percentiles between which 95 % of the shifts lie."""


@dataclass(frozen=True, slots=True, eq=False)
class Reveal:
    """What a class painted, beside maps of the same picture.

    NaN stands where a painting is empty; a map that is the same everywhere has heat inside a
    painting, unless it is 0, and all else is NaN.

    Attributes:
        iou: float64 (maps, paintings) in [0, 1], of a painting and as many hottest pixels.
        chance: float64 (maps, paintings), expected IoU of as many pixels drawn at random.
        low, high: float64 (maps, paintings), between which 95 % of the IoUs lie when the painting
            is shifted by whole cells, its edges joined as on a torus.
        energy: float64 (maps, paintings) in [0, 1], share of the map's heat that lies inside.
        shares: float64 (paintings,) in [0, 1], of the picture that is painted.
        mean: float32 (h, w) in [0, 1] at the first map's size, how many of those who painted
            anything painted each pixel, as a share; 0 everywhere where nobody did.
        places: of each painting by its IoU with the first map: 1 for the highest, equal ones the
            same, the place after them left out; those without an IoU share the last.
    """

    iou: Table
    chance: Table
    low: Table
    high: Table
    energy: Table
    shares: Table
    mean: Heat
    places: tuple[int, ...]

    @property
    def beats(self) -> npt.NDArray[np.bool_]:
        """Whether an IoU is above its band, bool (maps, paintings)."""
        return self.iou > self.high

    @property
    def order(self) -> tuple[int, ...]:
        """The paintings, the closest to the first map first; equal ones as they came."""
        return tuple(sorted(range(len(self.places)), key=self.places.__getitem__))


def reveal(maps: Sequence[Heat], paintings: Sequence[Mask], tick: Tick = no_tick) -> Reveal:
    """Compare paintings with maps, each at the map's size.

    Args:
        maps: float32 (h, w) in [0, 1] each, one at least; sizes may differ.
        paintings: bool (rows, columns) each; a pixel of a map belongs to the cell that its middle
            lies in.
        tick: told the share done; may raise to stop.

    Raises:
        Cancelled: raised by `tick`.
    """
    tables = np.full((5, len(maps), len(paintings)), np.nan)
    groups: dict[Size, list[int]] = {}
    for at, painting in enumerate(paintings):
        if painting.any():
            groups.setdefault((painting.shape[0], painting.shape[1]), []).append(at)
    for number, shown in enumerate(maps):
        told = part(tick, number / len(maps), (number + 1) / len(maps))
        for size, group in groups.items():
            masks = np.stack([paintings[at] for at in group])
            tables[:, number, group] = _compared(_Grid.of(shown, size), masks, told)
    iou, by_chance, low, high, energy = tables
    return Reveal(
        iou=iou,
        chance=by_chance,
        low=low,
        high=high,
        energy=energy,
        shares=np.array([painting.mean() for painting in paintings], np.float64),
        mean=mean_of(paintings, (maps[0].shape[0], maps[0].shape[1])),
        places=places_of(iou[0]),
    )


def mean_of(paintings: Sequence[Mask], size: Size) -> Heat:
    """Return which share of the paintings marks each pixel; empty ones do not count.

    Args:
        paintings: bool (rows, columns) each.
        size: height and width of the result.

    Returns:
        float32 (height, width) in [0, 1].
    """
    total, count = np.zeros(size, np.float32), 0
    for painting in paintings:
        if painting.any():
            total += _spread(painting, size)
            count += 1
    return total / np.float32(max(count, 1))


def places_of(values: Table) -> tuple[int, ...]:
    """Return the place of each value: 1 for the highest, equal ones the same, NaN the last."""
    known = np.sort(values[np.isfinite(values)])
    # How many are higher; all that have a value come before those that have none.
    higher = np.where(
        np.isfinite(values), known.size - np.searchsorted(known, values, side="right"), known.size
    )
    return tuple(int(place) + 1 for place in higher)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """A map on the cells of a painting, so that each painting costs a few sums over cells.

    Attributes:
        size: rows and columns of the cells.
        pixels: int64 (cells,), how many pixels of the map lie in each cell.
        heat: float64 (cells,), the sum of the map in each.
        hottest: int64 (n,), the cell of each pixel above the map's minimum, the hottest first.
    """

    size: Size
    pixels: Cells
    heat: Table
    hottest: Cells

    @classmethod
    def of(cls, shown: Heat, size: Size) -> _Grid:
        """Sort a map, float32 (h, w), into cells; ties as `masks.entry_order` has them."""
        count = size[0] * size[1]
        cells = _spread(np.arange(count).reshape(size), (shown.shape[0], shown.shape[1])).ravel()
        places = entry_order(shown).ravel()
        enters = np.flatnonzero(places < places.size)
        hottest = np.empty(enters.size, np.int64)
        hottest[places[enters]] = cells[enters]
        heat = np.bincount(cells, shown.ravel(), count).astype(np.float64)
        return cls(size, np.bincount(cells, minlength=count), heat, hottest)


def _compared(grid: _Grid, masks: Mask, tick: Tick) -> Table:
    """Compare paintings of one grid with a map.

    Args:
        grid: the map.
        masks: bool (n, rows, columns), no empty ones.
        tick: told the share done.

    Returns:
        float64 (5, n): IoU, chance, both ends of the band, the share of the heat inside.
    """
    inside = masks.reshape(len(masks), -1)
    painted = inside @ grid.pixels
    found = np.full((5, len(masks)), np.nan)
    heat = float(grid.heat.sum())
    found[4] = [ratio(float(grid.heat[each].sum()), heat) for each in inside]
    found[4, painted == 0] = np.nan  # a map of fewer pixels than cells may not show a speck
    if not grid.hottest.size:
        return found
    hot = np.empty(inside.shape, np.int64)
    for at, count in enumerate(painted):
        tick(at / len(masks), "Comparing")
        hot[at] = np.bincount(grid.hottest[:count], minlength=inside.shape[1])
    both = correlated(hot.reshape(masks.shape), masks)
    covered = painted[:, None].astype(np.float64)
    if np.ptp(grid.pixels):  # a shifted painting may cover a few pixels more or fewer
        covered = correlated(grid.pixels.reshape(grid.size), masks)
    marked = hot.sum(1)
    with np.errstate(invalid="ignore"):
        ious = both / (marked[:, None] + covered - both)
    whole = int(grid.pixels.sum())
    pairs = zip(painted.tolist(), marked.tolist(), strict=True)
    found[0], found[1] = ious[:, 0], [chance(*pair, whole) for pair in pairs]
    found[2:4] = np.percentile(ious, BAND, axis=1)
    return found


def _spread(cells: npt.NDArray[Value], size: Size) -> npt.NDArray[Value]:
    """Return the cell of every pixel: that which the pixel's middle lies in.

    Args:
        cells: (rows, columns).
        size: height and width of the result.
    """
    rows, across = (
        (2 * np.arange(side) + 1) * count // (2 * side)
        for side, count in zip(size, cells.shape, strict=True)
    )
    return np.asarray(cells[rows[:, None], across[None, :]])
