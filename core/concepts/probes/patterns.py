"""Simple pictures drawn from numbers: colours, gratings, dots, checkers, shapes and the like.

Shallow layers answer to these, and photographs seldom show one of them alone.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from core import Pixels

SIDE = 128
"""Pixels a side."""
Plane = npt.NDArray[np.float64]
Colour = npt.NDArray[np.float64]
Draw = Callable[[np.random.RandomState], Pixels]
_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
_WAVES = (4, 6, 8, 12, 16, 24, 32, 48)
"""Wavelengths and spacings in pixels."""


def _colour(rng: np.random.RandomState) -> Colour:
    """Draw a colour, float64 (3,) in 0 to 255: mostly a vivid one, else a grey."""
    if rng.uniform() < 0.25:
        return np.full(3, rng.uniform(0, 255))
    hue, strength, light = rng.uniform(0, 1), rng.uniform(0.3, 1), rng.uniform(0.2, 1)
    return 255 * np.array(colorsys.hsv_to_rgb(hue, strength, light))


def _two(rng: np.random.RandomState) -> tuple[Colour, Colour]:
    """Draw two colours that can be told apart; every third pair is black and white."""
    if rng.uniform() < 1 / 3:
        pair = np.zeros(3), np.full(3, 255.0)
        return pair if rng.uniform() < 0.5 else pair[::-1]
    first, second = _colour(rng), _colour(rng)
    while np.abs(first - second).max() < 70:
        second = _colour(rng)
    return first, second


def _mixed(share: Plane, first: Colour, second: Colour) -> Pixels:
    """Return `first` where the share is 0 and `second` where it is 1, uint8 (SIDE, SIDE, 3)."""
    values = first + share[..., None] * (second - first)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _along(angle: float) -> Plane:
    """Return how far each pixel lies in a direction, in pixels from the centre."""
    middle = (SIDE - 1) / 2
    across = (_COLUMNS - middle) * np.cos(angle) + (_ROWS - middle) * np.sin(angle)
    return np.asarray(across)


def flat(rng: np.random.RandomState) -> Pixels:
    """One colour everywhere, every other one with faint noise."""
    noise = rng.normal(0, 4, (SIDE, SIDE, 1)) if rng.uniform() < 0.5 else 0.0
    values = np.broadcast_to(_colour(rng), (SIDE, SIDE, 3)) + noise
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def gradient(rng: np.random.RandomState) -> Pixels:
    """A smooth change from one colour to another."""
    share = _along(rng.uniform(0, 2 * np.pi)) / (1.4 * SIDE) + 0.5
    return _mixed(np.clip(share, 0, 1), *_two(rng))


def grating(rng: np.random.RandomState) -> Pixels:
    """Stripes in one of twelve directions, smooth or with sharp edges."""
    angle, wave = np.pi * rng.randint(12) / 12, _WAVES[rng.randint(len(_WAVES))]
    share = 0.5 + 0.5 * np.sin(2 * np.pi * _along(angle) / wave + rng.uniform(0, 2 * np.pi))
    return _mixed(np.round(share) if rng.uniform() < 0.6 else share, *_two(rng))


def lattice(rng: np.random.RandomState) -> Pixels:
    """Two sets of thin lines that cross."""
    angle, wave = np.pi * rng.randint(6) / 12, _WAVES[rng.randint(2, len(_WAVES))]
    width = rng.uniform(0.12, 0.35)
    lines = [
        (_along(angle + turn) / wave + rng.uniform(0, 1)) % 1 < width for turn in (0, np.pi / 2)
    ]
    return _mixed((lines[0] | lines[1]).astype(np.float64), *_two(rng))


def checker(rng: np.random.RandomState) -> Pixels:
    """Squares of two colours in turn, upright or on a corner."""
    angle, cell = np.pi / 4 * rng.randint(2), _WAVES[rng.randint(len(_WAVES))]
    steps = [np.floor(_along(angle + turn) / cell) for turn in (0, np.pi / 2)]
    return _mixed((steps[0] + steps[1]) % 2, *_two(rng))


def dots(rng: np.random.RandomState) -> Pixels:
    """Round spots in rows, or each a little out of its place."""
    space = _WAVES[rng.randint(2, len(_WAVES))]
    radius, loose = space * rng.uniform(0.18, 0.42), rng.uniform() < 0.5
    cells = -(-SIDE // space) + 1
    moved = rng.uniform(-0.3, 0.3, (2, cells, cells)) * space * loose
    row, column = (_ROWS // space).astype(int), (_COLUMNS // space).astype(int)
    down = _ROWS - (row + 0.5) * space - moved[0, row, column]
    right = _COLUMNS - (column + 0.5) * space - moved[1, row, column]
    return _mixed((down**2 + right**2 < radius**2).astype(np.float64), *_two(rng))


def rings(rng: np.random.RandomState) -> Pixels:
    """Circles around a centre, or rays from it."""
    down = _ROWS - rng.uniform(0.3, 0.7) * SIDE
    right = _COLUMNS - rng.uniform(0.3, 0.7) * SIDE
    if rng.uniform() < 0.5:
        turns = np.hypot(down, right) / _WAVES[rng.randint(2, len(_WAVES))]
    else:
        turns = np.arctan2(down, right) / (2 * np.pi) * rng.randint(4, 20)
    return _mixed((turns % 1 < 0.5).astype(np.float64), *_two(rng))


def noise(rng: np.random.RandomState) -> Pixels:
    """Random blocks, grey or in colours."""
    size = 2 ** rng.randint(0, 5)
    blocks = rng.randint(0, 256, (SIDE // size, SIDE // size, 3 if rng.uniform() < 0.5 else 1))
    whole = np.kron(blocks, np.ones((size, size, 1), np.int64))
    return np.broadcast_to(whole, (SIDE, SIDE, 3)).astype(np.uint8)


def shapes(rng: np.random.RandomState) -> Pixels:
    """One to four discs, squares, triangles, rings, crosses or stars on a plain ground."""
    ground, ink = _two(rng)
    kind = rng.randint(6)
    inside = np.zeros((SIDE, SIDE), bool)
    count = rng.randint(1, 5)
    for _ in range(count):
        radius = rng.uniform(0.12, 0.42 if count == 1 else 0.22) * SIDE
        middle = rng.uniform(0.25, 0.75, 2) * SIDE
        inside |= _shape(kind, middle, radius, rng.uniform(0, 2 * np.pi))
    return _mixed(inside.astype(np.float64), ground, ink)


def _shape(kind: int, middle: Colour, radius: float, turn: float) -> npt.NDArray[np.bool_]:
    """Return where one shape is, bool (SIDE, SIDE)."""
    down, right = _ROWS - middle[0], _COLUMNS - middle[1]
    away = np.hypot(down, right)
    if kind == 0:
        return np.asarray(away < radius)
    if kind == 1:
        return np.asarray((away < radius) & (away > 0.6 * radius))
    angle = np.arctan2(down, right) - turn
    x, y = away * np.cos(angle), away * np.sin(angle)
    if kind == 2:
        return np.asarray((np.abs(x) < 0.8 * radius) & (np.abs(y) < 0.8 * radius))
    if kind == 3:
        bars = (np.abs(x) < 0.25 * radius) | (np.abs(y) < 0.25 * radius)
        return np.asarray(bars & (np.maximum(np.abs(x), np.abs(y)) < radius))
    corners = 3 if kind == 4 else 5
    # The distance of a regular polygon's edge; a star's swings between two of them.
    sector = (angle % (2 * np.pi / corners)) - np.pi / corners
    edge = radius * np.cos(np.pi / corners) / np.cos(sector)
    if kind == 5:
        edge = radius * (0.4 + 0.6 * np.abs(sector) * corners / np.pi)
    return np.asarray(away < edge)


FAMILIES: Mapping[str, tuple[int, Draw]] = {
    "flat colour": (200, flat),
    "gradient": (80, gradient),
    "grating": (320, grating),
    "lattice": (120, lattice),
    "checker": (140, checker),
    "dots": (180, dots),
    "rings": (80, rings),
    "noise": (60, noise),
    "shapes": (260, shapes),
}
"""How many pictures of each kind, and what draws one."""
