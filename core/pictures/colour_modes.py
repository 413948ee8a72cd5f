"""Any of Pillow's colour modes -> 8-bit RGB: grey of 16 bits, floats, alpha, palettes, CMYK."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


def to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return a loaded image in mode RGB; what a person should know is added to `notes`.

    Raises:
        Exception: whatever Pillow raises for a mode it cannot convert (LAB, for example).
    """
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bit(np.asarray(image), notes)).convert("RGB")
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


def _eight_bit(values: npt.NDArray[Any], notes: list[str]) -> npt.NDArray[np.uint8]:
    """Scale grey values of 16 or 32 bits or floats, shape (H, W), to 0 to 255.

    Whole numbers up to 65535 and floats in [0, 1] keep their meaning (full range to full
    range) unless they use less than a sixteenth of it, as 12-bit cameras do; all else is
    stretched from its smallest to its largest value, which a note tells.
    """
    finite = np.isfinite(values)
    if not finite.all():
        notes.append("Pixels without a number (NaN or infinite) are shown as the darkest.")
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    low, high = float(values.min()), float(values.max())
    full = 1.0 if values.dtype.kind == "f" else 65535.0
    if low >= 0 and full / 16 <= high <= full:
        low, high = 0.0, full
    elif low >= 0 and 0 < high <= full:
        low = 0.0
        notes.append(f"Brightened: its values reach only {high:g} of {full:g}.")
    elif high > low:
        notes.append(f"Its grey values, {low:g} to {high:g}, are stretched to black to white.")
    grey = np.zeros(values.shape, np.uint8)
    if high > low:
        for top in range(0, len(values), 256):  # float64 of a large picture would take 320 MB
            rows = slice(top, top + 256)
            grey[rows] = np.rint((values[rows].astype(np.float64) - low) * (255 / (high - low)))
    return grey
