"""Two masks over their picture, and counts over it."""

from __future__ import annotations

import base64
import io
from itertools import combinations
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import Mask, Pixels
from core.figures.browser import agreement, axes, places
from core.figures.charts import areas
from core.figures.charts.areas import Box, Codes
from core.figures.drawing import palette
from core.figures.drawing.pictures import PALE
from tests.core.figures.checked import checked, of_kind
from tests.core.figures.colour_vision import MATRICES, apart, rgb

WIDE: Pixels = np.full((200, 400, 3), (200, 40, 40), dtype=np.uint8)
WHOLE = (0, 0, 400, 200)
NONE: Mask = np.zeros((224, 224), bool)
LEFT, MIDDLE = NONE.copy(), NONE.copy()
LEFT[:, :112] = True
MIDDLE[:, 56:168] = True


def overlap(
    pixels: Pixels, box: Box, one: Mask, two: Mask, titles: tuple[str, str], *drawn: Any
) -> go.Figure:
    return checked(agreement.areas(areas.overlap(pixels, box, one, two, titles), *drawn))


def consensus(pixels: Pixels, box: Box, counts: Codes, methods: int, *drawn: Any) -> go.Figure:
    return checked(agreement.areas(areas.consensus(pixels, box, counts, methods), *drawn))


def mouse_of(figure: go.Figure) -> go.Heatmap:
    """What the mouse reads."""
    (layer,) = of_kind(figure, "heatmap")
    return layer


