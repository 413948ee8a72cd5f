"""Corners that look alike within a class: a mark or a text that a data set drew into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Pixels
from core.imports.lazy import library
from core.measure.audit.places import CORNERS, FEWEST
from core.measure.audit.rates import LEVEL, false_discovery
from core.measure.audit.rows import AuditRow, Bytes

By = Literal["truth", "guess"]
Flags = npt.NDArray[np.bool_]

CUT, SIDE = 7, 4
"""A corner is a seventh of each side, and is kept at 4 x 4 pixels."""
ALIKE = 12.0
"""Mean difference of colours, of 255, up to which two corners count as alike."""
SHARE, TIMES = 0.3, 3.0
"""Of pairs in a class whose corners are alike, at least, and how many times as often as others."""
MOST, REST = 100, 300
"""Pictures of a class, and of the others, that are compared; drawn where there are more."""
DRAWS = 999


@dataclass(frozen=True, slots=True)
class AlikeCorner:
    """A corner that looks alike in pictures of one class.

    Attributes:
        by: whether the class is the true one or the predicted one.
        index: of the class.
        place: number of the corner among `PLACES`.
        pictures: of the class.
        share: of pairs within the class whose corners are alike, in [0, 1].
        other_corners: the highest such share among its three other corners.
        others: share of pairs of a picture of the class and one of another class.
        p: of random groups of as many pictures with such a share.
        q: false discovery rate over all classes and corners that were tested.
    """

    by: By
    index: int
    place: int
    pictures: int
    share: float
    other_corners: float
    others: float
    p: float
    q: float = 1.0


def corners_of(view: Pixels) -> Bytes:
    """Return the four corners of what a model saw, uint8 (4, 48), in the order of `CORNERS`.

    Args:
        view: uint8 (h, w, 3).
    """
    height, width = view.shape[:2]
    tall, wide = max(1, height // CUT), max(1, width // CUT)
    parts = [
        view[y : y + tall, x : x + wide] for y in (0, height - tall) for x in (0, width - wide)
    ]
    small = [
        Image.fromarray(np.ascontiguousarray(part)).resize((SIDE, SIDE), Image.Resampling.BOX)
        for part in parts
    ]
    return np.stack([np.asarray(each, np.uint8) for each in small]).reshape(4, -1)


def alike_corners(rows: Sequence[AuditRow], seed: int = 0) -> tuple[AlikeCorner, ...]:
    """Return the corners that are far more alike within a class than elsewhere.

    Two corners are alike where the mean difference of their colours is at most `ALIKE`. A corner
    is reported where at least `SHARE` of the pairs within a class are alike, `TIMES` as often as at
    its other corners and as with pictures of other classes, and a random group of as many pictures
    has such a share in fewer than 5 % of the draws, corrected for the number of tests.

    Args:
        rows: of all pictures.
        seed: of the pictures that are drawn.
    """
    found: list[AlikeCorner] = []
    by: By
    for by in ("truth", "guess"):
        classes = np.array([getattr(row, by) for row in rows])
        for index, count in zip(*np.unique(classes, return_counts=True), strict=True):
            if index >= 0 and count >= FEWEST and len(rows) - count >= FEWEST:
                found += _of_class(rows, classes == index, by, int(index), seed)
    q = false_discovery([each.p for each in found])
    judged = [
        AlikeCorner(
            e.by,
            e.index,
            e.place,
            e.pictures,
            e.share,
            e.other_corners,
            e.others,
            e.p,
            float(value),
        )
        for e, value in zip(found, q, strict=True)
    ]
    return tuple(each for each in judged if each.q <= LEVEL)


def _of_class(
    rows: Sequence[AuditRow], inside: Flags, by: By, index: int, seed: int
) -> list[AlikeCorner]:
    """Return what is to be tested of one class, with its p-values."""
    rng = np.random.default_rng([seed, index, by == "truth"])
    own, rest = (
        _drawn(np.flatnonzero(each), most, rng) for each, most in ((inside, MOST), (~inside, REST))
    )
    count = len(own)
    colours = _colours(rows, own)
    within = [_pairs(_alike(colours[:, corner], colours[:, corner])) for corner in range(4)]
    if max(within) < SHARE:
        return []
    every = _colours(rows, (*own, *rest))
    alike = [_alike(every[:, corner], every[:, corner]) for corner in range(4)]
    found = []
    for corner, place in enumerate(CORNERS):
        others = float(alike[corner][:count, count:].mean())
        elsewhere = max(share for at, share in enumerate(within) if at != corner)
        if within[corner] < max(SHARE, TIMES * others, TIMES * elsewhere):
            continue
        p = _chance(alike[corner], count, within[corner], rng)
        share = within[corner]
        pictures = int(inside.sum())
        found.append(AlikeCorner(by, index, place, pictures, share, elsewhere, others, p))
    return found


def _drawn(
    places: npt.NDArray[np.int64], most: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    if places.size <= most:
        return places
    return np.sort(rng.choice(places, most, replace=False))


def _colours(rows: Sequence[AuditRow], places: Iterable[int]) -> npt.NDArray[np.float32]:
    """Return the corners of some pictures, float32 (n, 4, 48)."""
    return np.stack([rows[at].fingerprint.corners for at in places]).astype(np.float32)


def _alike(one: npt.NDArray[np.float32], two: npt.NDArray[np.float32]) -> Flags:
    """Tell which corners are alike, bool (n, m), from colours float32 (n, 48) and (m, 48)."""
    far = library("scipy.spatial.distance").cdist(one, two, "cityblock")
    return np.asarray(far / one.shape[1] <= ALIKE)


def _pairs(alike: Flags) -> float:
    """Return the share of pairs that are alike, of a square table with True in its diagonal."""
    count = len(alike)
    return float((alike.sum() - count) / (count * (count - 1)))


def _chance(alike: Flags, count: int, share: float, rng: np.random.Generator) -> float:
    """Return how often random groups of so many pictures have such a share."""
    reached = 0
    for _ in range(DRAWS):
        group = rng.permutation(len(alike))[:count]
        reached += _pairs(alike[np.ix_(group, group)]) >= share
    return (1 + reached) / (1 + DRAWS)
