"""Pictures made small."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.drawing.pictures import in_square
from core.pictures import built_in


@pytest.mark.parametrize("shape", [(30, 60, 3), (60, 30, 3), (2000, 20, 3), (1, 900, 3), (5, 5, 3)])
def test_a_small_picture_shows_the_whole_one(shape: tuple[int, int, int]) -> None:
    square = in_square(np.full(shape, 200, np.uint8), 40)
    assert square.shape == (40, 40, 4)
    seen = square[..., 3] > 0
    share = 40 / max(shape)
    assert seen.any(0).sum() == max(1, round(shape[1] * share))
    assert seen.any(1).sum() == max(1, round(shape[0] * share))
    assert (square[seen] == (200, 200, 200, 255)).all()


def test_the_marked_cat_differs_from_the_cat_in_its_small_picture() -> None:
    plain, marked = (in_square(built_in.load(key).pixels, 92) for key in ("cat", "cat-marked"))
    assert np.abs(plain.astype(int) - marked).max() > 100
