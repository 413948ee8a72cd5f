"""LIME's figure: three panels, what the mouse tells, what is lit."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import Pixels
from core.figures.browser import lime
from core.figures.browser.lime import LONGEST
from core.figures.charts.superpixels import LimeLook, LimeView
from core.figures.drawing import palette
from core.figures.drawing.tint import label_colours, place_of, scaled, tinted
from tests.core.figures.checked import checked
from tests.core.figures.checked import of_kind as traces

GREY: Pixels = np.full((100, 200, 3), 120, np.uint8)
SEGMENTS = np.kron(np.array([[0, 1], [2, 3]], np.int32), np.ones((112, 112), np.int32))
WEIGHTS = np.array([0.4, -0.2, 0.1, 0.0])
CUT = LimeView(GREY, (0, 0, 200, 100), SEGMENTS, waiting="press a button")
DONE = replace(CUT, weights=WEIGHTS, chosen=(0, 2))


def pictures(*arguments: Any, **named: Any) -> go.Figure:
    return checked(lime.pictures(*arguments, **named))


def pixels_of(trace: go.Image) -> Pixels:
    data = base64.b64decode(trace.source.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)))


def test_preview_has_borders_and_waits_for_the_rest() -> None:
    figure = pictures(CUT, LimeLook(), 1000)
    first, second, third = traces(figure, "image")
    assert (first.opacity, second.opacity, third.opacity) == (1, 0.25, 0.25)
    words = [note.text for note in figure.layout.annotations]
    assert words.count("press a button") == 2
    lines = (pixels_of(first).astype(int)[..., :2].min(axis=2) > 200).mean()
    assert 0 < lines < 0.1
    assert not (
        pixels_of(traces(pictures(CUT, LimeLook(borders=False), 1000), "image")[0]) > 200
    ).any()


def test_mouse_tells_number_and_weight_on_every_panel() -> None:
    mice = traces(pictures(DONE, LimeLook(), 1000), "heatmap")
    assert [mouse.xaxis for mouse in mice] == ["x", "x2", "x3"]
    for mouse in mice:
        assert mouse.opacity == 0
        assert max(mouse.z.shape) <= lime.FINEST
        assert np.allclose(mouse.z, WEIGHTS[mouse.customdata])
        assert set(np.unique(mouse.customdata)) == {0, 1, 2, 3}
        assert mouse.x0 - mouse.dx / 2 == pytest.approx(0)
        assert mouse.x0 + mouse.dx * (mouse.z.shape[1] - 0.5) == pytest.approx(200)
        assert "superpixel %{customdata}" in mouse.hovertemplate


def test_preview_tells_the_number_alone() -> None:
    (mouse,) = traces(pictures(CUT, LimeLook(), 1000), "heatmap")
    assert "weight" not in mouse.hovertemplate


def test_mouse_lies_on_the_part_that_the_model_saw() -> None:
    mouse = traces(pictures(replace(DONE, box=(50, 0, 150, 100)), LimeLook(), 1000), "heatmap")[0]
    assert mouse.x0 - mouse.dx / 2 == pytest.approx(50)
    assert mouse.x0 + mouse.dx * (mouse.z.shape[1] - 0.5) == pytest.approx(150)


def test_scale_is_explicit_and_symmetric() -> None:
    bar = pictures(DONE, LimeLook(), 1000).layout.coloraxis
    assert (bar.cmin, bar.cmax) == (pytest.approx(-0.4), pytest.approx(0.4))
    assert tuple(bar.colorscale) == palette.stops(palette.DIVERGING)


@pytest.mark.parametrize("width", [358, 1000])
def test_height_stays_while_samples_arrive(width: float) -> None:
    searching = LimeView(GREY, (0, 0, 200, 100))
    heights = {
        pictures(seen, LimeLook(), width).layout.height
        for seen in (searching, CUT, DONE, replace(DONE, lit=1))
    }
    assert len(heights) == 1


def test_panels_zoom_together_and_stand_below_each_other_on_a_phone() -> None:
    wide, phone = pictures(DONE, LimeLook(), 1000), pictures(DONE, LimeLook(), 358)
    assert (wide.layout.xaxis2.matches, wide.layout.yaxis3.matches) == ("x", "y")
    assert wide.layout.xaxis2.domain[0] > 0.3
    assert phone.layout.xaxis2.domain[0] == 0
    assert phone.layout.yaxis2.domain[1] < phone.layout.yaxis.domain[0]
    assert phone.layout.dragmode is False


def test_picked_superpixel_is_lit_on_every_panel_and_the_rest_is_dim() -> None:
    figure = pictures(replace(DONE, lit=3), LimeLook(borders=False), 1000)
    lines = [trace for trace in traces(figure, "scatter") if trace.mode == "lines"]
    assert [line.xaxis for line in lines] == ["x", "x", "x2", "x2", "x3", "x3"]
    across, down = (values[np.isfinite(values)] for values in (lines[0].x, lines[0].y))
    assert (min(across), max(across)) == (pytest.approx(100, abs=1), pytest.approx(200, abs=1))
    assert (min(down), max(down)) == (pytest.approx(50, abs=1), pytest.approx(100, abs=1))
    first = pixels_of(traces(figure, "image")[0])
    assert first[-20, -20, 0] == pytest.approx(120, abs=4)
    assert first[20, 20, 0] < 60


def test_numbers_stand_on_the_outlined_superpixels() -> None:
    (numbers,) = [
        t for t in traces(pictures(DONE, LimeLook(), 1000), "scatter") if "text" in t.mode
    ]
    assert list(numbers.text) == ["0", "2"]
    for x, y, number in zip(numbers.x, numbers.y, (0, 2), strict=True):
        assert SEGMENTS[int(y / 100 * 224), int(x / 200 * 224)] == number


def test_small_pictures_are_sent_large_enough_for_fine_lines() -> None:
    assert pixels_of(traces(pictures(DONE, LimeLook(), 1000), "image")[1]).shape[1] == LONGEST


def test_tint_has_the_sign_and_leaves_what_does_not_count_grey() -> None:
    drawn = tinted(GREY, SEGMENTS, WEIGHTS, (0, 0, 200, 100)).astype(int)
    red, blue, grey = drawn[20, 20], drawn[20, 180], drawn[80, 180]
    assert red[0] > red[2] + 40
    assert blue[2] > blue[0] + 20
    assert len(set(grey.tolist())) == 1
    assert drawn.shape == GREY.shape


def test_tint_of_no_weight_is_the_grey_picture() -> None:
    drawn = tinted(GREY, SEGMENTS, np.zeros(4), (0, 0, 200, 100))
    assert len(np.unique(drawn)) == 1
    assert not scaled(np.zeros(4)).any()


def test_a_number_stands_inside_a_bent_superpixel() -> None:
    ring = np.ones((60, 60), np.int32)
    ring[10:50, 10:50] = 0
    across, down = place_of(ring, 1)
    assert ring[int(down * 60), int(across * 60)] == 1


def test_label_colours_differ() -> None:
    assert len(np.unique(label_colours(256), axis=0)) == 256
