"""Generated pictures with words that few photographs have: gratings, dots, shapes, odd colours."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 64
WORDS = (
    "pure colour",
    "striped",
    "dotted",
    "checkered",
    "grid",
    "zigzag",
    "wavy",
    "concentric circles",
    "radial lines",
    "noise",
    "gradient",
    "circles",
    "squares",
    "triangles",
)
"""One kind of patch each; `striped` also has the word of its direction."""
_TINTS = ("pure colour", "gradient")
"""Kinds of which nothing is left to see on a photograph."""
DIRECTIONS = ("horizontal lines", "vertical lines", "diagonal lines")
CATEGORIES = dict.fromkeys(WORDS, "textures")

Pixels = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Patch:
    """A generated picture.

    Attributes:
        pixels: uint8 (64, 64, 3) RGB.
        words: that hold for sure.
        unsure: that may hold.
    """

    pixels: Pixels
    words: tuple[str, ...]
    unsure: tuple[str, ...] = ()


def _turned(rng: Random, degrees: float) -> tuple[Field, Field]:
    """Return coordinates in pixels, turned and shifted."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    angle = np.deg2rad(degrees)
    u = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(0, SIDE)
    return u, np.cos(angle) * y - np.sin(angle) * x + rng.uniform(0, SIDE)


def _wave(u: Field, rng: Random, period: float) -> Field:
    """Return bars of a period along u, with hard or soft edges, in [0, 1]."""
    wave = np.cos(2 * np.pi * u / period)
    hard = (wave > rng.uniform(-0.5, 0.5)).astype(float)
    return hard if rng.random() < 0.6 else (wave + 1) / 2


def _period(rng: Random) -> float:
    return float(np.exp(rng.uniform(np.log(4), np.log(22))))


def _cell(u: Field, period: float) -> Field:
    """Return the distance from the middle of the cell, -1/2 to 1/2 of a period."""
    return np.asarray((u / period) % 1 - 0.5)


def _dots(rng: Random) -> Field:
    u, v = _turned(rng, rng.uniform(0, 90))
    period = max(_period(rng), 6)
    return (np.hypot(_cell(u, period), _cell(v, period)) < rng.uniform(0.2, 0.38)).astype(float)


