"""Drawn pictures as lessons: with words that hold, words that may hold, and photographs below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core import Pixels
from core.concepts.probes import patterns
from core.concepts.probes.patterns import DIRECTIONS as DIRECTIONS

SIDE = 64
WORDS = patterns.KINDS
"""One kind of patch each."""
_TINTS = ("pure colour", "gradient")
"""Kinds of which nothing is left to see on a photograph."""
CATEGORIES = dict.fromkeys(WORDS, "textures")
_UNSURE = {
    "noise": ("fine detail",),
    "grid": ("squares", "checkered"),
    "dotted": ("circles",),
    "checkered": ("squares", "diagonal lines"),
    "concentric circles": ("circles",),
    "wavy": ("striped", "zigzag"),
    "zigzag": ("striped", "triangles", "wavy"),
    "radial lines": ("striped", "triangles"),
}
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


def draw(rng: Random, kind: str) -> Patch:
    """Draw a patch of two random colours.

    Args:
        rng: source of every random number.
        kind: one of `WORDS`.
    """
    pattern = patterns.draw(rng, kind, SIDE)
    return Patch(pattern.pixels, pattern.words, _UNSURE.get(kind, ()))


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
