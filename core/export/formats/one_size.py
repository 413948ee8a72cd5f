"""Pictures and maps of several sizes brought to one, for formats that take no other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from core import Heat, Pixels
from core.errors import BadOption
from core.requests.references import MAX_SIDE

Size = tuple[int, int]
"""(height, width) in pixels."""
LEAST = 4
"""Pixels a side at least: readers tell colours from places by the shortest axis, which has 3."""


@dataclass(slots=True)
class OneSize:
    """The one size of all rows.

    Attributes:
        wanted: the size that was asked for; None for that of the first picture.
        size: what it is; None before the first picture.
        pictures: how many came.
        resized: how many of them were resized, or maps of theirs.
    """

    wanted: Size | None = None
    size: Size | None = field(init=False)
    pictures: int = field(init=False, default=0)
    resized: int = field(init=False, default=0)
    _is_counted: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Check what was asked for.

        Raises:
            BadOption: a side is too short or too long.
        """
        if self.wanted is not None and not all(LEAST <= side <= MAX_SIDE for side in self.wanted):
            height, width = self.wanted
            raise BadOption(
                f"--size is {width}x{height}: give {LEAST} to {MAX_SIDE} pixels a side."
            )
        self.size = self.wanted

    def view(self, pixels: Pixels) -> Pixels:
        """Return the next picture at the one size.

        Args:
            pixels: uint8 (h, w, 3).

        Returns:
            uint8 (height, width, 3), bilinear with the pixels of a smaller one averaged.
        """
        self.pictures += 1
        self._is_counted = False
        height, width = pixels.shape[:2]
        if self._is_kept((height, width)):
            return pixels
        return np.asarray(_resized(Image.fromarray(pixels), self.size))

    def map(self, shown: Heat) -> Heat:
        """Return a map of that picture at the one size.

        Args:
            shown: float32 (h, w) in [0, 1].

        Returns:
            float32 (height, width) in [0, 1]; not stretched to the whole range again, so that maps
            keep their strengths beside each other.
        """
        height, width = shown.shape
        if self._is_kept((height, width)):
            return shown
        resized = np.asarray(_resized(Image.fromarray(shown), self.size), dtype=np.float32)
        return np.clip(resized, 0, 1)  # weights of a filter sum to 1 only nearly

    @property
    def sentence(self) -> str:
        """How many pictures were resized; empty for none."""
        if not self.resized or self.size is None:
            return ""
        height, width = self.size
        many = f"{self.resized} of {self.pictures} pictures {'is' if self.resized == 1 else 'are'}"
        why = "" if self.wanted else ", that of the first (--size chooses another)"
        return f"{many} resized, with their maps: all have {width} x {height} pixels now{why}."

    def _is_kept(self, size: Size) -> bool:
        """Tell whether a size is the one; count the picture once where it is not."""
        self.size = self.size or size
        if size == self.size:
            return True
        self.resized += not self._is_counted
        self._is_counted = True
        return False


def _resized(image: Image.Image, size: Size | None) -> Image.Image:
    assert size is not None
    return image.resize(size[::-1], Image.Resampling.BILINEAR)
