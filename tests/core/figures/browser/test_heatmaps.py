"""The grid of heat maps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core import Heat, Pixels
from core.figures.browser import heatmaps, places
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.drawing import palette
from tests.core.figures.checked import checked, of_kind

WIDE: Pixels = np.full((200, 400, 3), 90, dtype=np.uint8)
WHOLE = (0, 0, 400, 200)


def ramp(side: int = 224) -> Heat:
    """Values from 0 at the left to 1 at the right."""
    return np.tile(np.linspace(0, 1, side, dtype=np.float32), (side, 1))


def grid(*arguments: Any, **named: Any) -> go.Figure:
    return checked(heatmaps.grid(*arguments, **named))


def maps(figure: go.Figure) -> list[go.Heatmap]:
    """The map traces of a figure."""
    return of_kind(figure, "heatmap")


def axis(figure: go.Figure, kind: str, number: int) -> go.layout.XAxis:
    """One axis of the figure's layout."""
    return figure.layout[f"{kind}axis{'' if number == 1 else number}"]


def test_all_axes_follow_the_first() -> None:
    figure = grid(
        WIDE, WHOLE, [Panel("A", shown=ramp()), Panel("B", shown=ramp())], HeatmapLook(), 900
    )
    assert [axis(figure, "x", n).matches for n in (2, 3)] == ["x", "x"]
    assert [axis(figure, "y", n).matches for n in (2, 3)] == ["y", "y"]
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.yaxis.range == (200, 0)


@pytest.mark.parametrize("per_row", [2, 3, 4])
def test_panels_of_a_group_stand_side_by_side_each_in_its_column(per_row: int) -> None:
    panels = [Panel(f"{kind} {name}") for kind in "ABC" for name in ("this", "that")]
    figure = grid(WIDE, WHOLE, panels, HeatmapLook(per_row=per_row), 900, group=2)
    # Numbers 2, 4, 6 belong to one class, 3, 5, 7 to the other; 1 is the picture.
    for number in (2, 4, 6):
        assert axis(figure, "y", number).domain == axis(figure, "y", number + 1).domain
        assert axis(figure, "x", number).domain[1] < axis(figure, "x", number + 1).domain[0]
    if per_row < 4:
        assert len({axis(figure, "x", number).domain for number in (2, 4, 6)}) == 1
    places = {(axis(figure, "x", n).domain, axis(figure, "y", n).domain) for n in range(1, 8)}
    assert len(places) == 7, "no two panels in one place"


@pytest.mark.parametrize("per_row", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(200, 400), (400, 200), (1, 1), (30, 1000)])
def test_panels_have_the_pictures_proportions_and_do_not_overlap(
    per_row: int, shape: tuple[int, int]
) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    panels = [Panel(f"map {number}") for number in range(6)]
    figure = grid(pixels, (0, 0, shape[1], shape[0]), panels, HeatmapLook(per_row=per_row), 1000)
    tall = figure.layout.height - places.FOOT
    boxes = []
    for number in range(1, 8):
        left, right = axis(figure, "x", number).domain
        low, high = axis(figure, "y", number).domain
        assert 0 <= left < right <= 1
        assert 0 <= low < high <= 1
        ratio = (high - low) * tall / ((right - left) * 1000)
        assert ratio == pytest.approx(shape[0] / shape[1], rel=0.01)
        boxes.append((left, right, low, high))
    for one in range(7):
        for other in range(one):
            a, b = boxes[one], boxes[other]
            apart = a[0] >= b[1] or b[0] >= a[1] or a[2] >= b[3] or b[2] >= a[3]
            assert apart, (one, other)


def test_height_stays_while_maps_arrive() -> None:
    waiting = grid(WIDE, WHOLE, [Panel("A"), Panel("B")], HeatmapLook(), 900)
    done = grid(WIDE, WHOLE, [Panel("A", "0.1 s", ramp()), Panel("B")], HeatmapLook(), 900)
    assert waiting.layout.height == done.layout.height
    assert [note.text for note in waiting.layout.annotations].count("waiting") == 2
    assert [note.text for note in done.layout.annotations].count("waiting") == 1


def test_map_lies_on_the_part_that_the_model_saw() -> None:
    figure = grid(WIDE, (100, 0, 300, 200), [Panel("A", shown=ramp(100))], HeatmapLook(), 900)
    (trace,) = maps(figure)
    rows, columns = trace.z.shape
    assert trace.x0 - trace.dx / 2 == pytest.approx(100)
    assert trace.x0 + trace.dx * (columns - 0.5) == pytest.approx(300)
    assert trace.y0 + trace.dy * (rows - 0.5) == pytest.approx(200)


def test_values_in_the_browser_are_values_of_the_map() -> None:
    shown = np.random.default_rng(0).random((224, 224), dtype=np.float32)
    (trace,) = maps(grid(WIDE, WHOLE, [Panel("A", shown=shown)], HeatmapLook(), 900))
    assert trace.z.dtype == np.float32
    assert max(trace.z.shape) <= heatmaps.FINEST
    assert np.isin(trace.z, shown).all()


def test_scale_and_range_are_explicit() -> None:
    figure = grid(WIDE, WHOLE, [Panel("A", shown=ramp())], HeatmapLook(scale="viridis"), 900)
    bar = figure.layout.coloraxis
    assert (bar.cmin, bar.cmax) == (0, 1)
    assert tuple(bar.colorscale) == palette.stops("viridis")
    assert maps(figure)[0].coloraxis == "coloraxis"


