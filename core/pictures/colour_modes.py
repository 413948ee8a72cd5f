"""Any of Pillow's colour modes -> 8-bit RGB: grey of 16 bits, floats, alpha, palettes, CMYK."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from core.pictures.deep import Samples, drawn
from core.pictures.limits import MAX_PIXELS

_PGM_TOP = 65535
"""Pillow brings the numbers of a PGM file of more than 8 bits to this range."""

_BAND_PIXELS = 4_000_000
"""Pixels of a large picture whose colours are converted at a time."""


def to_rgb(image: Image.Image, notes: list[str], most: int = MAX_PIXELS) -> Image.Image:
    """Return a loaded image in mode RGB; what a person should know is added to `notes`.

    Args:
        image: in any mode.
        notes: sentences for the person.
        most: pixels of the result; a larger picture is made smaller by a whole factor, a band of
            rows at a time.

    Raises:
        Exception: whatever Pillow raises for a mode it cannot convert (LAB, for example).
    """
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        top = _PGM_TOP if image.mode == "I" else None
        image = drawn(Samples(np.asarray(image)[..., None], top=top), notes)
    factor = math.ceil(math.sqrt(image.width * image.height / most))
    if factor <= 1:
        return _colours(image, notes)
    size = (-(-image.width // factor), -(-image.height // factor))
    small = Image.new("RGB", size)
    rows = factor * max(1, _BAND_PIXELS // (factor * image.width))
    said: list[str] = []
    for top_row in range(0, image.height, rows):
        box = (0, top_row, image.width, min(image.height, top_row + rows))
        small.paste(_colours(image.crop(box), said).reduce(factor), (0, top_row // factor))
    notes.extend(dict.fromkeys(said))
    return small


def _colours(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        return _on_white(image, notes)
    if image.mode == "CMYK":
        notes.append("Converted from CMYK, so colours may differ a little from print.")
    return image.convert("RGB")


def _on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    # There is no direct way from premultiplied grey (La) to RGBA.
    rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return rgba.convert("RGB")
    notes.append("Transparent parts are shown on white.")
    white = Image.new("RGB", rgba.size, "white")
    white.paste(rgba, mask=alpha)
    return white