def _checkers(rng: Random) -> Field:
    u, v = _turned(rng, rng.choice([0, 0, 45]) + rng.uniform(-8, 8))
    period = _period(rng)
    return np.asarray((u // period + v // period) % 2)


def _grid(rng: Random) -> Field:
    u, v = _turned(rng, rng.choice([0, 0, 45]) + rng.uniform(-8, 8))
    period, thick = max(_period(rng), 6), rng.uniform(0.08, 0.2)
    return (np.minimum(abs(_cell(u, period)), abs(_cell(v, period))) < thick).astype(float)


def _zigzag(rng: Random) -> Field:
    u, v = _turned(rng, rng.choice([0, 90]) + rng.uniform(-8, 8))
    period = max(_period(rng), 6)
    return _wave(u + rng.uniform(0.5, 1) * 2 * period * abs(_cell(v, 2 * period)), rng, period)


def _waves(rng: Random) -> Field:
    u, v = _turned(rng, rng.uniform(0, 180))
    period = max(_period(rng), 6)
    swing = rng.uniform(0.25, 0.6) * period
    return _wave(u + swing * np.sin(2 * np.pi * v / (period * rng.uniform(1.5, 3))), rng, period)


def _centre(rng: Random) -> tuple[Field, Field]:
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    return x - rng.uniform(16, 48), y - rng.uniform(16, 48)


def _rings(rng: Random) -> Field:
    return _wave(np.hypot(*_centre(rng)), rng, max(_period(rng), 5))


def _rays(rng: Random) -> Field:
    x, y = _centre(rng)
    return _wave(np.arctan2(y, x) + rng.uniform(0, 6.3), rng, 2 * np.pi / rng.integers(5, 20))


def _noise(rng: Random) -> Field:
    grain = int(rng.choice([1, 1, 2, 4]))
    field = rng.random((SIDE // grain, SIDE // grain))
    return np.asarray(np.kron(field, np.ones((grain, grain))), np.float64)


def _gradient(rng: Random) -> Field:
    u, _ = _turned(rng, rng.uniform(0, 360))
    return np.asarray((u - u.min()) / (u.max() - u.min()))


def _shape(rng: Random, distance: Callable[[Field, Field], Field]) -> Field:
    """Draw one to three shapes whose outline has the distance 1 from their middle."""
    field = np.zeros((SIDE, SIDE))
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        x, y = _centre(rng)
        angle, size = rng.uniform(-0.4, 0.4), rng.uniform(6, 22)
        turned = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        near = distance(turned[0] / size, turned[1] / size)
        # Filled, or an outline only.
        field[(near < 1) & ((near > 0.75) | (rng.random() < 0.7))] = 1
    return field


def _triangle(x: Field, y: Field) -> Field:
    return np.asarray(np.maximum(y / 0.6, -y / 0.6 + 1.7 * abs(x) - 0.3))


_FIELDS: dict[str, Callable[[Random], Field]] = {
    "pure colour": lambda _: np.zeros((SIDE, SIDE)),
    "dotted": _dots,
    "checkered": _checkers,
    "grid": _grid,
    "zigzag": _zigzag,
    "wavy": _waves,
    "concentric circles": _rings,
    "radial lines": _rays,
    "noise": _noise,
    "gradient": _gradient,
    "circles": lambda rng: _shape(rng, np.hypot),
    "squares": lambda rng: _shape(rng, lambda x, y: np.maximum(abs(x), abs(y))),
    "triangles": lambda rng: _shape(rng, _triangle),
}


def _stripes(rng: Random) -> tuple[Field, tuple[str, ...]]:
    """Draw bars; those that run along x are horizontal lines."""
    word = str(rng.choice(DIRECTIONS))
    middle = {"horizontal lines": 90, "vertical lines": 0}.get(word, rng.choice([45, 135]))
    u, _ = _turned(rng, middle + rng.uniform(-10, 10))
    return _wave(u, rng, _period(rng)), ("striped", word)


def _colour(rng: Random) -> Field:
    """Draw a colour, vivid in two of three cases; float (3,) in [0, 255]."""
    if rng.random() < 0.33:
        return np.full(3, rng.choice([0.0, 255.0, rng.uniform(0, 255)]))
    rgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.4, 1), rng.uniform(0.3, 1))
    return np.asarray(rgb, np.float64) * 255


def draw(rng: Random, kind: str) -> Patch:
    """Draw a patch of two random colours.

    Args:
        rng: source of every random number.
        kind: one of `WORDS`.
    """
    if kind == "striped":
        field, words = _stripes(rng)
    else:
        field, words = _FIELDS[kind](rng), (kind,)
    first, second = _colour(rng), _colour(rng)
    while abs(first - second).max() < 60:
        second = _colour(rng)
    pixels = first + field[:, :, None] * (second - first)
    grain = rng.choice([0, 0, 4, 12])
    pixels = np.clip(pixels + rng.normal(0, 1, pixels.shape) * grain, 0, 255)
    unsure = {
        "noise": ("fine detail",),
        "grid": ("squares", "checkered"),
        "dotted": ("circles",),
        "checkered": ("squares", "diagonal lines"),
        "concentric circles": ("circles",),
        "wavy": ("striped", "zigzag"),
        "zigzag": ("striped", "triangles", "wavy"),
        "radial lines": ("striped", "triangles"),
    }
    return Patch(pixels.astype(np.uint8), words, unsure.get(kind, ()))


def laid_over(patch: Patch, photo: Pixels, rng: Random) -> Patch:
    """Lay a patch over a photograph, half transparent, so that a pattern is more than its look.

    Args:
        patch: to lay over; a pure colour only tints.
        photo: uint8 (64, 64, 3) RGB.
        rng: source of every random number.
    """
    share = rng.uniform(0.4, 0.75)
    mixed = share * patch.pixels + (1 - share) * photo
    left = tuple(word for word in patch.words if word not in _TINTS)
    return Patch(mixed.astype(np.uint8), left, (*patch.unsure, *_TINTS))


def recoloured(photo: Pixels, rng: Random) -> Pixels:
    """Swap colours: purple and pink are rare in photographs.

    Args:
        photo: uint8 (64, 64, 3) RGB.
        rng: source of every random number.
    """
    order = [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)][rng.integers(5)]
    return np.ascontiguousarray(photo[:, :, order])
