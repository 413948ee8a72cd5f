"""Image-text encoders: pictures and words as vectors that can be compared.

An encoder is asked for by name and nothing else: no name ever stands for another encoder than the
one it says, and nothing is downloaded unless that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Pixels
from core.concepts.vocabulary import Vocabulary
from core.pictures.colour_modes import to_rgb

Matrix = npt.NDArray[np.float32]
Tick = Callable[[float, str], None]
"""`tick(share done in [0, 1], stage)`; raises `core.errors.Cancelled` to stop."""


class Encoder(Protocol):
    """What makes vectors of pictures and of words; safe from any thread."""

    @property
    def id(self) -> str:
        """Says which weights these are, in every cache key, table and figure; never a path."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def note(self) -> str:
        """One sentence on what it knows and how far to trust it."""
        ...

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words that it knows; None for an encoder that takes any text."""
        ...

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> Matrix:
        """Embed pictures, each prepared as this encoder was trained, from the raw picture.

        Args:
            images: of any size; arrays are uint8 (H, W, 3) RGB.

        Returns:
            float32 (N, E), of length 1 where words lie in the same space.
        """
        ...

    def words(self, words: Sequence[str]) -> Matrix:
        """Embed words as they are, without a sentence around them.

        Returns:
            float32 (C, E), of length 1.

        Raises:
            UnknownWord: one of them is among `unknown(words)`.
        """
        ...

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return those of the words that have no meaning for this encoder."""
        ...

    def scores(self, image_embeddings: Matrix, word_embeddings: Matrix) -> Matrix:
        """Say how well each word fits each picture, on the scale of CLIP's cosines.

        A score may depend on the other pictures, never on the other words.

        Args:
            image_embeddings: float32 (N, E), of `pictures`: those of the whole probe set.
            word_embeddings: float32 (C, E), of `words`.

        Returns:
            P, float32 (N, C).
        """
        ...


def as_image(image: Image.Image | Pixels) -> Image.Image:
    """Return a picture in mode RGB."""
    if isinstance(image, Image.Image):
        return to_rgb(image, [])
    return Image.fromarray(np.ascontiguousarray(image))
