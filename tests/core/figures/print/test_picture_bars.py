"""Overlap on several pictures, as a file."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageColor

from core.figures.charts.overlaps import overlaps
from core.figures.drawing import palette
from core.figures.print.picture_bars import picture_bars_file
from tests.core.figures.examples import CHANCES, MEANS, NAMES, PAIRS, ROWS

NAN = float("nan")


def printed(names: list[str] = NAMES) -> bytes:
    return picture_bars_file(overlaps(names, PAIRS, ROWS, MEANS, CHANCES))


def strong(data: bytes, colour: str) -> int:
    """How many pixels have a colour at its full strength."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return int((pixels == ImageColor.getrgb(colour)).all(axis=2).sum())


def test_file_is_a_png_of_the_stated_size_and_the_same_each_time() -> None:
    data = printed()
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("PNG", (1600, 900))
    assert "Software" not in image.info
    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(lambda _: printed(), range(2))) == {data}


def test_file_is_white_with_the_colours_of_the_pairs() -> None:
    pixels = np.asarray(Image.open(io.BytesIO(printed())).convert("RGB"))
    assert (pixels[0] == 255).all()
    for colour in palette.SERIES[:2]:
        assert strong(printed(), colour) > 1000, "the line of the mean"


def test_file_has_a_cross_where_nothing_is_defined() -> None:
    def drawn(rows: np.ndarray) -> int:
        data = picture_bars_file(overlaps(NAMES, PAIRS[:1], rows, [NAN], [NAN]))
        return strong(data, palette.SERIES[0])

    assert drawn(ROWS[:1]) > 10
    assert drawn(ROWS[1:]) == 0, "bars are fainter than crosses and lines"


def test_nothing_to_draw() -> None:
    assert picture_bars_file(overlaps([], [], [], [], []))
    assert picture_bars_file(overlaps([], ["A and B"], [[]], [NAN], [NAN]))


def test_names_of_files_are_no_formulas_and_warn_of_no_glyph() -> None:
    assert printed(["$x_1^$.png", "\U0001f600.png", "猫.png"])
