"""Maps that know nothing of the model."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.filters import sobel

from core.measure.single.controls import centre_map, random_map, sobel_map
from tests.conftest import blocks_picture


@pytest.mark.parametrize("size", [(32, 32), (224, 224), (50, 90)])
def test_range_and_size(size: tuple[int, int]) -> None:
    view = blocks_picture(*size).pixels
    for values in (random_map(size, 0), sobel_map(view), centre_map(size)):
        assert values.shape == size
        assert values.dtype == np.float32
        assert values.min() == 0
        assert values.max() == 1


def test_random_maps_have_a_seed_and_a_number() -> None:
    size = (64, 64)
    first = random_map(size, 3, 5)
    np.testing.assert_array_equal(first, random_map(size, 3, 5))
    for other in (random_map(size, 3, 6), random_map(size, 4, 5)):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.9
    maps = [random_map(size, 0, number) for number in range(50)]
    assert np.abs(np.mean(maps, 0) - np.mean(maps)).max() < 0.25


def test_random_maps_are_smooth() -> None:
    values = random_map((224, 224), 0)
    assert np.abs(np.diff(values, axis=0)).max() < 1.5 * 7 / 224


def test_sobel_shows_edges() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, 16:] = (10, 200, 90)
    values = sobel_map(pixels)
    assert (values[:, 15:17] == 1).all()
    assert values[:, :14].max() < 1e-6
    assert values[:, 18:].max() < 1e-6
    assert not sobel_map(np.full((32, 32, 3), 77, np.uint8)).any()
    view = blocks_picture().pixels
    stock = sobel(rgb2gray(view))
    assert np.corrcoef(sobel_map(view).ravel(), stock.ravel())[0, 1] > 0.9999


@pytest.mark.parametrize("size", [(32, 32), (33, 33), (20, 60)])
def test_the_centre_is_hottest(size: tuple[int, int]) -> None:
    values = centre_map(size)
    row, column = np.unravel_index(values.argmax(), size)
    assert abs(row - (size[0] - 1) / 2) <= 0.5
    assert abs(column - (size[1] - 1) / 2) <= 0.5
    np.testing.assert_allclose(values, values[::-1, ::-1], atol=1e-6)
    assert values[0, 0] == 0
