"""The matrix of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures.browser import matrix as module
from core.figures.charts.pairs import DASH, Matrix
from core.figures.drawing import palette
from tests.core.figures.checked import checked
from tests.core.figures.colour_vision import contrast, rgb

NAMES = ("Grad-CAM", "LIME", "Score-CAM")
NAN = float("nan")
VALUES = np.array([[1.0, 0.25, 0.9], [0.25, 1.0, NAN], [0.9, NAN, 1.0]])


def matrix(names: Any, values: Any, title: str, signed: bool, width: float) -> go.Figure:
    return checked(module.matrix(Matrix(tuple(names), values, title, signed), width))


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
    cells = dict(
        zip(zip(words(figure).x, words(figure).y, strict=True), words(figure).text, strict=True)
    )
    assert cells == {(1, 0): "0.25", (0, 1): "0.25", (2, 0): "0.90", (0, 2): "0.90"}
    assert len(words(figure).textfont.color) == len(cells)


def test_quiet_cells_leave_the_colour_of_their_text_to_the_page() -> None:
    figure = matrix(NAMES, VALUES, "IoU", False, 800)
    notes = [note for note in figure.layout.annotations if note.xref is None]
    assert {(note.x, note.y): note.text for note in notes} == {
        **{(place, place): "1.00" for place in range(3)},
        **{(1, 2): DASH, (2, 1): DASH},
    }
    assert all(note.font.color is None for note in notes)


def test_the_mouse_reads_the_pair_and_why_there_is_no_number() -> None:
    values, own, unknown, _ = matrix(("<a>", "b", "c"), VALUES, "IoU", False, 800).data
    assert values.customdata[0][1] == "&lt;a&gt; and b"
    assert own.customdata[1][1] == "b with itself"
    assert "IoU %{z:.2f}" in values.hovertemplate
    assert module.UNDEFINED in unknown.hovertemplate
    assert not any(trace.hoverongaps for trace in (values, own, unknown))


@pytest.mark.parametrize("scale", [palette.MATRIX, palette.DIVERGING])
def test_numbers_are_read_on_every_colour(scale: str) -> None:
    for place, colour in palette.stops(scale, 65):
        assert contrast(rgb(colour), rgb(palette.text_on(scale, place))) >= 4.5


def test_numbers_take_their_colour_from_their_own_cell() -> None:
    values = np.array([[1.0, -0.95], [-0.95, 1.0]])
    colour = words(matrix(("a", "b"), values, "r", True, 800)).textfont.color[0]
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
