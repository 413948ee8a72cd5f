"""Pictures made small enough for the browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from core import Pixels

MIDDLE = 0.08
"""Share of its detail that a square at the very side of a picture loses to the middle one."""
PALE = 0.25
"""Share of white in the grey picture under colours, so that dark ones stand out on it too."""


def data_uri(pixels: Pixels, longest: int) -> tuple[str, tuple[int, int]]:
    """Return a picture as a JPEG inside an address.

    Args:
        pixels: uint8 (H, W, 3).
        longest: the longest side that is sent, in pixels.

    Returns:
        The address, and the (width, height) of the picture in it.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest), Image.Resampling.BILINEAR, reducing_gap=2.0)
    store = io.BytesIO()
    image.save(store, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(store.getvalue()).decode()}", image.size


def shrunk(pixels: Pixels, longest: int) -> tuple[Pixels, float]:
    """Return a picture with at most `longest` pixels on its longest side.

    Returns:
        uint8 (h, w, 3), and its width as a share of the original's, in (0, 1].
    """
    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(image), image.width / pixels.shape[1]


def layer_uri(codes: npt.NDArray[np.uint8], colours: Sequence[str]) -> str:
    """Return flat colours as a PNG inside an address; it keeps borders sharp and is a few KB.

    Args:
        codes: uint8 (h, w), 0 where nothing is drawn, k for the k-th colour.
        colours: as CSS writes them.
    """
    image = Image.fromarray(codes)
    image.putpalette([part for colour in ("black", *colours) for part in ImageColor.getrgb(colour)])
    store = io.BytesIO()
    image.save(store, "PNG", transparency=0)
    return f"data:image/png;base64,{base64.b64encode(store.getvalue()).decode()}"


def pale_grey(pixels: Pixels) -> Pixels:
    """Return a picture without its colours and paler, uint8 (H, W, 3), for colours laid over it."""
    grey = Image.fromarray(pixels).convert("L").convert("RGB")
    return np.asarray(Image.blend(grey, Image.new("RGB", grey.size, "white"), PALE))


def telling_square(pixels: Pixels, side: int) -> Pixels:
    """Return the square of a picture with the most detail, `side` pixels wide.

    As large as the picture allows; of squares with about as much detail the middle one.

    Returns:
        uint8 (side, side, 3).
    """
    image = Image.fromarray(pixels)
    small = np.asarray(image.resize(_inside(image.size, 96)), np.float32)
    steps = [np.abs(np.diff(small, axis=axis, append=small.take([-1], axis))) for axis in (0, 1)]
    detail = (steps[0] + steps[1]).max(axis=2)  # colours count: a mark may be as bright as the rest
    along = int(image.width > image.height)  # the axis on which the square may move
    profile = (detail**2).sum(axis=1 - along)  # strong edges decide
    edge = min(detail.shape)
    sums = np.convolve(profile, np.ones(edge, np.float32), "valid")
    offsets = np.linspace(-1, 1, len(sums)) if len(sums) > 1 else np.zeros(1)
    best = int(np.argmax(sums * (1 - MIDDLE * np.abs(offsets))))
    scale = max(image.size) / len(profile)
    width = min(image.size)
    start = min(round(best * scale), max(image.size) - width)
    box = (start, 0, start + width, width) if along else (0, start, width, start + width)
    return np.asarray(
        image.resize((side, side), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    )


def _inside(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return a size of the same proportions whose longer side is `longest`."""
    share = longest / max(size)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def thumbnail(pixels: Pixels, side: int = 200) -> Pixels:
    """Return the middle square of a picture, `side` pixels wide.

    Returns:
        uint8 (side, side, 3).
    """
    height, width = pixels.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    image = Image.fromarray(pixels[top : top + edge, left : left + edge])
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))
