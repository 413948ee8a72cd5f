"""What a step of a method shows: a sentence, and small pictures with their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from core import Heat, Pixels, Segments

FEW = 4
"""Small pictures in a step."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One small picture: what the model saw, or a map of it.

    Attributes:
        title: what it is.
        detail: its number.
        pixels: uint8 (h, w, 3), or None where it is a map.
        heat: float32 (gh, gw), or None where it is a picture.
        signed: whether the heat counts from 0 to both sides.
        segments: int32 (h, w), superpixels whose borders are drawn on the pixels, or None.
    """

    title: str
    detail: str = ""
    pixels: Pixels | None = None
    heat: Heat | None = None
    signed: bool = False
    segments: Segments | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step.

    Attributes:
        title: in a few words.
        sentence: what happens, with the numbers of this picture.
        tiles: `FEW` at most.
    """

    title: str
    sentence: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """How one map is made.

    Attributes:
        size: height and width of what the model sees.
        steps: in their order.
    """

    size: tuple[int, int]
    steps: tuple[Step, ...]


def signed(number: float) -> str:
    """Return a number with its sign, in three digits."""
    return f"{number:+.3g}"
