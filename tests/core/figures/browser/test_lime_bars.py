"""Bars of weights, and how they settle."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.explain.perturb.lime_trust import Convergence, Interval
from core.figures.browser import lime, lime_bars
from core.figures.charts.superpixels import WeightBars
from tests.core.figures.checked import checked

WEIGHTS = np.array([0.1, -0.4, 0.3, 0.0, 0.2])
ORDER = (1, 2, 4, 0)
INTERVAL = Interval(WEIGHTS - 0.05, WEIGHTS + 0.02, 200)


def weight_bars(*arguments: Any, **named: Any) -> go.Figure:
    return checked(lime_bars.weight_bars(WeightBars(*arguments, **named)))


def settling(convergence: Convergence | None) -> go.Figure:
    return checked(lime_bars.settling(convergence))


def test_bars_are_in_order_and_carry_their_superpixels_number() -> None:
    (bars,) = weight_bars(WEIGHTS, ORDER, (2, 4), rows=3).data
    assert list(bars.y) == ["1", "2", "4"]
    assert list(bars.customdata) == [1, 2, 4]
    assert list(bars.x) == pytest.approx([-0.4, 0.3, 0.2])


def test_a_bar_says_what_its_superpixel_says() -> None:
    (bars,) = weight_bars(WEIGHTS, ORDER).data
    assert bars.hovertemplate.replace("%{x:", "%{z:") == lime.HOVER


def test_colour_is_the_sign_and_faint_is_not_outlined() -> None:
    (bars,) = weight_bars(WEIGHTS, ORDER, outlined=(2,)).data
    assert bars.marker.color[0] != bars.marker.color[1] == bars.marker.color[2]
    assert list(bars.marker.opacity) == [lime_bars.FAINT, 1, lime_bars.FAINT, lime_bars.FAINT]


def test_the_picked_bar_stands_out() -> None:
    figure = weight_bars(WEIGHTS, ORDER, outlined=(1, 2), lit=4)
    opacity = list(figure.data[0].marker.opacity)
    assert opacity[2] == 1
    assert max(opacity[:2] + opacity[3:]) < 1
    assert "▶ 4" in figure.layout.yaxis.ticktext[2]


def test_whiskers_are_the_interval() -> None:
    (bars,) = weight_bars(WEIGHTS, ORDER, interval=INTERVAL).data
    assert list(bars.error_x.array) == pytest.approx([0.02] * 4)
    assert list(bars.error_x.arrayminus) == pytest.approx([0.05] * 4)


def test_whiskers_never_turn_round() -> None:
    """A lasso's weight may lie outside of the ridge's interval."""
    beside = Interval(WEIGHTS + 0.1, WEIGHTS + 0.2, 200)
    (bars,) = weight_bars(WEIGHTS, ORDER, interval=beside).data
    assert (np.asarray(bars.error_x.arrayminus) == 0).all()


def test_height_is_the_same_with_and_without_bars() -> None:
    empty = weight_bars(None, rows=7)
    assert not empty.data
    assert empty.layout.height == weight_bars(WEIGHTS, ORDER, rows=7).layout.height


def found() -> Convergence:
    weights = np.array([[0.1, 0.1, -0.2], [0.2, 0.199, -0.3]])
    return Convergence((50, 100), weights, (7, 3, 9), np.array([0.4, 0.6]))


def test_each_line_is_named_at_its_end_without_overlap() -> None:
    figure = settling(found())
    lines = [trace for trace in figure.data if "lines" in trace.mode]
    (names,) = [trace for trace in figure.data if trace.mode == "text"]
    assert [line.hovertemplate.partition("<br>")[0] for line in lines] == [
        "superpixel 7",
        "superpixel 3",
        "superpixel 9",
        "R² %{y:.2f}",
    ]
    assert [name.strip() for name in names.text] == ["7", "3", "9"]
    gaps = np.diff(np.sort(np.asarray(names.y)))
    assert gaps.min() >= lime_bars.LABEL_GAP * 0.5 - 1e-9
    assert list(lines[-1].y) == [0.4, 0.6]


def test_nothing_to_settle_keeps_the_height() -> None:
    assert settling(None).layout.height == settling(found()).layout.height
    nobody = Convergence((50,), np.zeros((1, 0)), (), np.array([0.0]))
    (r2,) = settling(nobody).data
    assert list(r2.y) == [0.0]


def test_small_weights_have_no_prefix_of_a_unit() -> None:
    assert weight_bars(WEIGHTS / 1000, ORDER).layout.xaxis.exponentformat == "e"
    assert settling(None).layout.yaxis.exponentformat == "e"
