"""The charts of a causal check: claim, measured drop and chance; probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.check.ablation import ChannelCheck
from core.concepts.check.dial import Dialled, Shift
from core.concepts.check.words import ConceptCheck
from core.concepts.evidence import Group
from core.figures.browser.rows import bars
from core.figures.charts import concept_checks as charts
from core.figures.drawing import palette
from core.figures.print.rows import bars_file
from tests.core.figures.checked import checked, of_kind

GROUP = Group("<b>fur</b>", (1, 4), 1.5, 1.8, 0.4)
RANDOM = np.linspace(-0.5, 2.5, 50)


def done(random: np.ndarray = RANDOM, drop: float = 1.2) -> ConceptCheck:
    check = ChannelCheck(
        "layer", 0, "cat", (1, 4), 3.0, 5.0, 5.0 - drop, 0.9, 0.5, random, 0.05, "None are."
    )
    return ConceptCheck(GROUP, check)


def test_drops_with_the_interval_of_chance() -> None:
    chart = charts.drops(GROUP, done())
    (series,) = chart.series
    assert chart.rows == ("claimed", "measured", "random sets")
    assert series.values == pytest.approx((1.5, 1.2, 1.0))
    low, high = np.percentile(RANDOM, [2.5, 97.5])
    assert series.ranges == (None, None, (pytest.approx(low), pytest.approx(high)))
    assert series.texts == ("1.50", "1.20", "1.00")
    assert chart.limits[0] < low < high < chart.limits[1]
    assert "50 random sets: 1.00 (-0.42 to 2.42)" in series.readings[2]
    assert series.end(2) == pytest.approx(high), "the text stands behind the line"
    assert series.end(0) == 1.5


def test_drops_while_the_check_runs_and_without_random_sets() -> None:
    waiting = charts.drops(GROUP, None)
    assert waiting.rows == charts.ROWS
    assert waiting.series[0].texts == ("1.50", "…", "…")
    assert (
        bars(waiting, 500).layout["height"]
        == bars(charts.drops(GROUP, done()), 500).layout["height"]
    )
    alone = charts.drops(GROUP, done(np.empty(0)))
    assert alone.series[0].values == pytest.approx((1.5, 1.2, 0))
    assert alone.series[0].texts[2] == "none"
    assert alone.series[0].readings[2] == "None are."
    assert alone.series[0].ranges == (None, None, None)


@pytest.mark.parametrize("width", [358, 900])
def test_a_range_is_a_line_over_its_bar(width: float) -> None:
    figure = checked(bars(charts.drops(GROUP, done()), width))
    (bar,) = of_kind(figure, "bar")
    assert list(bar.x) == pytest.approx([1.5, 1.2, 1.0])
    (line,) = of_kind(figure, "scatter")
    low, high = np.percentile(RANDOM, [2.5, 97.5])
    assert list(line.x) == pytest.approx([low, high])
    assert list(line.y) == pytest.approx([2, 2])
    texts = {each.text: each.x for each in figure.layout.annotations}
    assert texts["1.00"] == pytest.approx(high)
    assert texts["1.50"] == 1.5


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_files_hold_the_range_too(kind: str) -> None:
    plain = charts.drops(GROUP, done(np.empty(0)))
    with_line = charts.drops(GROUP, done())
    files = [bars_file(each, "Title", "Caption", kind) for each in (plain, with_line)]
    assert files[0] != files[1]
    if kind == "svg":
        assert b"random sets" in files[1]


def test_probabilities_before_and_after() -> None:
    shifts = (
        Shift(3, "cat", (5.0, 4.0), (0.9, 0.4)),
        Shift(1, "<i>dog</i>", (2.0, 3.0), (0.05, 0.5)),
    )
    dialled = Dialled("layer", 3, "cat", (1, 4), 0.5, shifts, None, "why")
    chart = charts.probabilities(dialled, "fur, half", 6)
    before, after = chart.series
    assert chart.rows == ("cat", "<i>dog</i>")
    assert before.values == (0.9, 0.05)
    assert after.values == (0.4, 0.5)
    assert chart.legend == {"as it is": palette.BAR_REST, "fur, half": palette.BAR}
    assert after.readings[1] == "<i>dog</i>: 50.0 %, logit 3.00\nfur, half"
    assert chart.limits[1] > 0.9
    waiting = charts.probabilities(None, "fur, half", 6)
    assert waiting.rows == ()
    assert bars(waiting, 500).layout["height"] == bars(chart, 500).layout["height"]
    checked(bars(chart, 500))
    checked(bars(waiting, 500))
