"""Simple pictures drawn from numbers: colours, stripes, dots, checkers, shapes and the like.

Shallow layers respond to these, and photographs seldom show one of them alone. Each kind is named
by the word for it, because an encoder learns these words from the same pictures.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import Pixels

DIRECTIONS = ("horizontal lines", "vertical lines", "diagonal lines")
"""`striped` also has the word of its direction."""
Random = np.random.Generator
Field = npt.NDArray[np.float64]
Colour = npt.NDArray[np.float64]
_UNIT = 64
"""Pixels a side for which lengths are written down; larger pictures have larger parts."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A drawn picture.

    Attributes:
        pixels: uint8 (side, side, 3) RGB.
        words: that hold for it, its kind first.
    """

    pixels: Pixels
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Random numbers, and the coordinates of a square of pixels."""

    rng: Random
    side: int

    @property
    def scale(self) -> float:
        return self.side / _UNIT

    def turned(self, degrees: float) -> tuple[Field, Field]:
        """Return coordinates in pixels, turned and shifted."""
        y, x = np.mgrid[: self.side, : self.side].astype(float)
        angle = np.deg2rad(degrees)
        u = np.cos(angle) * x + np.sin(angle) * y + self.rng.uniform(0, self.side)
        return u, np.cos(angle) * y - np.sin(angle) * x + self.rng.uniform(0, self.side)

    def centred(self) -> tuple[Field, Field]:
        """Return coordinates in pixels from a point in the middle half."""
        y, x = np.mgrid[: self.side, : self.side].astype(float)
        low, high = self.side / 4, 3 * self.side / 4
        return x - self.rng.uniform(low, high), y - self.rng.uniform(low, high)

    def period(self, least: float = 4) -> float:
        """Return a distance in pixels, short ones as often as long ones."""
        drawn = self.rng.uniform(np.log(4), np.log(22 * self.scale))
        return max(float(np.exp(drawn)), least)

    def wave(self, u: Field, period: float) -> Field:
        """Return bars of a period along u, with hard or soft edges, in [0, 1]."""
        wave = np.cos(2 * np.pi * u / period)
        hard = (wave > self.rng.uniform(-0.5, 0.5)).astype(float)
        return hard if self.rng.random() < 0.6 else (wave + 1) / 2

    def nearly(self, angles: list[int], loose: float) -> float:
        """Return one of some angles in degrees, a little off."""
        return float(self.rng.choice(angles) + self.rng.uniform(-loose, loose))


def _cell(u: Field, period: float) -> Field:
    """Return the distance from the middle of the cell, -1/2 to 1/2 of a period."""
    return np.asarray((u / period) % 1 - 0.5)


def _plain(canvas: _Canvas) -> Field:
    return np.zeros((canvas.side, canvas.side))


def _dots(canvas: _Canvas) -> Field:
    u, v = canvas.turned(canvas.rng.uniform(0, 90))
    period = canvas.period(6)
    radius = canvas.rng.uniform(0.2, 0.38)
    return (np.hypot(_cell(u, period), _cell(v, period)) < radius).astype(float)


