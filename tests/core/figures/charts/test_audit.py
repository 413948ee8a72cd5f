"""The charts of an audit: one specification, drawn by both renderers."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.browser.reliability import reliability as drawn
from core.figures.browser.rows import bars
from core.figures.charts.audit import AS_SURE, class_bars, place_bars, reliability
from core.figures.print.reliability import reliability_file
from core.figures.print.rows import bars_file
from core.measure.audit.findings import findings
from tests.core.figures.checked import checked
from tests.core.figures.print.files import words_of
from tests.core.measure.audit.made import EVEN, row

NAMES = ("<b>cat</b>", "dog", "bird $x$")


def found_of(count: int = 60):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        truth, sure = number % 2, float(rng.uniform(0.4, 1))
        guess = truth if rng.random() < sure else 2
        shares = EVEN + rng.uniform(0, 0.02, 9).astype(np.float32)
        rows.append(
            row(number, truth, guess, sure, true_probability=0.5, places=shares / shares.sum())
        )
    return findings(rows, NAMES, 3)


def test_a_reliability_curve_has_intervals_and_says_where_pictures_are() -> None:
    found = found_of()
    chart = reliability(found)
    figure = checked(drawn(chart))
    curve = figure.data[1]
    filled = [each for each in found.calibration.equal_width.bins if each.right.of]
    assert list(curve.x) == [each.confidence for each in filled]
    assert list(curve.y) == [each.right.value for each in filled]
    ends = np.array(curve.y) + np.array(curve.error_y.array)
    assert ends == pytest.approx([each.right.high for each in filled])
    starts = np.array(curve.y) - np.array(curve.error_y.arrayminus)
    assert starts == pytest.approx([each.right.low for each in filled])
    assert sum(figure.data[2].y) == pytest.approx(1)
    words = words_of(reliability_file(chart, "A title", "svg"))
    assert "A title" in words
    assert AS_SURE in words
    assert any("a perfectly calibrated model shows" in each for each in words)
    assert reliability_file(chart, "x") == reliability_file(chart, "x")
    assert reliability(found, equal_mass=True).bins == found.calibration.equal_mass.bins


def test_nothing_and_one_picture_can_be_drawn() -> None:
    for count in (0, 1):
        found = found_of(count)
        checked(drawn(reliability(found)))
        reliability_file(reliability(found), "x")
        checked(bars(class_bars(found), 400))
        bars_file(class_bars(found), "x", "")


def test_classes_and_places() -> None:
    found = found_of()
    chart = class_bars(found)
    assert set(chart.rows) == {NAMES[0], NAMES[1]}, "a class without pictures has no recall"
    recalls = [each.recall.value for each in found.accuracy.classes if each.recall.of]
    assert sorted(chart.series[0].values) == pytest.approx(sorted(recalls))
    figure = checked(bars(chart, 900))
    assert "&lt;b&gt;cat&lt;/b&gt;" in " ".join(figure.layout.yaxis.ticktext)
    places = place_bars(found, found.looks[0].guess)
    assert len(places.rows) == 9
    assert places.series[0].values[4] == pytest.approx(0.25, abs=0.03)
    checked(bars(places, 300))
    assert "bottom right corner" in words_of(bars_file(places, "Places", "", "svg"))
