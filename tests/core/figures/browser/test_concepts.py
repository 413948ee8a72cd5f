"""The charts of a dissection, in the browser and as files."""

from __future__ import annotations

import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core.figures.browser.concepts import (
    answer_bars,
    compared_bars,
    evidence_bars,
    frequent_bars,
    layer_bars,
    spread_boxes,
)
from core.figures.drawing import categories, palette
from core.figures.drawing.categories import category_colours
from core.figures.print.channels import channels_file
from core.figures.print.concepts import (
    answers_file,
    compared_file,
    evidence_file,
    frequent_file,
    layers_file,
    spread_file,
)
from core.figures.print.sheet import Kind

RANKED = [("striped", 7), ("<b>dog</b>", 3), ("$x$ 字", 3), ("thing", 1)]
CATEGORIES = {"striped": "textures", "<b>dog</b>": "animals", "$x$ 字": "animals"}
LAYERS = ["layer1.0", "layer4", "fc"]
COUNTS = [(64, 10, 5), (512, 300, 120), (202, 0, 0)]
VALUES = [np.array([0.1, 0.5, 1.2]), np.linspace(0, 6, 50), np.array([])]


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def files(kind: Kind) -> list[bytes]:
    return [
        frequent_file(RANKED, CATEGORIES, "Title $", "Named by X.", kind),
        layers_file(LAYERS, COUNTS, "Title", "Named by X.", kind),
        spread_file(LAYERS, VALUES, "soft_wpmi", "Title", "Named by X.", kind),
    ]


def test_files_are_the_same_for_the_same_data() -> None:
    first, second = files("png"), files("png")
    assert first == second
    assert {size(data)[0] for data in first} == {1100}


def test_vector_files_hold_no_date() -> None:
    for data in files("svg"):
        text = data.decode()
        assert text.startswith("<?xml")
        assert "<dc:date>" not in text


def test_more_bars_make_a_taller_file() -> None:
    few = frequent_file(RANKED, {}, "t", "c")
    many = frequent_file([(f"word {n}", 50 - n) for n in range(50)], {}, "t", "c")
    assert size(many)[1] > 3 * size(few)[1]


def test_nothing_to_draw() -> None:
    assert size(frequent_file([], {}, "t", "c"))[0] == 1100
    assert size(layers_file([], [], "t", "c"))[0] == 1100
    assert frequent_bars([], {}, 600).layout.annotations[0].text == "no unit is labelled"


def test_categories_have_colours_and_the_rest_is_quiet() -> None:
    colours, legend = category_colours([name for name, _ in RANKED], CATEGORIES)
    assert legend == {
        "animals": palette.series(0), "textures": palette.series(1),
        categories.OTHER: palette.BAR_REST,
    }  # fmt: skip
    assert colours == [
        palette.series(1), palette.series(0), palette.series(0), palette.BAR_REST,
    ]  # fmt: skip
    assert category_colours(["a", "b"], {}) == ([palette.BAR] * 2, {})
    many = {f"w{n}": f"kind {n:02d}" for n in range(12)}
    shown, named = category_colours(list(many), many)
    assert len(named) == len(palette.SERIES) + 1
    assert len(set(shown[: len(palette.SERIES)])) == len(palette.SERIES)
    assert set(shown[len(palette.SERIES) :]) == {palette.BAR_REST}


def bars(figure: go.Figure) -> list[go.Bar]:
    return [trace for trace in figure.data if trace.type == "bar"]


@pytest.mark.parametrize("width", [360, 900])
def test_frequent_bars(width: float) -> None:
    figure = frequent_bars(RANKED, CATEGORIES, width)
    (bar,) = bars(figure)
    assert list(bar.x) == [7, 3, 3, 1]
    assert bar.customdata[1][0] == "&lt;b&gt;dog&lt;/b&gt;"
    assert figure.layout.yaxis.range == (3.5, -0.5), "the first is at the top"
    assert "<b>" not in "".join(figure.layout.yaxis.ticktext)
    assert figure.layout.margin.l < 0.5 * width
    legend = [trace.name for trace in figure.data if trace.type == "scatter"]
    assert legend == ["animals", "textures", "other"]


