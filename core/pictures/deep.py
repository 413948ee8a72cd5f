"""Numbers that Pillow cannot hold, such as colours of 16 bits -> an image of 8 bits a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from core.pictures.levels import black_and_white, finite, scaled, white_of_alpha

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A picture's numbers as its file holds them.

    Attributes:
        colours: any real dtype, (H, W, C): 1 is grey, 3 is RGB, 4 is CMYK.
        alpha: (H, W), or None for a picture that hides nothing.
        premultiplied: whether the colours have been multiplied by alpha.
        top: the largest value that the file can hold; None for that of the dtype, or 1.
        white_is_zero: whether a larger number is darker.
        orientation: as EXIF numbers it, 1 for upright.
    """

    colours: npt.NDArray[Any]
    alpha: npt.NDArray[Any] | None = None
    premultiplied: bool = False
    top: float | None = None
    white_is_zero: bool = False
    orientation: int = 1


def drawn(samples: Samples, notes: list[str]) -> Image.Image:
    """Return an image in mode L, LA, La, RGB, RGBA, RGBa or CMYK; notes say what was chosen."""
    values = finite(samples.colours, notes)
    black, white = black_and_white(values, notes, samples.top)
    levels = scaled(values, black, white)
    if samples.white_is_zero:
        levels = 255 - levels
    mode = _MODES[levels.shape[2]]
    if samples.alpha is not None and mode != "CMYK":
        alpha = finite(samples.alpha, [])
        opaque = white_of_alpha(alpha, white, samples.top)
        levels = np.dstack([levels, scaled(alpha, 0.0, opaque)])
        mode += "a" if samples.premultiplied else "A"
    image = Image.frombytes(mode, levels.shape[1::-1], np.ascontiguousarray(levels).tobytes())
    if samples.orientation != 1:
        image.getexif()[ExifTags.Base.Orientation] = samples.orientation
    return image
