"""The reveal: maps beside paintings, and how guesses split."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from core import Heat, Mask, Pixels
from core.figures.browser import heatmaps
from core.figures.browser import reveal as browser
from core.figures.browser.places import FOOT, HEAD, LARGE_HEAD
from core.figures.charts import reveal as charts
from core.figures.charts.maps import HeatmapLook
from core.figures.drawing import palette
from core.measure.paintings import Reveal, reveal
from tests.core.figures.checked import checked, of_kind

PIXELS: Pixels = np.full((200, 400, 3), 90, dtype=np.uint8)
BOX = (100, 0, 300, 200)
SHOWN: Heat = np.tile(np.linspace(0, 0.5, 56, dtype=np.float32), (56, 1))
SHOWN[8:20, 40:] += 0.5
MAPS = (SHOWN, np.ascontiguousarray(SHOWN.T))
TITLES = ("Grad-CAM", "<b>LIME</b>")


def mask(left: int, right: int) -> Mask:
    made = np.zeros((28, 28), bool)
    made[4:10, left:right] = True
    return made


PAINTINGS = (mask(0, 7), mask(20, 28), mask(0, 0))
FOUND = reveal(MAPS, PAINTINGS)


def drawn(found: Reveal = FOUND, own: Mask | None = None, **named: object) -> go.Figure:
    student = named.pop("student", None)
    chart = charts.beside(TITLES, MAPS, found, student, own)  # type: ignore[arg-type]
    look = HeatmapLook(per_row=2, **named)  # type: ignore[arg-type]
    return checked(browser.grid(PIXELS, BOX, chart, look, 900))


def heads(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_each_map_and_the_class_have_a_panel_with_the_same_colours() -> None:
    figure = drawn()
    maps = of_kind(figure, "heatmap")
    assert [trace.xaxis for trace in maps] == ["x2", "x3", "x4"]
    assert {trace.coloraxis for trace in maps} == {"coloraxis"}
    thinned = heatmaps.shared.thinned(FOUND.mean, heatmaps.FINEST)
    np.testing.assert_array_equal(maps[2].z, thinned)
    assert maps[2].z.max() == 0.5, "one of the two who painted"
    assert "the mean of 2 paintings" in heads(figure)[3]
    assert "&lt;b&gt;LIME" in heads(figure)[2]
    assert not of_kind(figure, "scatter"), "no painting is outlined"


def test_the_captions_are_those_of_the_student_or_of_the_class() -> None:
    one, chance = FOUND.iou[0, 1], FOUND.chance[0, 1]
    assert FOUND.beats[0, 1]
    assert f"IoU {one:.2f}, above chance ({chance:.2f})" in heads(drawn(student=1))[1]
    assert f"IoU 0.00, chance {FOUND.chance[0, 0]:.2f}" in heads(drawn(student=0))[1]
    assert "IoU not defined" in heads(drawn(student=2))[1]
    mean, by_chance = np.nanmean(FOUND.iou[1]), np.nanmean(FOUND.chance[1])
    assert f"mean IoU {mean:.2f}, chance {by_chance:.2f}" in heads(drawn())[2]


def test_where_nobody_painted_a_word_says_so() -> None:
    for found in (reveal(MAPS, []), reveal(MAPS, [mask(0, 0)])):
        figure = drawn(found)
        assert len(of_kind(figure, "heatmap")) == 2
        assert "nobody has painted" in heads(figure)
        assert "IoU" not in heads(figure)[1]
    assert "1 painting<" in heads(drawn(reveal(MAPS, PAINTINGS[:1])))[3]


def test_ones_own_painting_is_outlined_on_the_picture_and_the_first_map() -> None:
    figure = drawn(own=mask(20, 28))
    lines = of_kind(figure, "scatter")
    assert [line.xaxis for line in lines] == ["x", "x", "x2", "x2"]
    assert [line.line.color for line in lines] == [palette.CONTOUR_HALO, palette.CONTOUR] * 2
    across, down = lines[0].x[:-1], lines[0].y[:-1]
    cell = 200 / 28
    assert across.min() == pytest.approx(100 + 20 * cell, abs=0.01)
    assert across.max() == pytest.approx(300, abs=0.01), "the line is closed at the edge"
    assert (down.min(), down.max()) == pytest.approx((4 * cell, 10 * cell), abs=0.01)
    assert (across[0], down[0]) == (across[-1], down[-1])
    everything = of_kind(drawn(own=np.ones((28, 28), bool)), "scatter")
    assert np.nanmax(everything[0].x) == pytest.approx(300, abs=0.01)
    assert not of_kind(drawn(own=mask(0, 0)), "scatter")


def test_large_words_are_for_a_projector() -> None:
    small, large = drawn(), drawn(large=True)
    first, second = (figure.layout.annotations[0].font.size for figure in (small, large))
    assert second > 1.5 * first
    rows = 2
    assert large.layout.height - small.layout.height == rows * (LARGE_HEAD - HEAD)
    # Between the panels of a column there is room for both lines, at 1.3 of their size.
    inside = large.layout.height - FOOT
    above, below = (large.layout[name].domain for name in ("yaxis", "yaxis3"))
    assert (above[0] - below[1]) * inside >= 1.3 * (24 + 19)


NAMES = ("tabby cat", "<i>dog</i>", "a rather long name of a class " * 3)


def test_bars_say_how_guesses_split_and_which_are_the_models_and_ones_own() -> None:
    figure = checked(browser.split(charts.split(NAMES, (12, 3, 0), right=1, own=0), 900))
    (bar,) = of_kind(figure, "bar")
    assert list(bar.x) == [12, 3, 0]
    assert list(bar.text) == ["12: you", "3: model", "0"]
    assert list(bar.marker.color) == [palette.series(0), palette.BAR, palette.BAR_REST]
    assert bar.customdata[1] == "&lt;i&gt;dog&lt;/i&gt;: 3 of 15<br>model"
    legend = [trace.name for trace in of_kind(figure, "scatter")]
    assert legend == ["the model&#x27;s answer", "your answer"]
    assert "<i>" not in "".join(figure.layout.yaxis.ticktext)
    assert figure.layout.xaxis.range[1] > 1.5 * 12, "words fit at the ends"


def test_the_same_answer_has_one_mark_and_nothing_is_marked_before_the_reveal() -> None:
    figure = checked(browser.split(charts.split(NAMES, (1, 0, 0), right=0, own=0), 900))
    (bar,) = of_kind(figure, "bar")
    assert bar.text[0] == "1: model, you"
    assert [trace.name for trace in of_kind(figure, "scatter")] == [
        "the model&#x27;s answer and yours"
    ]
    hidden = checked(browser.split(charts.split(NAMES, (1, 0, 0)), 900))
    assert list(of_kind(hidden, "bar")[0].text) == ["1", "0", "0"]
    assert not of_kind(hidden, "scatter")


def test_a_round_without_answers_has_its_rows_or_a_word() -> None:
    figure = checked(browser.split(charts.split(NAMES, (0, 0, 0)), 900))
    assert list(of_kind(figure, "bar")[0].x) == [0, 0, 0]
    assert figure.layout.xaxis.range[1] > 0
    empty = checked(browser.split(charts.split((), ()), 900))
    assert heads(empty) == ["no answers"]


def test_a_projected_chart_is_drawn_smaller_and_enlarged() -> None:
    chart = charts.split(NAMES, (12, 3, 0), right=1)
    small = checked(browser.split(chart, 600))
    large = checked(browser.split(chart, 900, large=True))
    assert large.layout.height == round(1.5 * small.layout.height)
    for side in "lrtb":
        assert large.layout.margin[side] == pytest.approx(1.5 * small.layout.margin[side], abs=1)
    bars = [of_kind(figure, "bar")[0] for figure in (small, large)]
    assert bars[1].textfont.size == 1.5 * bars[0].textfont.size == 18
    assert (bars[0].width, list(bars[0].x)) == (bars[1].width, list(bars[1].x))
    assert large.layout.xaxis.tickfont.size == large.layout.legend.font.size == 18
    assert large.layout.xaxis.range == small.layout.xaxis.range


def test_a_long_answer_is_written_in_full_beside_its_bar() -> None:
    answer = "Show it many pictures and look at those it responds to most"
    figure = checked(browser.split(charts.split(("yes", answer), (1, 2), right=1), 366))
    first, second = figure.layout.yaxis.ticktext
    assert first == "yes"
    assert second.replace("<br>", " ") == answer
    lines = second.count("<br>") + 1
    inside = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert inside / 2 >= 16 * lines
    short = checked(browser.split(charts.split(("yes", "no"), (1, 2), right=1), 366))
    assert short.layout.height < figure.layout.height