def test_the_legend_of_a_phone_has_room_above_the_bars() -> None:
    ranked = [(f"a concept of many letters {n}", 9 - n) for n in range(7)]
    kinds = {name: f"kind number {n}" for n, (name, _) in enumerate(ranked)}
    figure = frequent_bars(ranked, kinds, 358)
    entries = sum(trace.type == "scatter" for trace in figure.data)
    assert entries >= 6
    # Beside such long names a second entry does not fit, and Plotly sets one below the other.
    assert figure.layout.margin.t >= 19 * entries
    assert frequent_bars(ranked, kinds, 1400).layout.margin.t < 19 * entries


def test_layer_bars_and_boxes() -> None:
    figure = layer_bars(LAYERS, COUNTS, 800)
    assert [list(bar.x) for bar in bars(figure)] == [[64, 512, 202], [10, 300, 0], [5, 120, 0]]
    boxes = spread_boxes(LAYERS, VALUES, "soft_wpmi", 800)
    assert [trace.type for trace in boxes.data] == ["box"] * 3
    np.testing.assert_array_equal(boxes.data[1].x, VALUES[1])


def test_answers_and_evidence() -> None:
    figure = answer_bars(np.array([3, 0, 1]), 0.0, 3.0)
    (bar,) = bars(figure)
    np.testing.assert_allclose(bar.x, [0.5, 1.5, 2.5])
    assert bar.customdata[0] == "0 to 1: 3"
    assert len(answer_bars(np.array([5, 0]), 1.0, 1.0).data) == 1
    figure = evidence_bars(
        ["fur", "no label", "car"], [2.0, 0.5, 0], [0, -0.2, -1], [0.8, 0.2, 0], "x", 700
    )
    speaks_for, against = bars(figure)
    assert list(speaks_for.text) == ["80%", "20%", "0%"]
    assert (speaks_for.marker.color, against.marker.color) == (palette.BAR, palette.BAR_REST)
    assert list(against.x) == [0, -0.2, -1]
    low, high = figure.layout.xaxis.range
    assert low < -1
    assert high > 2


@pytest.mark.parametrize("width", [360, 900])
def test_two_models_side_by_side(width: float) -> None:
    names = ["dog", "<b>fur</b>"]
    titles = ("first " * 20, "second <i>")
    first, second = bars(compared_bars(names, [0.5, 0], [0.25, 0.1], titles, width))
    assert (list(first.x), list(second.x)) == ([0.5, 0], [0.25, 0.1])
    assert first.marker.color != second.marker.color
    assert "<b>" not in first.customdata[1]
    assert "<i>" not in second.name
    assert compared_bars([], [], [], titles, width).layout.annotations
    file = compared_file(names, [0.5, 0], [0.25, 0.1], titles, "Named by X.")
    assert size(file)[0] == 1100
    file = evidence_file(names, [1.0, 0], [-0.5, -1], [1, 0], "drop", "t $", "c", "svg")
    assert file.startswith(b"<?xml")


def test_a_unit_and_channels_as_files() -> None:
    counts = np.array([5, 0, 1])
    assert size(answers_file(counts, 0.0, 3.0, "t", "c"))[0] == 1100
    assert answers_file(counts, 1.0, 1.0, "t", "c", "svg").startswith(b"<?xml")
    pixels = np.full((40, 60, 3), 90, np.uint8)
    left = np.zeros((4, 4), np.float32)
    left[:, :2] = 1
    one = channels_file(pixels, (0, 0, 60, 40), [("fur $", left)], "t", "c")
    assert one == channels_file(pixels, (0, 0, 60, 40), [("fur $", left)], "t", "c")
    assert one != channels_file(pixels, (0, 0, 60, 40), [("fur $", left[:, ::-1])], "t", "c")
    many = channels_file(pixels, (0, 0, 60, 40), [("fur", left)] * 5, "t", "c")
    assert size(many)[1] > size(one)[1]
