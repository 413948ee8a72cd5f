"""Outlines of superpixels: where they lie and what colour they have."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageColor

from core import Pixels
from core.figures.drawing import palette
from core.figures.drawing.outlines import divided, outlined
from core.figures.drawing.overlay import DIM

FOR = ImageColor.getrgb(palette.SPEAKS_FOR)
AGAINST = ImageColor.getrgb(palette.SPEAKS_AGAINST)
WEIGHTS = np.array([0.4, -0.3, 0.2, 0.0])


def quarters() -> np.ndarray:
    """Four superpixels, 0 and 1 in the upper half, 2 and 3 in the lower."""
    return np.kron(np.array([[0, 1], [2, 3]], np.int32), np.ones((8, 8), np.int32))


def grey(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 100, np.uint8)


def places(drawn: Pixels, colour: tuple[int, ...]) -> np.ndarray:
    return (drawn == np.array(colour[:3])).all(axis=2)


def test_a_line_runs_inside_the_border_and_not_along_the_frame() -> None:
    drawn = outlined(grey(160, 160), quarters(), WEIGHTS, [0], (0, 0, 160, 160))
    yellow = places(drawn, FOR)
    assert yellow[20, 79]
    assert yellow[79, 20]
    assert not yellow[:, 80:].any()
    assert not yellow[0, :60].any()
    assert not yellow[20, :70].any()
    assert not places(drawn, AGAINST).any()
    assert (drawn[130, 130] == 100).all()


def test_neighbours_share_one_outline() -> None:
    drawn = outlined(grey(160, 160), quarters(), WEIGHTS, [0, 2], (0, 0, 160, 160))
    yellow = places(drawn, FOR)
    assert yellow[:, 79].all()
    assert not yellow[79, :70].any()


def test_what_speaks_against_has_another_colour() -> None:
    drawn = outlined(grey(160, 160), quarters(), WEIGHTS, [0, 1], (0, 0, 160, 160))
    assert places(drawn, FOR)[20, 79]
    assert places(drawn, AGAINST)[20, 80]
    assert not places(drawn, AGAINST)[:, :80].any()


def test_the_rest_can_be_hidden() -> None:
    drawn = outlined(grey(160, 160), quarters(), WEIGHTS, [2], (0, 0, 160, 160), hide_rest=True)
    assert (drawn[130, 20] == 100).all()
    assert not drawn[:70].any()
    assert not drawn[130, 130].any()


@pytest.mark.parametrize("draw", ["outlined", "divided"])
@pytest.mark.parametrize("size", [(1, 1), (16, 16), (37, 211), (900, 600)])
def test_the_size_is_the_pictures_own(size: tuple[int, int], draw: str) -> None:
    box = (0, 0, size[1], size[0])
    if draw == "outlined":
        drawn = outlined(grey(*size), quarters(), WEIGHTS, [0, 1], box)
    else:
        drawn = divided(grey(*size), quarters(), box)
    assert drawn.shape == (*size, 3)
    assert drawn.dtype == np.uint8


def test_nothing_chosen_leaves_the_picture() -> None:
    assert np.array_equal(
        outlined(grey(40, 40), quarters(), WEIGHTS, [], (0, 0, 40, 40)), grey(40, 40)
    )


def test_lines_lie_in_the_seen_part_and_the_rest_is_dimmed() -> None:
    for drawn in (
        outlined(grey(100, 300), quarters(), WEIGHTS, [0, 2], (100, 0, 200, 100)),
        divided(grey(100, 300), quarters(), (100, 0, 200, 100)),
    ):
        yellow = places(drawn, FOR)
        assert yellow[:, 149].any() or yellow[:, 150].any()
        assert not yellow[:, :100].any()
        assert not yellow[:, 200:].any()
        assert abs(int(drawn[50, 50, 0]) - round(100 * DIM)) <= 1


def test_the_preview_has_every_border() -> None:
    yellow = places(divided(grey(640, 640), quarters(), (0, 0, 640, 640)), FOR)
    assert yellow[100, 312:328].any()
    assert yellow[500, 312:328].any()
    assert yellow[312:328, 100].any()
    assert yellow[312:328, 500].any()
    assert yellow.mean() < 0.05
    assert not yellow[:300, :300].any()
