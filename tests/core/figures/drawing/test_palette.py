"""Colour scales."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import BadOption
from core.figures.drawing import palette
from tests.core.figures.colour_vision import contrast, rgb


@pytest.mark.parametrize("name", palette.SCALES)
def test_lookup_is_a_table_that_nobody_can_change(name: str) -> None:
    table = palette.lookup(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


def test_unknown_scale_is_refused_with_the_choices() -> None:
    with pytest.raises(BadOption, match="'sepia' is not a colour scale: choose one of inferno"):
        palette.lookup("sepia")


@pytest.mark.parametrize("name", ["inferno", "viridis", "magma", "cividis", "grey"])
def test_even_scales_get_brighter_at_every_step(name: str) -> None:
    linear = (palette.lookup(name)[::8] / 255.0) ** 2.2
    brightness = linear @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) > 0).all()


def test_diverging_scale_has_its_palest_colour_at_zero() -> None:
    sums = palette.lookup(palette.DIVERGING).astype(int).sum(axis=1)
    assert sums.argmax() in (127, 128)
    blue, red = palette.lookup(palette.DIVERGING)[[10, 245]].astype(int)
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_stops_are_colours_of_the_table_from_zero_to_one() -> None:
    stops = palette.stops("jet", 3)
    assert [place for place, _ in stops] == [0.0, 0.5, 1.0]
    table = palette.lookup("jet")
    assert stops[0][1] == "rgb({}, {}, {})".format(*table[0])
    assert stops[2][1] == "rgb({}, {}, {})".format(*table[255])


def test_signed_scales_are_not_offered_for_maps_without_sign() -> None:
    assert palette.DIVERGING not in palette.sequential()
    assert palette.DEFAULT in palette.sequential()


@pytest.mark.parametrize("name", palette.SCALES)
def test_no_stop_is_taken_for_a_colour_of_the_theme(name: str) -> None:
    """Streamlit replaces `#000001` and its neighbours, so black came out red."""
    assert not [colour for _, colour in palette.stops(name) if colour.startswith("#")]


def test_levels_are_colours_of_the_table_from_low_to_high() -> None:
    table = palette.lookup("viridis")
    assert palette.levels("viridis", 3) == tuple(
        "rgb({}, {}, {})".format(*table[at]) for at in (0, 128, 255)
    )
    assert palette.levels("viridis", 1) == palette.levels("viridis", 2, 0.5)[-1:]
    assert palette.levels("viridis", 2, 0.2)[0] == "rgb({}, {}, {})".format(*table[51])


def test_series_begin_again_when_all_colours_are_used() -> None:
    assert len(set(palette.SERIES)) == len(palette.SERIES)
    assert palette.series(len(palette.SERIES)) == palette.series(0)


@pytest.mark.parametrize("words", [palette.INK, palette.PAPER_QUIET])
def test_words_of_files_are_read_on_their_ground_and_in_quiet_cells(words: str) -> None:
    paper = rgb(palette.PAPER)
    *grey, alpha = (float(each) for each in palette.TRACK[5:-1].split(","))
    cell = alpha * np.array(grey) / 255 + (1 - alpha) * paper
    assert contrast(rgb(words), np.stack([paper, cell])).min() >= 4.5