def _checkers(canvas: _Canvas) -> Field:
    u, v = canvas.turned(canvas.nearly([0, 0, 45], 8))
    period = canvas.period()
    return np.asarray((u // period + v // period) % 2)


def _grid(canvas: _Canvas) -> Field:
    u, v = canvas.turned(canvas.nearly([0, 0, 45], 8))
    period, thick = canvas.period(6), canvas.rng.uniform(0.08, 0.2)
    return (np.minimum(abs(_cell(u, period)), abs(_cell(v, period))) < thick).astype(float)


def _zigzag(canvas: _Canvas) -> Field:
    u, v = canvas.turned(canvas.nearly([0, 90], 8))
    period = canvas.period(6)
    swing = canvas.rng.uniform(0.5, 1) * 2 * period
    return canvas.wave(u + swing * abs(_cell(v, 2 * period)), period)


def _waves(canvas: _Canvas) -> Field:
    u, v = canvas.turned(canvas.rng.uniform(0, 180))
    period = canvas.period(6)
    swing = canvas.rng.uniform(0.25, 0.6) * period
    bent = u + swing * np.sin(2 * np.pi * v / (period * canvas.rng.uniform(1.5, 3)))
    return canvas.wave(bent, period)


def _rings(canvas: _Canvas) -> Field:
    return canvas.wave(np.hypot(*canvas.centred()), canvas.period(5))


def _rays(canvas: _Canvas) -> Field:
    x, y = canvas.centred()
    angle = np.arctan2(y, x) + canvas.rng.uniform(0, 6.3)
    return canvas.wave(angle, 2 * np.pi / canvas.rng.integers(5, 20))


def _noise(canvas: _Canvas) -> Field:
    grain = int(canvas.rng.choice([1, 1, 2, 4]))
    blocks = canvas.rng.random((canvas.side // grain, canvas.side // grain))
    return np.asarray(np.kron(blocks, np.ones((grain, grain))), np.float64)


def _gradient(canvas: _Canvas) -> Field:
    u, _ = canvas.turned(canvas.rng.uniform(0, 360))
    return np.asarray((u - u.min()) / (u.max() - u.min()))


def _shapes(distance: Callable[[Field, Field], Field]) -> Callable[[_Canvas], Field]:
    """Return what draws one to three shapes whose outline has the distance 1 from their middle."""

    def draw(canvas: _Canvas) -> Field:
        rng, inside = canvas.rng, _plain(canvas)
        for _ in range(int(rng.choice([1, 1, 2, 3]))):
            x, y = canvas.centred()
            angle, size = rng.uniform(-0.4, 0.4), rng.uniform(6, 22) * canvas.scale
            turned = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
            near = distance(turned[0] / size, turned[1] / size)
            # Filled, or an outline only.
            inside[(near < 1) & ((near > 0.75) | (rng.random() < 0.7))] = 1
        return inside

    return draw


def _square(x: Field, y: Field) -> Field:
    return np.asarray(np.maximum(abs(x), abs(y)))


def _triangle(x: Field, y: Field) -> Field:
    return np.asarray(np.maximum(y / 0.6, -y / 0.6 + 1.7 * abs(x) - 0.3))


_FIELDS: Mapping[str, Callable[[_Canvas], Field]] = {
    "pure colour": _plain,
    "dotted": _dots,
    "checkered": _checkers,
    "grid": _grid,
    "zigzag": _zigzag,
    "wavy": _waves,
    "concentric circles": _rings,
    "radial lines": _rays,
    "noise": _noise,
    "gradient": _gradient,
    "circles": _shapes(lambda x, y: np.asarray(np.hypot(x, y))),
    "squares": _shapes(_square),
    "triangles": _shapes(_triangle),
}
"""What draws the share of the second colour, float64 (side, side) in [0, 1]."""
KINDS = ("pure colour", "striped", *list(_FIELDS)[1:])


def _stripes(canvas: _Canvas) -> tuple[Field, str]:
    """Draw bars, and name their direction; those that run along x are horizontal lines."""
    word = str(canvas.rng.choice(DIRECTIONS))
    diagonal = canvas.rng.choice([45, 135])
    middle = {"horizontal lines": 90, "vertical lines": 0}.get(word, diagonal)
    u, _ = canvas.turned(middle + canvas.rng.uniform(-10, 10))
    return canvas.wave(u, canvas.period()), word


def _colour(rng: Random) -> Colour:
    """Draw a colour, float64 (3,) in [0, 255], vivid in two of three cases."""
    if rng.random() < 0.33:
        return np.full(3, rng.choice([0.0, 255.0, rng.uniform(0, 255)]))
    rgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.4, 1), rng.uniform(0.3, 1))
    return np.asarray(rgb, np.float64) * 255


def draw(rng: Random, kind: str, side: int) -> Pattern:
    """Draw a picture of two random colours, some with grain.

    Args:
        rng: source of every random number.
        kind: one of `KINDS`.
        side: pixels a side, a multiple of 4.
    """
    canvas = _Canvas(rng, side)
    if kind == "striped":
        field, direction = _stripes(canvas)
        words: tuple[str, ...] = (kind, direction)
    else:
        field, words = _FIELDS[kind](canvas), (kind,)
    first, second = _colour(rng), _colour(rng)
    while abs(first - second).max() < 60:
        second = _colour(rng)
    pixels = first + field[:, :, None] * (second - first)
    grain = rng.choice([0, 0, 4, 12])
    pixels = np.clip(pixels + rng.normal(0, 1, pixels.shape) * grain, 0, 255)
    return Pattern(pixels.astype(np.uint8), words)
