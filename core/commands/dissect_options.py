"""What a dissection is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BUILT_IN = "builtin"


OUR_WORDS = "seewhy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for, before anything is loaded.

    Attributes:
        model: catalogue id; empty for the default.
        weights, names: files of the person's own, or None.
        device: `auto`, `cpu`, `cuda` ...
        fit: `squash` or `crop`.
        layers: module paths; empty for the last spatial layer.
        probes: name of a set, or path.
        words: `builtin`, `seewhy` or path.
        encoder: `embedded` or `open_clip:MODEL/PRETRAINED`.
        similarity, pool: names.
        top_words, draws, seed: numbers.
        threshold: similarity above which units are counted besides, or None.
        allow_download: whether a published set of pictures may be fetched.
        figures: `png` or `svg`.
    """

    model: str
    weights: Path | None
    names: Path | None
    device: str
    fit: str
    layers: tuple[str, ...]
    probes: str
    words: str
    encoder: str
    similarity: str
    pool: str
    top_words: int
    draws: int
    seed: int
    threshold: float | None
    allow_download: bool
    figures: str
