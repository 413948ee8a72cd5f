"""Overlap on several pictures, in the browser."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.browser import axes, picture_bars
from core.figures.charts.overlaps import overlaps
from core.figures.charts.words import NAME
from core.figures.drawing import palette
from tests.core.figures.checked import checked, of_kind
from tests.core.figures.examples import CHANCES, MEANS, NAMES, PAIRS, ROWS

NAN = float("nan")


def bars(
    names: Sequence[str] = NAMES,
    pairs: Sequence[str] = PAIRS,
    values: np.ndarray = ROWS,
    means: Sequence[float] = MEANS,
    chances: Sequence[float] = CHANCES,
    width: float = 900,
) -> go.Figure:
    chart = overlaps(names, pairs, values, means, chances)
    return checked(picture_bars.picture_bars(chart, width))


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
    (cross,) = [each for each in of_kind(bars(), "scatter") if each.marker.symbol == "x-thin"]
    first = of_kind(bars(), "bar")[0]
    assert cross.x[0] == pytest.approx(1 + first.offset + first.width / 2)
    assert cross.y[0] == 0
    assert cross.marker.line.color == palette.SERIES[0]
    assert "not defined" in cross.hovertemplate
    assert cross.customdata == ("&lt;b&gt;dog&lt;/b&gt;.jpg",)


def test_means_are_lines_and_chance_is_dashed() -> None:
    lines = lines_of(bars())
    assert [(line.y[0], line.line.dash) for line in lines] == [
        (0.3, "solid"),
        (0.06, "dash"),
        (0.8, "solid"),
        (0.05, "dash"),
    ]
    assert lines[0].x == (-0.5, 2.5)
    assert any(note.text == picture_bars.LINES for note in bars().layout.annotations)


def test_what_is_not_defined_has_no_line() -> None:
    figure = bars(values=ROWS * NAN, means=[NAN, 0.5], chances=[NAN, 0.05])
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "Grad-CAM and LIME: mean not defined, chance not defined",
        "Grad-CAM and Score-CAM: mean 0.50, chance 0.05",
    ]
    assert [line.y[0] for line in lines_of(figure)] == [0.5, 0.05]


def test_bars_stand_between_zero_and_one_above_short_names() -> None:
    layout = bars().layout
    assert layout.yaxis.range == (0, 1)
    assert layout.xaxis.range == (-0.5, 2.5)
    assert layout.xaxis.ticktext[:2] == ("cat", "&lt;b&gt;dog&lt;/b&gt;")
    assert layout.xaxis.ticktext[2].startswith("n02098286_")
    assert len(layout.xaxis.ticktext[2]) <= NAME
    assert layout.xaxis.tickangle == 0


def test_names_slant_or_stand_where_they_must() -> None:
    (_, level, low), (_, slant, more), (_, upright, most) = (
        axes.slanted(names, 300) for names in (NAMES[:2], NAMES, NAMES[::-1])
    )
    assert (level, slant, upright) == (0, -45, -90), "a long first name would leave the figure"
    assert low < more < most


def test_many_pictures_have_labels_that_do_not_touch() -> None:
    names = [f"picture {number}" for number in range(200)]
    row = np.linspace(0, 1, 200)[None]
    ticks = bars(names, ["A and B"], row, [0.5], [0.1]).layout.xaxis.tickvals
    assert np.diff(ticks).min() * (900 - axes.LEFT - axes.RIGHT) / 200 >= axes.TIGHT


def test_no_pictures_are_no_bars_and_no_error() -> None:
    figure = bars([], ["A and B"], np.zeros((1, 0)), [NAN], [NAN])
    assert figure.layout.xaxis.range == (-0.5, 0.5)
    assert bars([], [], np.zeros((0, 0)), [], []).layout.height
