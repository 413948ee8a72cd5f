"""The matrix of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.browser import matrix as module
from core.figures.drawing import palette
from tests.core.figures.checked import checked
from tests.core.figures.colour_vision import rgb

NAMES = ("Grad-CAM", "LIME", "Score-CAM")
NAN = float("nan")
VALUES = np.array([[1.0, 0.25, 0.9], [0.25, 1.0, NAN], [0.9, NAN, 1.0]])


def matrix(*arguments: Any) -> go.Figure:
    return checked(module.matrix(*arguments))


def words(figure: go.Figure) -> go.Scatter:
    return figure.data[-1]


def test_cells_hold_the_values_and_the_diagonal_is_apart() -> None:
    values, own, unknown, _ = matrix(NAMES, VALUES, "IoU", False, 800).data
    off = ~np.eye(3, dtype=bool) & np.isfinite(VALUES)
    assert np.array_equal(np.isfinite(values.z), off)
    np.testing.assert_array_equal(values.z[off], VALUES[off])
    assert np.array_equal(np.isfinite(own.z), np.eye(3, dtype=bool))
    assert own.colorscale[0][1] == palette.TRACK
    assert np.array_equal(np.isfinite(unknown.z), np.isnan(VALUES))
    assert unknown.colorscale[0][1] == palette.UNDEFINED


@pytest.mark.parametrize(("signed", "low"), [(False, 0), (True, -1)])
def test_range_and_scale_are_explicit(signed: bool, low: int) -> None:
    bar = matrix(NAMES, VALUES, "value", signed, 800).layout.coloraxis
    assert (bar.cmin, bar.cmax) == (low, 1)
    scale = palette.DIVERGING if signed else palette.MATRIX
    assert tuple(bar.colorscale) == palette.stops(scale)


def test_numbers_have_two_decimals_and_what_is_not_defined_a_dash() -> None:
    figure = matrix(NAMES, VALUES, "IoU", False, 800)
    assert list(words(figure).text) == [
        "1.00",
        "0.25",
        "0.90",
        "0.25",
        "1.00",
        module.DASH,
        "0.90",
        module.DASH,
        "1.00",
    ]
    colours = words(figure).textfont.color
    assert colours[0] == colours[5] == palette.QUIET


def test_the_mouse_reads_the_pair_and_why_there_is_no_number() -> None:
    values, own, unknown, _ = matrix(("<a>", "b", "c"), VALUES, "IoU", False, 800).data
    assert values.customdata[0][1] == "&lt;a&gt; and b"
    assert own.customdata[1][1] == "b with itself"
    assert "IoU %{z:.2f}" in values.hovertemplate
    assert module.UNDEFINED in unknown.hovertemplate
    assert not any(trace.hoverongaps for trace in (values, own, unknown))


def luminance(colour: str) -> float:
    encoded = rgb(colour)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scale", [palette.MATRIX, palette.DIVERGING])
def test_numbers_are_read_on_every_colour(scale: str) -> None:
    for place, colour in palette.stops(scale, 65):
        ground, ink = luminance(colour), luminance(palette.text_on(scale, place))
        contrast = (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05)
        assert contrast >= 4.5


def test_numbers_take_their_colour_from_their_own_cell() -> None:
    values = np.array([[1.0, -0.95], [-0.95, 1.0]])
    colour = words(matrix(("a", "b"), values, "r", True, 800)).textfont.color[1]
    assert colour == palette.text_on(palette.DIVERGING, 0.025) == palette.CONTOUR


@pytest.mark.parametrize("width", [340, 800, 1100])
@pytest.mark.parametrize("count", [1, 2, 4, 11])
def test_cells_are_square_and_inside(width: int, count: int) -> None:
    names = [f"Ablation-CAM {number}" for number in range(count)]
    layout = matrix(names, np.eye(count), "IoU", False, width).layout
    margin = layout.margin
    across = layout.xaxis.domain[1] * (width - margin.l - margin.r) / count
    down = (layout.height - margin.t - margin.b) / count
    assert across == pytest.approx(down, abs=1)
    assert across <= module.CELL
    assert layout.yaxis.range == (count - 0.5, -0.5), "the first row is on top"
    assert layout.yaxis.scaleanchor == "x"


def test_names_slant_only_where_they_must() -> None:
    short = matrix(NAMES, VALUES, "IoU", False, 800).layout
    long = matrix([f"{name} of a larger class" for name in NAMES], VALUES, "IoU", False, 500).layout
    assert short.xaxis.tickangle == 0
    assert long.xaxis.tickangle == -45
    assert long.margin.b > short.margin.b
    assert "…" in long.yaxis.ticktext[0]
