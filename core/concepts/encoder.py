"""Image-text encoders: pictures and words as vectors that can be compared.

An encoder is asked for by name and nothing else: no name ever stands for another encoder than the
one it says, and nothing is downloaded unless that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from core import Pixels
from core.concepts.vocabulary import Vocabulary
from core.errors import UnknownEncoder
from core.rgb import to_rgb

EMBEDDED = "embedded"
OPEN_CLIP = "open_clip:"
CLIP_SIZES = {
    "open_clip:ViT-B-16/openai": 571,
    "open_clip:ViT-B-32/openai": 577,
    "open_clip:RN50/openai": 389,
    "open_clip:RN101/openai": 457,
    "open_clip:ViT-L-14/openai": 1631,
}
"""Encoders of CLIP that are offered, with the size of their weights in units of 2**20 bytes:
four bytes for each parameter."""

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
        """One sentence on how far to trust it."""
        ...

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words that it was taught; None for an encoder that takes any text."""
        ...

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> Matrix:
        """Embed pictures, each prepared as this encoder was trained, from the raw picture.

        Args:
            images: of any size; arrays are uint8 (H, W, 3) RGB.

        Returns:
            float32 (N, E), each of length 1.
        """
        ...

    def words(self, words: Sequence[str]) -> Matrix:
        """Embed words as they are, without a sentence around them.

        Returns:
            float32 (C, E), each of length 1.

        Raises:
            UnknownWord: one of them is among `unknown(words)`.
        """
        ...

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return those of the words that have no meaning for this encoder."""
        ...

    def scores(self, image_embeddings: Matrix, word_embeddings: Matrix) -> Matrix:
        """Say how well each word fits each picture, on the scale of CLIP's cosines.

        Args:
            image_embeddings: float32 (N, E), of `pictures`.
            word_embeddings: float32 (C, E), of `words`.

        Returns:
            P, float32 (N, C).
        """
        ...


def names() -> tuple[str, ...]:
    """Return the encoders that are offered, the embedded one first.

    `load` takes every model and weights that open_clip knows, and files.
    """
    return (EMBEDDED, *CLIP_SIZES)


def size_mb(spec: str) -> int | None:
    """Return the size of an encoder's download in units of 2**20 bytes; None where not known."""
    return 0 if spec == EMBEDDED else CLIP_SIZES.get(spec)


def is_ready(spec: str, weights: Path | None = None) -> bool:
    """Return whether an encoder can be loaded without a download.

    Args:
        spec: as for `load`.
        weights: as for `load`.

    Raises:
        UnknownEncoder: no such encoder.
    """
    if spec == EMBEDDED:
        from core.concepts import embedded_encoder

        return embedded_encoder.is_ready()
    from core.concepts import clip_weights

    return clip_weights.is_ready(clip_weights.parse(_checked(spec)), weights)


def load(
    spec: str,
    weights: Path | None = None,
    *,
    device: torch.device | None = None,
    allow_download: bool = False,
    tick: Tick | None = None,
) -> Encoder:
    """Load an encoder; nothing is kept.

    Args:
        spec: `embedded`; `open_clip:MODEL/WEIGHTS`, where the weights are a name that open_clip
            knows for the model (`open_clip:ViT-B-16/openai`) or the path of a file.
        weights: folder with weight files, searched first; without it the one that
            SEEWHY_WEIGHTS names. A relative path in `spec` begins here or where the process is.
        device: where to compute; the machine's best when not given.
        allow_download: fetch weights that are not on this machine.
        tick: told how far the download is.

    Raises:
        UnknownEncoder: no such encoder, or one that SeeWhy cannot run.
        MissingWeights: not on this machine and `allow_download` is False; names the size.
        DownloadFailed: could not be fetched.
        BadWeights: a file that does not fit.
        Cancelled: raised by `tick`.
    """
    if spec == EMBEDDED:
        from core.concepts import embedded_encoder

        return embedded_encoder.load(device)
    # The library takes seconds to import, and a start without CLIP should not.
    from core.concepts import clip_encoder

    return clip_encoder.load(_checked(spec), weights, device, tick, allow_download=allow_download)


def _checked(spec: str) -> str:
    """Return what comes after `open_clip:`.

    Raises:
        UnknownEncoder: something else.
    """
    if not spec.startswith(OPEN_CLIP):
        raise UnknownEncoder(
            f"There is no encoder {spec[:80]!r}: give {EMBEDDED} or {OPEN_CLIP}MODEL/WEIGHTS, "
            f"for example {next(iter(CLIP_SIZES))}."
        )
    return spec.removeprefix(OPEN_CLIP)


def as_image(image: Image.Image | Pixels) -> Image.Image:
    """Return a picture in mode RGB."""
    if isinstance(image, Image.Image):
        return to_rgb(image, [])
    return Image.fromarray(np.ascontiguousarray(image))
