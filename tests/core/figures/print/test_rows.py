"""Charts with a name beside each row, and histograms, as files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageColor

from core.figures.charts import concepts, overlaps
from core.figures.charts.rows import Bars
from core.figures.print.rows import bars_file, boxes_file, histogram_file
from core.figures.print.sheet import KINDS, Kind
from tests.core.figures.examples import (
    CATEGORIES,
    COUNTS,
    LAYERS,
    NAMES,
    PAIRS,
    RANKED,
    ROWS,
    VALUES,
)
from tests.core.figures.print.files import words_of

FREQUENT = concepts.frequent(RANKED, CATEGORIES)
EVIDENCE = concepts.evidence(["a", "$b$"], [1.0, 0], [-0.5, -1], [1, 0], "drop")
COMPARED = concepts.compared(["a", "b"], [0.5, 0], [0.25, 0.1], ("one " * 60, "two $x$"))


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def pixels_of(data: bytes, colour: str) -> int:
    """How many pixels have a colour."""
    with Image.open(io.BytesIO(data)) as image:
        same = np.asarray(image.convert("RGB")) == ImageColor.getrgb(colour)
    return int(same.all(axis=2).sum())


def files(kind: Kind) -> list[bytes]:
    histogram = concepts.activations(np.array([5, 0, 1]), 0.0, 3.0)
    return [
        bars_file(FREQUENT, "Title $", "Named by X.", kind),
        bars_file(concepts.layers(LAYERS, COUNTS), "Title", "Named by X.", kind),
        bars_file(EVIDENCE, "Title", "Named by X.", kind),
        bars_file(COMPARED, "Title", "Named by X.", kind),
        boxes_file(concepts.spread(LAYERS, VALUES, "soft_wpmi"), "Title", "Named by X.", kind),
        boxes_file(overlaps.spread(PAIRS, list(ROWS), NAMES), "Title", "Named by X.", kind),
        histogram_file(histogram, "Title", "Named by X.", kind),
    ]


@pytest.mark.slow
def test_files_are_the_same_for_the_same_data() -> None:
    first = files("png")
    for kind in KINDS:
        assert files(kind) == files(kind)
    assert {size(data)[0] for data in first} == {1100}


def test_vector_files_hold_no_date() -> None:
    for data in files("svg"):
        text = data.decode()
        assert text.startswith("<?xml")
        assert "<dc:date>" not in text


@pytest.mark.parametrize("chart", [FREQUENT, concepts.layers(LAYERS, COUNTS), EVIDENCE, COMPARED])
def test_files_have_the_colours_of_the_chart(chart: Bars) -> None:
    data = bars_file(chart, "t", "c")
    for series in chart.series:
        for value, colour in zip(series.values, series.colours, strict=True):
            assert not value or pixels_of(data, colour) > 200


def test_more_bars_make_a_taller_file() -> None:
    few = bars_file(concepts.frequent(RANKED, {}), "t", "c")
    many = bars_file(concepts.frequent([(f"w {n}", 50 - n) for n in range(50)], {}), "t", "c")
    assert size(many)[1] > 3 * size(few)[1]


def test_shares_are_read_as_in_the_browser() -> None:
    words = words_of(bars_file(COMPARED, "t", "c", "svg"))
    assert "10%" in words
    assert not any(word.endswith(".0%") for word in words)


def test_nothing_to_draw() -> None:
    assert size(bars_file(concepts.frequent([], {}), "t", "c"))[0] == 1100
    assert size(bars_file(concepts.layers([], []), "t", "c"))[0] == 1100
    for chart in (concepts.frequent([], {}), concepts.compared([], [], [], ("one", "two"))):
        assert chart.empty in words_of(bars_file(chart, "t", "c", "svg"))
    flat = concepts.activations(np.array([5, 0, 1]), 1.0, 1.0)
    assert histogram_file(flat, "t", "c", "svg").startswith(b"<?xml")
