"""The built-in probe pictures: parts of photographs that installed packages bring, and patterns."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.concepts.probes.patterns import draw
from core.concepts.probes.probe_set import ProbeSet
from core.files.installed import installed_file
from core.pictures import built_in as samples
from core.pictures.picture import Picture, from_pixels, read
from core.requests.keys import content_key

VERSION = 3
"""Raised when the same index would show another picture."""
SEED = 20_230
SCALES = ((1.0, 4), (0.7, 14), (0.5, 22), (0.35, 26), (0.25, 26), (0.18, 16))
"""Side of a part as a share of the photograph's shorter side, and how many parts of that size."""
PATTERNS: Mapping[str, int] = {
    "pure colour": 200,
    "striped": 320,
    "dotted": 180,
    "checkered": 140,
    "grid": 120,
    "zigzag": 40,
    "wavy": 40,
    "concentric circles": 40,
    "radial lines": 40,
    "noise": 60,
    "gradient": 80,
    "circles": 60,
    "squares": 60,
    "triangles": 60,
}
"""How many pictures of each kind are drawn."""
SIDE = 128
"""Pixels a side of a drawn picture."""
PHOTOGRAPHS = (
    "cat",
    "coffee",
    "flower",
    "motorcycle",
    "china",
    "rocket",
    "astronaut",
    "photographer",
    "coins",
    "horse",
    "galaxies",
    "retina",
)
"""Built-in pictures that parts are cut from, in the order of the probe pictures."""
MORE: Mapping[str, tuple[str, str]] = {
    "brick": ("skimage", "data/brick.png"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "clock": ("skimage", "data/clock_motion.png"),
    "tissue": ("skimage", "data/ihc.png"),
    "officer": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
"""Photographs that serve here alone, behind the others: package and file."""
TRIES = 8
PLAIN = 12.0
"""A part whose grey values spread less than this is drawn again: many skies say nothing new."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a photograph: its key, its number, and the side as a share."""

    key: str
    number: int
    share: float


@functools.cache
def built_in() -> ProbeSet:
    """Return the built-in set; a picture is made when it is asked for, always the same.

    Raises:
        BadPicture: an installed package does not bring its photograph.
    """
    parts = [part for key in (*PHOTOGRAPHS, *MORE) for part in _parts(key)]
    drawn = [(kind, n) for kind, count in PATTERNS.items() for n in range(count)]
    digest = content_key(
        kind="built-in probes",
        version=VERSION,
        seed=SEED,
        photographs=[_photograph(key).sha256 for key in (*PHOTOGRAPHS, *MORE)],
        scales=SCALES,
        patterns=PATTERNS,
    )

    def load(index: int) -> Picture:
        if index < len(parts):
            return _crop(parts[index], np.random.RandomState(SEED + index))
        kind, number = drawn[index - len(parts)]
        pattern = draw(np.random.default_rng(SEED + index), kind, SIDE)
        return from_pixels(pattern.pixels, f"{kind} {number + 1}")

    names = [f"{part.key} {part.number + 1}" for part in parts]
    names += [f"{kind} {number + 1}" for kind, number in drawn]
    return ProbeSet("built in", digest, tuple(names), load)


@functools.cache
def _photograph(key: str) -> Picture:
    return read(installed_file(*MORE[key])) if key in MORE else samples.load(key)


def _parts(key: str) -> Iterator[_Part]:
    """Yield the parts of one photograph, the largest first."""
    shares = [share for share, count in SCALES for _ in range(count)]
    for number, share in enumerate(shares):
        yield _Part(key, number, share)


def _crop(part: _Part, rng: np.random.RandomState) -> Picture:
    """Cut a square out of a photograph, mirrored every other time."""
    pixels = _photograph(part.key).pixels
    height, width = pixels.shape[:2]
    side = max(16, round(min(height, width) * part.share))
    for _ in range(TRIES):
        top, left = rng.randint(height - side + 1), rng.randint(width - side + 1)
        square = pixels[top : top + side, left : left + side]
        if square.mean(2).std() >= PLAIN:
            break
    mirrored = square[:, ::-1] if rng.uniform() < 0.5 else square
    return from_pixels(np.ascontiguousarray(mirrored), f"{part.key} {part.number + 1}")
