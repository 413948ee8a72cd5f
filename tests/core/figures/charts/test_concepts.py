"""The charts of a dissection as data: the same for the browser and for files."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from core.concepts.vocabulary import built_in
from core.figures.charts import concepts
from core.figures.charts.rows import Bars
from core.figures.drawing import categories, palette
from core.figures.drawing.categories import category_colours
from tests.core.figures.examples import CATEGORIES, COUNTS, LAYERS, RANKED, VALUES


def test_frequent_concepts() -> None:
    chart = concepts.frequent(RANKED, CATEGORIES)
    (bars,) = chart.series
    assert chart.rows == tuple(name for name, _ in RANKED)
    assert bars.values == (7, 3, 3, 1)
    assert bars.texts == ("7", "3", "3", "1")
    assert bars.readings[0] == "striped: 7 units\ntextures"
    assert bars.readings[3] == "thing: 1 units"
    assert list(chart.legend) == ["animals", "textures", "other"]
    assert bars.colours[1] == chart.legend["animals"]
    assert chart.limits[0] == 0
    assert chart.limits[1] > 7


def test_categories_have_colours_and_the_rest_is_quiet() -> None:
    colours, legend = category_colours([name for name, _ in RANKED], CATEGORIES)
    assert legend == {
        "animals": palette.series(0),
        "textures": palette.series(1),
        categories.OTHER: palette.BAR_REST,
    }
    assert colours == [
        palette.series(1),
        palette.series(0),
        palette.series(0),
        palette.BAR_REST,
    ]
    assert category_colours(["a", "b"], {}) == ([palette.BAR] * 2, {})
    alone = category_colours(["a", "b"], CATEGORIES)
    assert alone == ([palette.BAR_REST] * 2, {categories.OTHER: palette.BAR_REST})


def test_a_category_has_one_colour_in_all_charts() -> None:
    """With colours by frequency, animals were blue in one dissection and green in the next."""
    known = set(built_in().categories.values())
    assert known == set(categories.NAMED)
    assert len({categories.colour_of(kind) for kind in known}) == len(known)
    seen: dict[str, str] = {}
    for counts in ({"dog": 5, "lace": 1}, {"lace": 9, "oak": 3, "dog": 1}, {"xyz": 1, "oak": 1}):
        kinds = {"dog": "animals", "lace": "textures", "oak": "plants", "xyz": "a kind of its own"}
        words = [word for word, count in counts.items() for _ in range(count)]
        for kind, colour in category_colours(words, kinds)[1].items():
            assert seen.setdefault(kind, colour) == colour
    assert len(seen) == 4


def test_layers_have_a_bar_for_each_count() -> None:
    chart = concepts.layers(LAYERS, COUNTS)
    assert [series.values for series in chart.series] == [
        (64, 512, 202),
        (10, 300, 0),
        (5, 120, 0),
    ]
    assert [series.colours[0] for series in chart.series] == list(chart.legend.values())
    assert chart.series[1].readings[2] == "fc: 0 labelled units"


def test_spread_keeps_every_value() -> None:
    chart = concepts.spread(LAYERS, VALUES, "soft_wpmi")
    assert "soft_wpmi" in chart.axis
    for row, values in zip(chart.values, VALUES, strict=True):
        np.testing.assert_array_equal(row, values)


def test_histogram_has_equal_steps() -> None:
    chart = concepts.activations(np.array([3, 0, 1]), 0.0, 3.0)
    assert chart.counts == (3, 0, 1)
    np.testing.assert_allclose(chart.edges, [0, 1, 2, 3])


def test_evidence_for_and_against() -> None:
    chart = concepts.evidence(
        ["fur", "no label", "car"], [2.0, 0.5, 0], [0, -0.2, -1], [0.8, 0.2, 0], "x"
    )
    gains, losses = chart.series
    assert gains.texts == ("80%", "20%", "0%")
    assert not losses.texts
    assert (gains.colours[0], losses.colours[0]) == (palette.BAR, palette.BAR_REST)
    assert losses.values == (0, -0.2, -1)
    assert gains.readings[0] == "fur: 2 for the class, 80% of the evidence"
    assert chart.limits[0] < -1
    assert chart.limits[1] > 2


@pytest.mark.parametrize("against", [[], [0.0, 0.0]])
def test_evidence_that_nothing_speaks_against_begins_at_zero(against: list[float]) -> None:
    count = len(against)
    chart = concepts.evidence(["a", "b"][:count], [1.0] * count, against, [0.5] * count, "x")
    assert chart.limits[0] == 0
    assert chart.limits[1] > 0


def test_two_models_side_by_side() -> None:
    chart = concepts.compared(["dog", "fur"], [0.5, 0], [0.25, 0.1], ("A", "B"))
    first, second = chart.series
    assert (first.values, second.values) == ((0.5, 0), (0.25, 0.1))
    assert first.colours[0] != second.colours[0]
    assert list(chart.legend) == ["A", "B"]
    assert second.readings == ("dog: 25.0%\nB", "fur: 10.0%\nB")
    assert chart.percent
    assert concepts.compared([], [], [], ("A", "B")).limits == (0, 1)


@pytest.mark.parametrize(
    "chart",
    [
        concepts.frequent(RANKED, CATEGORIES),
        concepts.layers(LAYERS, COUNTS),
        concepts.evidence(["a"], [1.0], [-1.0], [1.0], "x"),
        concepts.compared(["a"], [0.5], [0.4], ("A", "B")),
    ],
)
def test_bars_stay_in_their_row_and_apart_where_they_should(chart: Bars) -> None:
    spans = [chart.span(number) for number in range(len(chart.series))]
    assert min(start for start, _ in spans) >= -0.5
    assert max(start + thick for start, thick in spans) <= 0.5
    assert sum(start + thick / 2 for start, thick in spans) == pytest.approx(0, abs=0.05)
    if chart.apart:
        for (start, thick), (following, _) in pairwise(spans):
            assert start + thick <= following
    else:
        assert len(set(spans)) == 1
