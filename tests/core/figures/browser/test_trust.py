"""Curves of trust: every method in its colour, controls quiet, words that are no markup."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.browser import trust
from core.figures.charts.trust import Line, Lines
from core.figures.drawing import palette
from core.figures.print.trust import trust_file
from tests.core.figures.checked import checked, named

X = np.linspace(0, 1, 5)
LINES = Lines(
    "Deletion: lower is better",
    (
        Line("Grad-CAM", X, 1 - X),
        Line("<b>own</b>", X, np.array([1, np.nan, 0.4, 0.2, 0.1])),
        Line("a random map", X, 1 - X / 2, control=True),
        Line("edges", X, 1 - X / 3, control=True),
    ),
    "pixels deleted",
    "probability",
    (0.0, 1.0),
    0.3,
    percent=True,
)


@pytest.mark.parametrize("width", [300, 900])
def test_curves_of_methods_and_controls(width: int) -> None:
    figure = checked(trust.curves(LINES, width))
    assert figure.layout.legend.orientation == "h", "a column would push the chart aside"
    assert named(figure, "Grad-CAM").line.color == palette.series(0)
    assert named(figure, "&lt;b&gt;own&lt;/b&gt;").line.color == palette.series(1)
    controls = [named(figure, name).line for name in ("a random map", "edges")]
    assert {line.color for line in controls} == {palette.QUIET}
    assert [line.dash for line in controls] == ["dash", "dot"]
    assert figure.layout.shapes[0].x0 == 0.3
    assert tuple(figure.layout.yaxis.range) == (0.0, 1.0)


def test_a_method_keeps_its_colour_where_another_has_no_curve() -> None:
    chart = Lines("", (Line("a", X, X, place=0), Line("c", X, X, place=2)), "", "logit")
    figure = checked(trust.curves(chart, 900))
    assert named(figure, "a").line.color == palette.series(0)
    assert named(figure, "c").line.color == palette.series(2)
    drawn = trust_file([[chart]], "", "", "svg").decode()
    assert palette.series(2) in drawn
    assert palette.series(1) not in drawn


def test_an_axis_follows_numbers_without_limits() -> None:
    low, high = Lines("", (Line("a", X, 7 * X - 2),), "", "logit").range
    assert low < -2
    assert high > 5


def test_a_small_chart_has_no_axes_and_may_be_points() -> None:
    figure = checked(trust.small([Line("drop", X, X, points=True)]))
    assert figure.layout.height < 80
    assert figure.layout.xaxis.visible is False
    assert figure.data[0].mode == "markers"


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_files_hold_the_words(kind: str, start: bytes) -> None:
    stages = Lines(
        "Rank correlation", (Line("EigenCAM", np.arange(1, 4.0), -X[:3]),), "stages", "rho"
    )
    made = trust_file([[LINES, LINES], [stages]], "Trust in cat.png", "Picture cat.png", kind)  # type: ignore[arg-type]
    assert made.startswith(start)
    if kind == "svg":
        text = made.decode()
        assert all(word in text for word in ("EigenCAM", "a random map", "pixels deleted"))
