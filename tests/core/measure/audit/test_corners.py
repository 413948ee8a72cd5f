"""Corners that look alike within a class."""

from __future__ import annotations

import numpy as np

from core.measure.audit.corners import alike_corners, corners_of
from core.pictures.shortcut_mark import with_mark
from core.requests.audits import PLACES
from tests.core.measure.audit.made import row


def photo(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return np.kron(small, np.ones((16, 16, 1), np.uint8))


def rows_of(marked: int, plain: int, corner: str = "top right", truth: int = 0) -> list:
    pictures = [
        with_mark(photo(n), corner) if n < marked else photo(n) for n in range(marked + plain)
    ]
    return [
        row(n, truth if n < marked else 1 + n % 3, 5, corners=corners_of(pixels))
        for n, pixels in enumerate(pictures)
    ]


def test_the_mark_of_one_class_is_found() -> None:
    (found,) = alike_corners(rows_of(10, 30))
    assert (found.by, found.index, PLACES[found.place]) == ("truth", 0, "top right corner")
    assert found.share == 1
    assert found.others == 0
    assert found.q < 0.05


def test_half_of_a_class_is_enough() -> None:
    rows = rows_of(12, 40)
    assert alike_corners([*rows, *(row(100 + n, 0, 5) for n in range(6))])


def test_nothing_is_found_where_all_or_none_have_it() -> None:
    assert alike_corners(rows_of(0, 40)) == ()
    every = rows_of(40, 0)
    mixed = [row(n, n % 4, n % 3, corners=each.fingerprint.corners) for n, each in enumerate(every)]
    assert alike_corners(mixed) == ()
    white = np.full((4, 48), 255, np.uint8)
    flat = [row(n, 0, 5, corners=white) for n in range(10)]
    assert alike_corners([*flat, *rows_of(0, 30)]) == (), "a white ground is in all its corners"
    assert alike_corners(rows_of(4, 30)) == (), "four pictures are too few"


def test_corners_are_means_of_their_parts() -> None:
    pixels = np.zeros((70, 140, 3), np.uint8)
    pixels[60:, 120:] = (10, 20, 30)
    corners = corners_of(pixels)
    assert corners.shape == (4, 48)
    assert not corners[:3].any()
    assert corners[3].reshape(16, 3).tolist() == [[10, 20, 30]] * 16
    assert corners_of(pixels[:2, :3]).shape == (4, 48)
