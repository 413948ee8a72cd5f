"""Which files are written of a picture: the form of its overlays, and whether its arrays are kept.

None of it changes a map, so it is no part of a request.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import Literal

from PIL import Image

from core import Pixels
from core.figures.drawing.overlay import OverlayLook

Overlays = Literal["png", "webp", "jpeg", "none"]
OVERLAYS: tuple[Overlays, ...] = ("png", "webp", "jpeg", "none")
ARRAYS = ("npz", "none")
QUALITY = 85
LONGEST = 1024
"""Longest side of overlays that are not PNG, in pixels."""


@dataclass(frozen=True, slots=True)
class PictureForms:
    """The files of a picture.

    Attributes:
        overlays: PNG at the picture's own size; WebP and JPEG at most `LONGEST` pixels a side.
        arrays: whether raw values are written; without them a later run computes maps again.
        packed: whether they are compressed: an eighth smaller, and 20 ms a picture dearer.
    """

    overlays: Overlays = "png"
    arrays: bool = True
    packed: bool = True

    @property
    def has_overlays(self) -> bool:
        """Whether there are overlays."""
        return self.overlays != "none"

    @property
    def longest(self) -> int | None:
        """Longest side of the overlays in pixels; None for that of the picture."""
        return None if self.overlays == "png" else LONGEST

    @property
    def ending(self) -> str:
        """Of the names of overlays."""
        return "jpg" if self.overlays == "jpeg" else self.overlays

    def record(self, look: OverlayLook) -> dict[str, object]:
        """Return how overlays are drawn and written; of PNG as it always was."""
        return asdict(look) | ({} if self.overlays == "png" else {"overlays": self.overlays})


IN_BULK = PictureForms("webp", packed=False)
"""What commands for many pictures write, where nothing else is said."""


def encoded(pixels: Pixels, form: Overlays) -> bytes:
    """Return uint8 (H, W, 3) as a WebP or JPEG file."""
    buffer = io.BytesIO()
    # Of WebP's efforts the least: it takes a third of the default's time for 6 % more bytes.
    effort = {"method": 0} if form == "webp" else {}
    Image.fromarray(pixels).save(buffer, form.upper(), quality=QUALITY, **effort)
    return buffer.getvalue()
