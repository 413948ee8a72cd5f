"""Overlap over several pictures: bars, boxes, and the file."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core.figures.browser import charts, gallery
from core.figures.browser.gallery import boxes, iou_bars
from core.figures.drawing import palette
from core.figures.print.gallery import iou_bar_png

NAN = float("nan")
NAMES = ["cat.png", "<b>dog</b>.jpg", "n02098286_West_Highland_white_terrier.JPEG"]
PAIRS = ["Grad-CAM and LIME", "Grad-CAM and Score-CAM"]
ROWS = np.array([[0.2, NAN, 0.4], [0.8, 0.9, 0.7]])
MEANS, CHANCES = [0.3, 0.8], [0.06, 0.05]


def bars(width: float = 900) -> go.Figure:
    return iou_bars(NAMES, PAIRS, ROWS, MEANS, CHANCES, width)


def of_kind(figure: go.Figure, kind: str) -> list[go.Bar]:
    return [trace for trace in figure.data if trace.type == kind]


def lines_of(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in of_kind(figure, "scatter") if trace.mode == "lines"]


def test_a_bar_for_each_picture_and_pair_side_by_side() -> None:
    first, second = of_kind(bars(), "bar")
    np.testing.assert_array_equal(first.y, ROWS[0])
    assert (first.marker.color, second.marker.color) == palette.SERIES[:2]
    assert first.offset + first.width <= second.offset
    assert second.offset + second.width <= 0.5
    assert list(first.customdata)[1] == "&lt;b&gt;dog&lt;/b&gt;.jpg"
    assert "Grad-CAM and LIME<br>IoU %{y:.2f}" in first.hovertemplate


def test_what_is_not_defined_has_a_mark_where_its_bar_would_be() -> None:
    crosses = [each for each in of_kind(bars(), "scatter") if each.marker.symbol == "x-thin"]
    cross, none = crosses
    assert not len(none.x)
    first = of_kind(bars(), "bar")[0]
    assert cross.x[0] == pytest.approx(1 + first.offset + 0.2)
    assert cross.y[0] == 0
    assert "not defined" in cross.hovertemplate
    assert cross.customdata == ("&lt;b&gt;dog&lt;/b&gt;.jpg",)


def test_means_are_lines_and_chance_is_dashed() -> None:
    lines = lines_of(bars())
    assert [(line.y[0], line.line.dash) for line in lines] == [
        (0.3, "solid"), (0.06, "dash"), (0.8, "solid"), (0.05, "dash"),
    ]  # fmt: skip
    assert lines[0].x == (-0.5, 2.5)
    assert any(note.text == gallery.LINES for note in bars().layout.annotations)


def test_legend_says_mean_and_chance_of_each_pair() -> None:
    figure = iou_bars(NAMES, PAIRS, ROWS * NAN, [NAN, 0.5], [NAN, 0.05], 900)
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "Grad-CAM and LIME: mean not defined, chance not defined",
        "Grad-CAM and Score-CAM: mean 0.50, chance 0.05",
    ]
    assert len(lines_of(figure)) == 2


def test_bars_stand_between_zero_and_one_above_short_names() -> None:
    layout = bars().layout
    assert layout.yaxis.range == (0, 1)
    assert layout.xaxis.range == (-0.5, 2.5)
    assert layout.xaxis.ticktext[:2] == ("cat", "&lt;b&gt;dog&lt;/b&gt;")
    assert layout.xaxis.ticktext[2].startswith("n02098286_")
    assert len(layout.xaxis.ticktext[2]) <= charts.NAME
    assert layout.xaxis.tickangle == 0


def test_names_slant_or_stand_where_they_must() -> None:
    (_, level, low), (_, slant, more), (_, upright, most) = (
        charts.slanted(names, 300) for names in (NAMES[:2], NAMES, NAMES[::-1])
    )
    assert (level, slant, upright) == (0, -45, -90), "a long first name would leave the figure"
    assert low < more < most


def test_many_pictures_have_labels_that_do_not_touch() -> None:
    names = [f"picture {number}" for number in range(200)]
    row = np.linspace(0, 1, 200)
    ticks = iou_bars(names, ["A and B"], [row.tolist()], [0.5], [0.1], 900).layout.xaxis.tickvals
    assert np.diff(ticks).min() * (900 - charts.LEFT - charts.RIGHT) / 200 >= charts.TIGHT


def test_no_pictures_are_no_bars_and_no_error() -> None:
    figure = iou_bars([], ["A and B"], [[]], [NAN], [NAN], 900)
    assert figure.layout.xaxis.range == (-0.5, 0.5)
    assert iou_bars([], [], [], [], [], 900).layout.height
    assert iou_bar_png([], [], [], [], [])


def test_boxes_show_every_point_with_its_picture() -> None:
    first, second = of_kind(boxes(PAIRS, list(ROWS), 900, NAMES), "box")
    assert list(first.x) == [0.2, 0.4]
    assert list(first.text) == ["cat.png", "n02098286_West_Highland_white_terrier.JPEG"]
    assert (first.boxpoints, first.orientation, first.y0, second.y0) == ("all", "h", 0, 1)
    assert second.line.color == palette.SERIES[1]
    assert boxes(PAIRS, list(ROWS), 900).data[0].text is None


def test_boxes_of_nothing_keep_their_row() -> None:
    figure = boxes(PAIRS, [ROWS[0], np.full(3, NAN)], 900)
    assert len(figure.data) == 1
    assert [note.text for note in figure.layout.annotations] == ["not defined"]
    assert figure.layout.height == boxes(PAIRS, list(ROWS), 900).layout.height
    assert figure.layout.xaxis.range == (0, 1)
    assert figure.layout.yaxis.range == (1.5, -0.5)


def printed(names: list[str] = NAMES) -> bytes:
    return iou_bar_png(names, PAIRS, ROWS, MEANS, CHANCES)


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
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert (pixels == wanted).all(axis=2).sum() > 1000, "the line of the mean"


def test_file_has_a_cross_where_nothing_is_defined() -> None:
    def strong(rows: np.ndarray) -> int:
        data = iou_bar_png(NAMES, PAIRS[:1], rows, [NAN], [NAN])
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        wanted = [int(palette.SERIES[0][at : at + 2], 16) for at in (1, 3, 5)]
        return int((pixels == wanted).all(axis=2).sum())

    assert strong(ROWS[:1]) > 10
    assert strong(ROWS[1:]) == 0, "bars are fainter than crosses and lines"


def test_names_of_files_are_no_formulas_and_warn_of_no_glyph() -> None:
    assert printed(["$x_1^$.png", "\U0001f600.png", "猫.png"])