def drawn(figure: go.Figure, number: int) -> np.ndarray:
    """A picture of the figure, RGBA."""
    source = of_kind(figure, "image")[number].source
    data = base64.b64decode(source.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def keys(figure: go.Figure) -> list[tuple[str, str]]:
    """Colours and words of the legend."""
    return [(each.marker.color, each.name) for each in of_kind(figure, "scatter")]


def test_overlap_has_three_colours_with_their_shares() -> None:
    figure = overlap(WIDE, WHOLE, LEFT, MIDDLE, ("Grad-CAM", "LIME"), 900)
    assert keys(figure) == [
        (palette.ONLY_FIRST, "only Grad-CAM · 25.0 %"),
        (palette.BOTH, "both · 25.0 %"),
        (palette.ONLY_SECOND, "only LIME · 25.0 %"),
    ]
    row = drawn(figure, 1)[100]
    for at, colour in ((10, palette.ONLY_FIRST), (80, palette.BOTH), (140, palette.ONLY_SECOND)):
        assert row[at].tolist() == [*np.rint(rgb(colour) * 255), 255]
    assert row[200, 3] == 0, "nothing is drawn where neither marks"


def test_overlap_of_nothing_says_so() -> None:
    figure = overlap(WIDE, WHOLE, NONE, NONE, ("A", "B"), 900)
    assert [name for _, name in keys(figure)] == ["only A · 0 %", "both · 0 %", "only B · 0 %"]
    assert not drawn(figure, 1)[..., 3].any()


def test_the_mouse_finds_the_place_and_which_of_the_three() -> None:
    figure = overlap(WIDE, WHOLE, LEFT, MIDDLE, ("Grad-CAM", "<LIME>"), 900)
    layer = mouse_of(figure)
    assert layer.hovertemplate.startswith("%{text}<br>x %{x")
    words = np.asarray(layer.text)[50]
    assert [words[at] for at in (5, 40, 70, 100)] == [
        "only Grad-CAM",
        "both",
        "only &lt;LIME&gt;",
        "neither",
    ]
    assert max(layer.z.shape) <= agreement.FINEST


def test_masks_lie_on_the_part_that_the_model_saw() -> None:
    figure = overlap(WIDE, (100, 0, 300, 200), LEFT, MIDDLE, ("A", "B"), 900)
    masks, mouse = of_kind(figure, "image")[1], mouse_of(figure)
    for trace, (rows, columns) in ((masks, (224, 224)), (mouse, (112, 112))):
        assert trace.x0 - trace.dx / 2 == pytest.approx(100)
        assert trace.x0 + trace.dx * (columns - 0.5) == pytest.approx(300)
        assert trace.y0 + trace.dy * (rows - 0.5) == pytest.approx(200)


def test_a_moved_slider_keeps_zoom_and_layout_and_sends_little() -> None:
    one = overlap(WIDE, WHOLE, LEFT, NONE, ("A", "B"), 900, "cat")
    two = overlap(WIDE, WHOLE, LEFT, MIDDLE, ("A", "B"), 900, "cat")
    assert one.layout.uirevision == two.layout.uirevision == "cat"
    assert one.layout.height == two.layout.height
    assert one.layout.legend.entrywidth == two.layout.legend.entrywidth
    assert len(of_kind(two, "image")[1].source) < 8000, "flat colours are a small PNG"


def test_panel_has_the_pictures_proportions_at_any_width() -> None:
    for width in (340, 700, 1100):
        figure = overlap(WIDE, WHOLE, LEFT, MIDDLE, ("Grad-CAM", "Ablation-CAM"), width)
        left, right = figure.layout.xaxis.domain
        low, high = figure.layout.yaxis.domain
        paper = figure.layout.height - figure.layout.margin.b
        ratio = (high - low) * paper / ((right - left) * width)
        assert ratio == pytest.approx(0.5, rel=0.02)
        assert paper - places.HEAD >= (high - low) * paper - 1


def test_long_titles_are_cut_in_the_legend() -> None:
    title = "Ablation-CAM of a very long class name, and more of it"
    figure = overlap(WIDE, WHOLE, LEFT, MIDDLE, (title, title), 340)
    assert figure.layout.legend.orientation == "v"
    assert all(axes.breadth(name) + axes.SYMBOL <= 346 for _, name in keys(figure))


@pytest.mark.parametrize("eyes", MATRICES)
def test_the_three_colours_stay_apart_on_every_grey(eyes: str) -> None:
    greys = np.linspace(PALE, 1, 16)[:, None] * np.ones(3)
    mixed = [
        (1 - areas.OPACITY) * greys + areas.OPACITY * rgb(colour)
        for colour in (palette.ONLY_FIRST, palette.BOTH, palette.ONLY_SECOND)
    ]
    # A distance of 2.3 is just noticed, one of 10 at a glance.
    for one, two in combinations([greys, *mixed], 2):
        assert apart(one, two, eyes).min() > 10


def test_the_picture_below_is_grey() -> None:
    pixels = drawn(overlap(WIDE, WHOLE, LEFT, MIDDLE, ("A", "B"), 900), 0)
    assert np.ptp(pixels[..., :3].astype(int), axis=2).max() <= 2


def test_consensus_has_a_colour_for_each_count() -> None:
    counts = np.where(LEFT & MIDDLE, 4, LEFT | MIDDLE).astype(np.uint8)
    figure = consensus(WIDE, WHOLE, counts, 4, 900, "cat")
    assert [name for _, name in keys(figure)] == [
        "1 of 4 · 50.0 %",
        "2 of 4 · 0 %",
        "3 of 4 · 0 %",
        "4 of 4 · 25.0 %",
    ]
    colours = [colour for colour, _ in keys(figure)]
    assert colours == list(palette.levels(palette.COUNTS, 4, areas.DIMMEST))
    row = drawn(figure, 1)[100]
    assert row[80].tolist() == [*np.rint(rgb(colours[3]) * 255), 255]
    assert row[200, 3] == 0
    assert np.asarray(mouse_of(figure).text)[50, 40] == "marked by 4 of 4"
    assert mouse_of(figure).z.dtype == np.uint8
    assert figure.layout.uirevision == "cat"


def test_consensus_of_many_methods_on_a_phone_keeps_room_for_its_legend() -> None:
    figure = consensus(WIDE, WHOLE, LEFT.astype(np.uint8), 11, 340)
    assert figure.layout.margin.b >= 4 * axes.LINE
    assert figure.layout.margin.autoexpand is False
