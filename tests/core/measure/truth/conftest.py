"""A picture of 20 x 12 pixels."""

from __future__ import annotations

import numpy as np
import pytest

from core.pictures.picture import Picture, from_pixels

WIDTH, HEIGHT = 20, 12


@pytest.fixture
def picture() -> Picture:
    rng = np.random.default_rng(0)
    return from_pixels(rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8), "cat.jpg")


@pytest.fixture
def large() -> Picture:
    """One that is shown at half its size."""
    return from_pixels(np.zeros((2100, 4096, 3), np.uint8), "large.png")
