"""The overlay image: alignment, colours, dimming, contour."""

from __future__ import annotations

import numpy as np
import pytest

from core import Pixels
from core.errors import BadOption
from core.figures.drawing import palette
from core.figures.drawing.overlay import DIM, OverlayLook, overlay


def grey(height: int, width: int, value: int = 128) -> Pixels:
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_opaque_colours_are_the_tables_entries() -> None:
    shown = np.array([[0.0, 0.5], [1.0, 0.25]], dtype=np.float32)
    drawn = overlay(grey(2, 2), shown, (0, 0, 2, 2), OverlayLook("viridis", opacity=1.0))
    table = palette.lookup("viridis")
    assert np.array_equal(drawn, table[np.array([[0, 128], [255, 64]])])


def test_opacity_zero_leaves_the_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    shown = np.ones((4, 4), dtype=np.float32)
    assert np.array_equal(overlay(pixels, shown, (0, 0, 7, 9), OverlayLook(opacity=0.0)), pixels)


def test_opacity_half_is_the_mean() -> None:
    shown = np.ones((1, 1), dtype=np.float32)
    drawn = overlay(grey(3, 3, 100), shown, (0, 0, 3, 3), OverlayLook("grey", opacity=0.5))
    assert np.abs(drawn.astype(int) - (100 + 255) / 2).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (17, 5), (400, 300)])
def test_the_size_is_the_pictures_own(size: tuple[int, int]) -> None:
    shown = np.zeros((8, 8), dtype=np.float32)
    drawn = overlay(grey(*size), shown, (0, 0, size[1], size[0]), OverlayLook(contour=0.5))
    assert drawn.shape == (*size, 3)
    assert drawn.dtype == np.uint8


def test_the_map_lies_on_the_box_and_the_rest_is_dimmed() -> None:
    shown = np.ones((4, 4), dtype=np.float32)
    drawn = overlay(grey(20, 40, 200), shown, (10.2, 0, 29.8, 20), OverlayLook("grey", opacity=1.0))
    assert (drawn[:, 10:30] == 255).all()
    outside = np.concatenate([drawn[:, :10], drawn[:, 30:]], axis=1)
    assert np.abs(outside.astype(int) - 200 * DIM).max() <= 1


def test_a_hot_corner_stays_in_its_corner() -> None:
    shown = np.zeros((10, 10), dtype=np.float32)
    shown[:3, 7:] = 1.0  # top right
    drawn = overlay(grey(50, 100), shown, (0, 0, 100, 50), OverlayLook("grey", opacity=1.0))[..., 0]
    assert drawn[:10, 80:].min() > 200
    assert drawn[25:].max() == 0
    assert drawn[:, :50].max() == 0


def test_the_contour_follows_the_level() -> None:
    shown = np.zeros((100, 100), dtype=np.float32)
    shown[30:70, 30:70] = 1.0
    look = OverlayLook("grey", opacity=0.0, contour=0.5)
    drawn = overlay(grey(100, 100), shown, (0, 0, 100, 100), look)[..., 0]
    line, halo = drawn == 255, drawn == 0
    assert line[30, 30:70].all()
    assert line[69, 30:70].all()
    assert halo[29, 30:70].all()
    assert not line[31:69, 31:69].any()
    assert line.sum() == 4 * 40 - 4


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_line_runs_along_the_frame(value: float) -> None:
    shown = np.full((8, 8), value, dtype=np.float32)
    look = OverlayLook(opacity=0.0, contour=0.5)
    assert np.array_equal(overlay(grey(30, 30), shown, (0, 0, 30, 30), look), grey(30, 30))


def test_values_that_are_not_numbers_are_drawn_as_zero() -> None:
    shown = np.full((4, 4), np.nan, dtype=np.float32)
    drawn = overlay(grey(4, 4), shown, (0, 0, 4, 4), OverlayLook("inferno", opacity=1.0))
    assert (drawn == palette.lookup("inferno")[0]).all()


@pytest.mark.parametrize(
    ("scale", "opacity", "contour"),
    [
        ("rainbow", 0.5, None),
        ("inferno", 1.5, None),
        ("inferno", float("nan"), None),
        ("inferno", 0.5, -0.1),
    ],
)
def test_a_bad_look_is_refused(scale: str, opacity: float, contour: float | None) -> None:
    with pytest.raises(BadOption):
        OverlayLook(scale, opacity, contour)
