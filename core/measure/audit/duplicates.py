"""Copies among pictures: the same file, the same pixels, or nearly the same picture.

A picture has a hash of 64 bits, the signs of its lowest frequencies, which resizing and
recompressing hardly change. Hashes at most `DISTANCE` bits apart are found by parts: of two such
hashes one of four parts of 16 bits differs in one bit at most, so that each is looked up in 4 x 17
places, and not beside every other (multi-index hashing). What is found is confirmed on the pictures
at 16 x 16 pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Pixels
from core.imports.lazy import library
from core.measure.audit.corners import corners_of
from core.measure.audit.rows import AuditRow, Fingerprint

Kind = Literal["file", "pixels", "near"]
Hashes = npt.NDArray[np.uint64]

DISTANCE = 6
"""Bits of 64 in which near copies differ at most."""
SIDE, LOW = 32, 8
"""Side of the picture whose frequencies are taken, and how many of them each way."""
SMALL = 16
CLOSE = 6.0
"""Mean difference of two pictures at 16 x 16, in grey levels of 255, of near copies at most."""
FLAT = 2.0
"""Standard deviation of grey levels below which a picture is flat: such are no copies by looks."""
PARTS, BITS = 4, 16
BLOCK = 2048
"""Hashes that are looked up together."""
_WEIGHTS = (1 << np.arange(64, dtype=np.uint64)).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Copies:
    """Pictures that are copies of each other.

    Attributes:
        kind: `file` for equal files, `pixels` for equal pixels, `near` for what looks the same.
        places: of the pictures among all, rising.
        classes: true classes that they have, rising; unknown ones left out.
    """

    kind: Kind
    places: tuple[int, ...]
    classes: tuple[int, ...]

    @property
    def disagree(self) -> bool:
        """Whether one picture has two true classes, which is a fault of the labels."""
        return len(self.classes) > 1


def fingerprint(pixels: Pixels, view: Pixels) -> Fingerprint:
    """Return what tells a picture from others.

    The hash has a bit for each of the 8 x 8 lowest frequencies of the discrete cosine transform of
    the picture in grey at 32 x 32: 1 above their median, the mean of the picture left out of it.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        view: uint8 (h, w, 3), what the model saw of it.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels))
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    waves = library("scipy.fft").dctn(np.asarray(grey, np.float64), norm="ortho")[:LOW, :LOW]
    low = waves.ravel()
    bits = low > np.median(low[1:])
    number = int((_WEIGHTS[bits]).sum(dtype=np.uint64)) if bits.any() else 0
    small = np.asarray(grey.resize((SMALL, SMALL), Image.Resampling.BOX), np.uint8).ravel()
    return Fingerprint(number, small, corners_of(view))


def copies(rows: Sequence[AuditRow]) -> tuple[Copies, ...]:
    """Group the copies: equal files, then equal pixels in other files, then near copies.

    A group of near copies holds everything that is linked by near pairs. Pictures whose pixels or
    files are equal stand in it as well, where another one is near them.

    Args:
        rows: of all pictures.

    Returns:
        Groups of two or more, those with two true classes first, then by kind and place.
    """
    files: dict[str, list[int]] = defaultdict(list)
    pixels: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        if row.picture.file:
            files[row.picture.file].append(at)
        pixels[row.picture.digest].append(at)
    made = [_copies(rows, "file", group) for group in files.values() if len(group) > 1]
    made += [
        _copies(rows, "pixels", group)
        for group in pixels.values()
        if len({rows[at].picture.file or f"{at}" for at in group}) > 1
    ]
    firsts = {group[0]: group for group in pixels.values()}
    made += [
        _copies(rows, "near", sorted(at for first in near for at in firsts[first]))
        for near in _near(rows, tuple(firsts))
    ]
    order = ("file", "pixels", "near")
    return tuple(
        sorted(made, key=lambda each: (not each.disagree, order.index(each.kind), each.places))
    )


def _copies(rows: Sequence[AuditRow], kind: Kind, places: Sequence[int]) -> Copies:
    classes = {rows[at].truth for at in places if rows[at].is_known}
    return Copies(kind, tuple(places), tuple(sorted(classes)))


def _near(rows: Sequence[AuditRow], places: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of places whose pictures look the same."""
    places = [at for at in places if rows[at].fingerprint.grey.std() >= FLAT]
    parent = {at: at for at in places}

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    def join(first: int, second: int) -> bool:
        if not _alike(rows, first, second):
            return False
        low, high = sorted((root(first), root(second)))
        parent[high] = low
        return True

    # Of pictures with one hash that look the same the first stands for all.
    by_hash: dict[int, list[int]] = defaultdict(list)
    for at in places:
        known = by_hash[rows[at].fingerprint.hash]
        if not any(join(first, at) for first in known):
            known.append(at)
    for one, two in _pairs(np.array(sorted(by_hash), np.uint64)):
        for first in by_hash[one]:
            for second in by_hash[two]:
                join(first, second)
    groups: dict[int, list[int]] = defaultdict(list)
    for at in places:
        groups[root(at)].append(at)
    yield from (group for group in groups.values() if len(group) > 1)


def _alike(rows: Sequence[AuditRow], first: int, second: int) -> bool:
    one, two = (rows[at].fingerprint.grey.astype(np.float64) for at in (first, second))
    return bool(np.abs(one - two).mean() <= CLOSE)


def _pairs(hashes: Hashes) -> Iterator[tuple[int, int]]:
    """Yield hashes at most `DISTANCE` bits apart, the smaller first.

    Args:
        hashes: uint64 (n,), rising, each once.
    """
    seen: set[tuple[int, int]] = set()
    flips = np.array([0, *(1 << bit for bit in range(BITS))], np.uint64)
    for number in range(PARTS):
        parts = (hashes >> np.uint64(number * BITS)) & np.uint64((1 << BITS) - 1)
        order = np.argsort(parts, kind="stable")
        ranked = parts[order]
        for flip in flips:
            for block in range(0, len(hashes), BLOCK):
                wanted = parts[block : block + BLOCK] ^ flip
                starts = np.searchsorted(ranked, wanted, "left")
                counts = np.searchsorted(ranked, wanted, "right") - starts
                one = np.repeat(np.arange(block, block + wanted.size), counts)
                # The places of each in turn: from its first one on, as many as there are.
                within = np.arange(one.size) - np.repeat(np.cumsum(counts) - counts, counts)
                two = order[np.repeat(starts, counts) + within]
                near = np.bitwise_count(hashes[one] ^ hashes[two]) <= DISTANCE
                for pair in zip(hashes[one[near]], hashes[two[near]], strict=True):
                    first, second = int(pair[0]), int(pair[1])
                    if first < second and (first, second) not in seen:
                        seen.add((first, second))
                        yield first, second
