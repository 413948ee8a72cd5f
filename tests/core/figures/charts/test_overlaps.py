"""The charts of a gallery as data."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.charts import overlaps
from core.figures.charts.words import NAME, picture_name
from tests.core.figures.examples import CHANCES, MEANS, NAMES, PAIRS, ROWS

NAN = float("nan")


def test_bars_of_a_picture_stand_side_by_side_in_its_place() -> None:
    chart = overlaps.overlaps(NAMES, PAIRS, ROWS, MEANS, CHANCES)
    (first, thick), (second, _) = chart.span(0), chart.span(1)
    assert first >= -0.5
    assert first + thick <= second
    assert second + thick <= 0.5
    assert chart.limits == (-0.5, 2.5)
    np.testing.assert_array_equal(chart.values, ROWS)


def test_labels_say_mean_and_chance_of_each_pair() -> None:
    chart = overlaps.overlaps(NAMES, PAIRS, ROWS * NAN, [NAN, 0.5], [NAN, 0.05])
    assert [chart.label(number, pair) for number, pair in enumerate(PAIRS)] == [
        "Grad-CAM and LIME: mean not defined, chance not defined",
        "Grad-CAM and Score-CAM: mean 0.50, chance 0.05",
    ]


@pytest.mark.parametrize(("names", "pairs", "values"), [([], ["A and B"], [[]]), ([], [], [])])
def test_nothing_to_show(names: list[str], pairs: list[str], values: list[list[float]]) -> None:
    chart = overlaps.overlaps(names, pairs, values, [NAN] * len(pairs), [NAN] * len(pairs))
    assert chart.values.shape == (len(pairs), 0)
    assert chart.limits == (-0.5, 0.5)


def test_spread_leaves_out_what_is_not_defined() -> None:
    chart = overlaps.spread(PAIRS, list(ROWS), NAMES)
    assert chart.values[0].tolist() == [0.2, 0.4]
    assert chart.points[0] == (NAMES[0], NAMES[2])
    assert overlaps.spread(PAIRS, list(ROWS * NAN), NAMES).values[0].size == 0


def test_names_of_pictures_lose_the_kind_of_their_file() -> None:
    assert picture_name("cat.png") == "cat"
    assert picture_name(".png") == ".png"
    assert len(picture_name(NAMES[2])) <= NAME
