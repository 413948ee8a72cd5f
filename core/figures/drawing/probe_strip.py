"""Probe pictures in a row, with the position that activates a unit outlined."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from core.figures.drawing import palette

Region = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture, each in [0, 1]."""

SIDE = 144
"""Pixels of a picture's longer side: twice what is kept, so that the outline is fine."""
GAP = 8


def strip(pictures: Sequence[tuple[bytes, Region | None]], side: int = SIDE) -> bytes:
    """Return pictures side by side on a clear ground, as a WebP file.

    Args:
        pictures: a file that Pillow reads, and the part to outline; None outlines nothing.
        side: of each place in pixels; a picture keeps its shape.
    """
    count = max(1, len(pictures))
    row = Image.new("RGBA", (count * side + (count - 1) * GAP, side))
    for number, (data, region) in enumerate(pictures):
        image = _drawn(data, region, side)
        row.paste(image, (number * (side + GAP) + (side - image.width) // 2, 0))
    store = io.BytesIO()
    row.save(store, "WEBP", quality=85)
    return store.getvalue()


def strip_uri(pictures: Sequence[tuple[bytes, Region | None]]) -> str:
    """Return what `strip` draws inside an address.

    A browser that asks for a file between two runs of a page may find it gone.
    """
    return f"data:image/webp;base64,{base64.b64encode(strip(pictures)).decode()}"


def _drawn(data: bytes, region: Region | None, side: int) -> Image.Image:
    """Return one picture at its size in the row, with its outline."""
    with Image.open(io.BytesIO(data)) as file:
        image = file.convert("RGB")
    scale = side / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    image = image.resize(size, Image.Resampling.BICUBIC)
    # A region as large as the picture tells nothing.
    if region is None or (region[2] - region[0]) * (region[3] - region[1]) > 0.9:
        return image
    wide, tall = image.size
    box = [region[0] * wide, region[1] * tall, region[2] * wide - 1, region[3] * tall - 1]
    # A place smaller than the line around it would be all line.
    least = 10.0
    for low, high, length in ((0, 2, wide), (1, 3, tall)):
        if box[high] - box[low] < least:
            middle = (box[low] + box[high]) / 2
            middle = min(max(middle, least / 2), length - 1 - least / 2)
            box[low], box[high] = middle - least / 2, middle + least / 2
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, outline=palette.CONTOUR_HALO, width=4)
    inner = [box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1]
    draw.rectangle(inner, outline=palette.CONTOUR, width=2)
    return image