def test_signed_view_is_symmetric_and_keeps_the_sign() -> None:
    heat = np.array([[-2.0, 0.0], [0.0, 1.0]], np.float32)
    panels = [Panel("signed", shown=ramp(64), heat=heat), Panel("unsigned", shown=ramp(64))]
    figure = grid(WIDE, WHOLE, panels, HeatmapLook(signed=True), 900)
    signed, unsigned = maps(figure)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    assert signed.z[0, 0] == pytest.approx(-1.0)
    assert signed.z[-1, -1] == pytest.approx(0.5)
    assert unsigned.z.min() >= 0


def test_signed_view_of_an_empty_map_is_zero() -> None:
    heat = np.zeros((7, 7), np.float32)
    panel = Panel("empty", shown=np.zeros((64, 64), np.float32), heat=heat)
    (trace,) = maps(grid(WIDE, WHOLE, [panel], HeatmapLook(signed=True), 900))
    assert not trace.z.any()


def test_contour_stands_where_the_map_has_the_value() -> None:
    figure = grid(WIDE, WHOLE, [Panel("A", shown=ramp())], HeatmapLook(contour=0.25), 900)
    halo, line = of_kind(figure, "scatter")
    assert (halo.line.color, line.line.color) == (palette.CONTOUR_HALO, palette.CONTOUR)
    assert halo.line.width > line.line.width
    np.testing.assert_array_equal(halo.x, line.x)
    places = line.x[np.isfinite(line.x)]
    assert places == pytest.approx([100] * len(places), abs=2)


def test_no_contour_at_zero() -> None:
    figure = grid(WIDE, WHOLE, [Panel("A", shown=ramp())], HeatmapLook(contour=0.0), 900)
    assert not of_kind(figure, "scatter")


def test_phone_figure_lets_the_page_scroll() -> None:
    assert grid(WIDE, WHOLE, [], HeatmapLook(per_row=1), 358).layout.dragmode is False
    assert grid(WIDE, WHOLE, [], HeatmapLook(), 1000).layout.dragmode == "zoom"
    assert places.per_row_for(358) == 1
    assert places.per_row_for(1060) == 3


def test_long_titles_are_cut_to_their_panel() -> None:
    figure = grid(WIDE, WHOLE, [Panel("word " * 60)], HeatmapLook(per_row=4), 700)
    title = figure.layout.annotations[1].text
    assert "…" in title
    assert len(title) < 140


@pytest.mark.parametrize(("width", "per_row"), [(1066, 3), (1066, 4), (358, 1)])
def test_titles_of_a_narrow_picture_are_read(width: float, per_row: int) -> None:
    tall = np.zeros((2000, 200, 3), np.uint8)
    panels = [Panel("Ablation-CAM, eigen-smoothed", waiting="computing")] * 3
    figure = grid(tall, (0, 0, 200, 2000), panels, HeatmapLook(per_row=per_row), width)
    title = figure.layout.annotations[1].text
    assert title.startswith("<b>Ablation-CAM")
    assert "smoothed" in title
    word = next(note for note in figure.layout.annotations if note.text == "computing")
    assert (word.x, word.xanchor) == (0, "left"), "it would reach over the panel before"
    lefts = [figure.layout[f"xaxis{n}"].domain[0] * width for n in ("", *range(2, per_row + 1))]
    assert all(b - a >= 200 for a, b in pairwise(lefts))
    assert figure.layout.xaxis.domain[1] <= 1


def test_titles_are_text_and_never_markup() -> None:
    figure = grid(WIDE, WHOLE, [Panel("<b>x</b>")], HeatmapLook(), 900)
    assert "&lt;b&gt;x&lt;/b&gt;" in figure.layout.annotations[1].text


def test_a_word_in_a_waiting_panel_is_cut_into_lines_and_is_no_markup() -> None:
    figure = grid(WIDE, WHOLE, [Panel("A", waiting="<i> " + "word " * 20)], HeatmapLook(), 900)
    text = figure.layout.annotations[-1].text
    assert text.startswith("&lt;i&gt; word")
    assert max(map(len, text.replace("&lt;", "<").replace("&gt;", ">").split("<br>"))) <= 34


def test_without_a_map_no_words_stand_where_the_colours_would_be_explained() -> None:
    def words(panels: list[Panel]) -> set[str]:
        shown = grid(WIDE, WHOLE, panels, HeatmapLook(), 900).layout.annotations
        return {each.text for each in shown} & {"least", "most important"}

    assert words([Panel("A", waiting="stopped"), Panel("B", shown=ramp())])
    assert not words([Panel("A", waiting="stopped"), Panel("B", waiting="stopped")])


@pytest.mark.parametrize("tall", [60, 90, 300])
def test_a_sentence_stays_inside_a_low_panel(tall: int) -> None:
    low: Pixels = np.zeros((tall, 400, 3), np.uint8)
    sentence = "ResNet-18 is no transformer, it computes no attention: pick another method. " * 2
    figure = grid(low, (0, 0, 400, tall), [Panel("A", waiting=sentence)], HeatmapLook(), 900)
    note = figure.layout.annotations[-1]
    low_end, high_end = axis(figure, "y", 2).domain
    room = (high_end - low_end) * (figure.layout.height - figure.layout.margin.b)
    assert len(note.text.split("<br>")) * note.font.size * 1.3 <= room
    assert note.text.startswith("ResNet-18 is no")
