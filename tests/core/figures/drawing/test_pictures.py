"""Pictures made small."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.drawing.pictures import telling_square
from core.pictures import built_in


@pytest.mark.parametrize("shape", [(30, 60, 3), (60, 30, 3), (2000, 20, 3), (1, 900, 3), (1, 1, 3)])
def test_a_small_picture_is_a_square_of_the_picture(shape: tuple[int, int, int]) -> None:
    assert (telling_square(np.full(shape, 200, np.uint8), 40) == 200).all()
    assert telling_square(np.full(shape, 200, np.uint8), 40).shape == (40, 40, 3)


@pytest.mark.parametrize("turned", [False, True])
def test_a_small_picture_shows_where_the_detail_is_and_the_middle_where_all_is_alike(
    turned: bool,
) -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((60, 300, 3), 90, np.uint8)
    pixels[:, 230:290] = rng.integers(0, 255, (60, 60, 3))
    small = telling_square(pixels.swapaxes(0, 1) if turned else pixels, 60)
    assert small.std() > 50
    ramp = np.linspace(0, 250, 300)[None, :, None].repeat(60, 0).repeat(3, 2).astype(np.uint8)
    assert abs(float(telling_square(ramp, 60).mean()) - 125) < 15


def test_the_marked_cat_differs_from_the_cat_in_its_small_picture() -> None:
    plain, marked = (telling_square(built_in.load(key).pixels, 92) for key in ("cat", "cat-marked"))
    assert np.abs(plain.astype(int) - marked).max() > 100
