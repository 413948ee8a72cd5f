"""The curve of a pair over all thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.browser import thresholds
from core.figures.charts.pairs import Curves
from core.figures.drawing import palette
from tests.core.figures.checked import checked, named

PERCENTS = (1, 2, 3, 4, 5)
CURVE = np.array([0.1, np.nan, 0.3, 0.4, 0.5])
LEVEL = np.array([0.01, 0.02, 0.03, 0.04, 0.05])


def curves(*arguments: Any) -> go.Figure:
    *shown, width = arguments
    return checked(thresholds.curves(Curves(*shown), width))


def curve_figure(at: float | None = 2, width: float = 900) -> go.Figure:
    return curves(PERCENTS, CURVE, LEVEL, LEVEL / 2, LEVEL * 2, at, width)


def test_curves_have_the_overlap_the_chance_level_and_its_band() -> None:
    curve, level, band = (named(curve_figure(), name) for name in thresholds.CURVES)
    assert curve.line.color == palette.ACCENT
    assert level.line.dash == "dash"
    assert list(level.y) == pytest.approx(LEVEL)
    assert (band.fill, band.fillcolor) == ("toself", palette.BAND)
    assert band.x == (1, 2, 3, 4, 5, 5, 4, 3, 2, 1, None)
    assert max(y for y in band.y if y is not None) == pytest.approx(0.1)


def test_a_gap_in_the_curve_stays_a_gap() -> None:
    curve = named(curve_figure(), "IoU")
    assert np.isnan(curve.y[1])
    assert curve.connectgaps is False
    assert "markers" in curve.mode, "one value between two gaps is seen"


def test_the_mouse_reads_gaps_too() -> None:
    *shown, mouse = curve_figure().data
    assert list(mouse.x) == list(PERCENTS)
    assert not np.isnan(mouse.y).any()
    assert mouse.text[1] == "IoU not defined<br>by chance 0.02, 95 % from 0.01 to 0.04"
    assert {trace.hoverinfo for trace in shown} == {"skip"}
    nothing = np.full(5, np.nan)
    empty = curves(PERCENTS, nothing, nothing, nothing, nothing, 2, 900).data[-1]
    assert set(empty.text) == {"IoU not defined"}


def test_a_gap_in_the_band_parts_it() -> None:
    low = np.array([0.0, 0.0, np.nan, 0.0, 0.0])
    band = named(curves(PERCENTS, CURVE, LEVEL, low, LEVEL, 2, 900), thresholds.CURVES[2])
    assert band.x == (1, 2, 2, 1, None, 4, 5, 5, 4, None)


def test_a_curve_without_values_says_why() -> None:
    nothing = np.full(5, np.nan)
    figure = curves(PERCENTS, nothing, nothing, nothing, nothing, 2, 900)
    assert "neither map marks a pixel" in figure.layout.annotations[0].text
    assert figure.layout.height == curve_figure().layout.height


def test_curves_are_in_words_and_between_zero_and_one() -> None:
    layout = curve_figure().layout
    assert layout.yaxis.range == (0, 1)
    assert layout.xaxis.title.text == "highest pixels marked in each map, in percent"
    assert "overlap (IoU)" in [note.text for note in layout.annotations]
    assert layout.dragmode is False


@pytest.mark.parametrize(("at", "side"), [(2, "left"), (5, "right")])
def test_the_threshold_is_a_line_with_its_percent(at: float, side: str) -> None:
    layout = curve_figure(at).layout
    assert (layout.shapes[0].x0, layout.shapes[0].x1) == (at, at)
    assert layout.annotations[0].text == f" {at} % "
    assert layout.annotations[0].xanchor == side
    assert not curve_figure(None).layout.shapes
