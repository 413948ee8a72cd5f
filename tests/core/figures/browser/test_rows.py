"""Charts with a name beside each row, and histograms, in the browser."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.browser import axes, rows
from core.figures.charts import concepts, overlaps
from core.figures.charts.rows import Bars, Boxes
from core.figures.drawing import palette
from tests.core.figures.checked import checked, of_kind
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

NAN = float("nan")


def bars(chart: Bars, width: float = 900) -> go.Figure:
    return checked(rows.bars(chart, width))


def boxes(chart: Boxes, width: float = 900) -> go.Figure:
    return checked(rows.boxes(chart, width))


def legend(figure: go.Figure) -> list[str]:
    return [trace.name for trace in of_kind(figure, "scatter") if trace.showlegend]


@pytest.mark.parametrize("width", [360, 900])
def test_bars_have_their_names_and_numbers(width: float) -> None:
    figure = bars(concepts.frequent(RANKED, CATEGORIES), width)
    (bar,) = of_kind(figure, "bar")
    assert list(bar.x) == [7, 3, 3, 1]
    assert list(bar.text) == ["7", "3", "3", "1"]
    assert bar.customdata[1] == "&lt;b&gt;dog&lt;/b&gt;: 3 units<br>animals"
    assert figure.layout.yaxis.range == (3.5, -0.5), "the first is at the top"
    assert figure.layout.xaxis.title.text == "units"
    assert "<b>" not in "".join(figure.layout.yaxis.ticktext)
    assert figure.layout.margin.l < 0.5 * width
    assert legend(figure) == ["animals", "textures", "other"]


def test_the_legend_of_a_phone_has_room_above_the_bars() -> None:
    ranked = [(f"a concept of many letters {n}", 9 - n) for n in range(7)]
    kinds = {name: f"kind number {n}" for n, (name, _) in enumerate(ranked)}
    figure = bars(concepts.frequent(ranked, kinds), 358)
    entries = len(legend(figure))
    assert entries >= 6
    # Beside such long names a second entry does not fit, and Plotly sets one below the other.
    assert figure.layout.margin.t >= 19 * entries
    assert bars(concepts.frequent(ranked, kinds), 1400).layout.margin.t < 19 * entries


def test_bars_of_several_series_stand_side_by_side_or_over_each_other() -> None:
    figure = bars(concepts.layers(LAYERS, COUNTS))
    first, second, third = of_kind(figure, "bar")
    assert [list(bar.x) for bar in (first, second, third)] == [
        [64, 512, 202],
        [10, 300, 0],
        [5, 120, 0],
    ]
    assert first.offset + first.width <= second.offset
    assert second.offset + second.width <= third.offset
    chart = concepts.evidence(["fur", "car"], [2.0, 0], [0, -1], [1, 0], "x")
    gains, losses = of_kind(bars(chart), "bar")
    assert (gains.offset, gains.width) == (losses.offset, losses.width)
    assert (gains.marker.color[0], losses.marker.color[0]) == (palette.BAR, palette.BAR_REST)
    assert bars(chart).layout.xaxis.range == chart.limits
    assert bars(chart).layout.xaxis.zeroline


def test_more_rows_make_a_taller_chart() -> None:
    ranked = [(f"word {n}", 50 - n) for n in range(50)]
    assert bars(concepts.frequent(ranked, {})).layout.height > 1000
    assert bars(concepts.frequent(ranked[:2], {})).layout.height < 200


@pytest.mark.parametrize("width", [360, 900])
def test_titles_of_models_are_cut_to_the_figure_and_are_no_markup(width: float) -> None:
    titles = ("first " * 40, "second <i>")
    figure = bars(concepts.compared(["dog", "<b>fur</b>"], [0.5, 0], [0.25, 0.1], titles), width)
    first, second = legend(figure)
    assert axes.breadth(first) + axes.SYMBOL <= width
    assert "…" in first
    assert second == "second &lt;i&gt;"
    assert figure.layout.legend.entrywidth == pytest.approx(axes.breadth(first))
    assert "<b>" not in of_kind(figure, "bar")[1].customdata[1]
    assert figure.layout.xaxis.tickformat == ".1~%"


def test_the_room_above_counts_titles_as_they_are_cut() -> None:
    """Two short titles share a line; two that are cut to the whole width do not."""
    names, shares = ["dog"], [0.5]
    short = bars(concepts.compared(names, shares, shares, ("A", "B")), 900)
    long = bars(concepts.compared(names, shares, shares, ("A" * 300, "B" * 300)), 900)
    assert long.layout.margin.t - short.layout.margin.t == axes.LINE
    assert long.layout.legend.orientation == "h", "a column would push the chart aside"


@pytest.mark.parametrize(
    ("chart", "word"),
    [
        (concepts.frequent([], {}), "no unit is labelled"),
        (concepts.compared([], [], [], ("A", "B")), "no concept to compare"),
    ],
)
def test_nothing_to_draw_says_so(chart: Bars, word: str) -> None:
    assert [note.text for note in bars(chart).layout.annotations] == [word]


def test_boxes_of_layers() -> None:
    figure = boxes(concepts.spread(LAYERS, VALUES, "soft_wpmi"))
    first, second = of_kind(figure, "box")
    np.testing.assert_array_equal(second.x, VALUES[1])
    assert (first.y0, second.y0, second.boxpoints) == (0, 1, "outliers")
    assert [(note.text, note.y) for note in figure.layout.annotations] == [("no active unit", 2)]
    assert "soft_wpmi" in figure.layout.xaxis.title.text


def test_boxes_show_every_point_with_its_picture() -> None:
    first, second = of_kind(boxes(overlaps.spread(PAIRS, list(ROWS), NAMES)), "box")
    assert list(first.x) == [0.2, 0.4]
    assert list(first.text) == ["cat.png", "n02098286_West_Highland_white_terrier.JPEG"]
    assert second.text[1] == "&lt;b&gt;dog&lt;/b&gt;.jpg"
    assert (first.boxpoints, first.orientation, first.y0, second.y0) == ("all", "h", 0, 1)
    assert second.line.color == palette.SERIES[1]
    assert "IoU %{x:.2f}" in first.hovertemplate


def test_boxes_of_nothing_keep_their_row() -> None:
    figure = boxes(overlaps.spread(PAIRS, [ROWS[0], np.full(3, NAN)], NAMES))
    assert [box.y0 for box in of_kind(figure, "box")] == [0]
    assert [(note.text, note.y) for note in figure.layout.annotations] == [("not defined", 1)]
    whole = boxes(overlaps.spread(PAIRS, list(ROWS), NAMES))
    assert figure.layout.height == whole.layout.height
    assert figure.layout.xaxis.range == (0, 1)
    assert figure.layout.yaxis.range == (1.5, -0.5)


def test_histogram() -> None:
    figure = checked(rows.histogram(concepts.activations(np.array([3, 0, 1]), 0.0, 3.0)))
    (bar,) = of_kind(figure, "bar")
    np.testing.assert_allclose(bar.x, [0.5, 1.5, 2.5])
    assert list(bar.y) == [3, 0, 1]
    assert bar.customdata[0] == "0 to 1: 3"
    assert [note.text for note in figure.layout.annotations] == ["probes"]
    flat = checked(rows.histogram(concepts.activations(np.array([5, 0]), 1.0, 1.0)))
    assert list(of_kind(flat, "bar")[0].y) == [5, 0]
