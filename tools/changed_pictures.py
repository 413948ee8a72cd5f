"""Pictures of which it is known by their making which colours and textures they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.colors import XKCD_COLORS, to_rgb
from PIL import Image, ImageFilter

from core import Pixels
from core.concepts.encoders import looks

FIELDS = 600
"""Pictures of colours."""
SEED = 7
_NAMES = {"orange colour": ("orange",), "grey": ("grey", "gray")}
"""What the survey calls a colour, where our word is another."""

Change = Callable[[Pixels, np.random.Generator], npt.NDArray[np.floating]]
Truth = npt.NDArray[np.bool_]


def colour_fields(side: int) -> tuple[npt.NDArray[np.uint8], Truth]:
    """Lay four colours of the XKCD survey into the quarters of each picture.

    A colour counts as red where the last word of the name that people gave it is "red".

    Returns:
        uint8 (N, side, side, 3), and which of `looks.COLOURS` hold, bool (N, colours).
    """
    rng = np.random.default_rng(SEED)
    kinds = [(word, _NAMES.get(word, (word,))) for word in looks.COLOURS]
    given = [
        (name.rpartition(":")[2].split()[-1], to_rgb(code)) for name, code in XKCD_COLORS.items()
    ]
    pictures = np.empty((FIELDS, side, side, 3), np.uint8)
    holds = np.zeros((FIELDS, len(kinds)), bool)
    for row in range(FIELDS):
        for quarter, which in enumerate(rng.integers(0, len(given), 4)):
            name, rgb = given[which]
            top, left = (side // 2 * part for part in divmod(quarter, 2))
            pictures[row, top : top + side // 2, left : left + side // 2] = np.round(
                255 * np.array(rgb)
            )
            holds[row] |= [name in names for _, names in kinds]
    return pictures, holds


def _grey(pixels: Pixels) -> npt.NDArray[np.floating]:
    return np.repeat(pixels.mean(2, keepdims=True), 3, axis=2)


def _contrast(factor: float) -> Change:
    return lambda pixels, rng: np.asarray(pixels.mean() + factor * (pixels - pixels.mean()))


def _blur(pixels: Pixels, rng: np.random.Generator) -> npt.NDArray[np.floating]:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1.5)), float)


def _lines(degrees: tuple[float, ...]) -> Change:
    """Return what lays bars over a picture, half transparent."""

    def change(pixels: Pixels, rng: np.random.Generator) -> npt.NDArray[np.floating]:
        y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
        angle = np.deg2rad(rng.choice(degrees) + rng.uniform(-8, 8))
        along = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(0, 16)
        bars = np.cos(2 * np.pi * along / rng.uniform(5, 14)) > 0
        return np.asarray(0.5 * pixels + 0.5 * 255 * bars[:, :, None])

    return change


def _ground(level: Callable[[np.random.Generator], npt.NDArray[np.floating]]) -> Change:
    """Return what leaves the middle of a picture on a plain ground."""

    def change(pixels: Pixels, rng: np.random.Generator) -> npt.NDArray[np.floating]:
        height, width = pixels.shape[:2]
        y, x = np.mgrid[:height, :width]
        inside = np.hypot(x / width - 0.5, y / height - 0.5) < 0.36
        return np.where(inside[:, :, None], pixels, level(rng))

    return change


CHANGES: Mapping[str, Change] = {
    "bright": lambda pixels, rng: 127 + pixels / 2,
    "dark": lambda pixels, rng: pixels / 2.5,
    "high contrast": _contrast(1.8),
    "low contrast": _contrast(0.4),
    "colourful": lambda pixels, rng: _grey(pixels) + 2.5 * (pixels - _grey(pixels)),
    "monochrome": lambda pixels, rng: _grey(pixels),
    "smooth": _blur,
    "fine detail": lambda pixels, rng: pixels + rng.normal(0, 25, pixels.shape),
    "blurry": _blur,
    "horizontal lines": _lines((90.0,)),
    "vertical lines": _lines((0.0,)),
    "diagonal lines": _lines((45.0, 135.0)),
    "plain background": _ground(lambda rng: rng.uniform(0, 255, 3)),
    "white background": _ground(lambda rng: np.full(3, 255.0)),
    "black background": _ground(lambda rng: np.zeros(3)),
}
"""How a photograph is changed so that a word of `looks.TEXTURES` holds."""


def texture_pairs(photos: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.uint8]]:
    """Change photographs so that each of `looks.TEXTURES` holds.

    Args:
        photos: uint8 (N, h, w, 3).

    Returns:
        By word, uint8 (N, h, w, 3).
    """
    rng = np.random.default_rng(SEED)
    return {
        word: np.stack([_whole(CHANGES[word](photo, rng)) for photo in photos])
        for word in looks.TEXTURES
    }


def _whole(pixels: npt.NDArray[np.floating]) -> Pixels:
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)
