"""Paintings: run lengths there and back, and what strangers send instead."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Mask
from core.errors import BadOption
from core.pictures.run_lengths import compressed, runs_of, spread, uncompressed
from core.requests.keys import key_of
from core.requests.paintings import LEAST, LONGEST, MOST, Painting, cells_for, painting_from
from core.requests.plain import from_json, to_json
from tests.core.requests.strategies import masks

FULL = Painting.of(np.ones((28, 28), bool))


def naive_runs(mask: Mask) -> list[int]:
    """Count equal pixels down each column, beginning with those that are not marked."""
    pixels = [bool(mask[row, column]) for column in range(len(mask[0])) for row in range(len(mask))]
    runs = [(value, len(list(group))) for value, group in groupby(pixels)]
    return [0] * runs[0][0] + [length for _, length in runs]


def naive_text(runs: list[int]) -> str:
    """`rleToString` of cocoapi's maskApi.c, line by line."""
    text = ""
    for i in range(len(runs)):
        x = runs[i]
        if i > 2:
            x -= runs[i - 2]
        more = True
        while more:
            c = x & 0x1F
            x >>= 5
            more = x != -1 if c & 0x10 else x != 0
            if more:
                c |= 0x20
            text += chr(c + 48)
    return text


@given(masks)
def test_run_lengths_and_back(mask: Mask) -> None:
    assert runs_of(mask) == naive_runs(mask)
    np.testing.assert_array_equal(spread(naive_runs(mask), *mask.shape), mask)
    painting = Painting.of(mask)
    assert painting.counts == naive_text(naive_runs(mask))
    assert painting.mask.dtype == bool
    np.testing.assert_array_equal(painting.mask, mask)
    again = from_json(to_json(painting))
    assert again == painting
    assert key_of(again) == key_of(painting)
    sent = {"height": mask.shape[0], "width": mask.shape[1], "counts": painting.counts}
    assert painting_from(sent) == painting


@given(st.lists(st.integers(0, 2**34), max_size=9))
def test_text_is_cocoapis(runs: list[int]) -> None:
    assert compressed(runs) == naive_text(runs)
    assert uncompressed(compressed(runs)) == runs


@pytest.mark.parametrize("value", [False, True])
def test_nothing_and_all(value: bool) -> None:
    painting = Painting.of(np.full((28, 40), value))
    assert painting.runs == ((0,) if value else ()) + (28 * 40,)
    assert painting.mask.shape == (28, 40)
    assert (painting.mask == value).all()


NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]
GOOD = {"height": 28, "width": 28, "counts": FULL.counts}


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "painting",
        [],
        {},
        NESTED,
        {**GOOD, "more": 1},
        {"height": 28, "width": 28},
        *(
            {**GOOD, "height": side}
            for side in (None, True, 28.0, math.nan, "28", [28], {}, NESTED)
        ),
        *({**GOOD, "width": side} for side in (-28, 0, LEAST - 1, MOST + 1, 10**30, 10**5000)),
        *({**GOOD, "counts": text} for text in (None, 3, b"P?", [784], NESTED, {"a": 1})),
        {**GOOD, "counts": ""},
        {**GOOD, "counts": "0"},
        {**GOOD, "counts": FULL.counts + "1"},
        {**GOOD, "counts": FULL.counts + "P"},
        {**GOOD, "counts": "\ud800"},
        {**GOOD, "counts": " \n"},
        {**GOOD, "counts": "o" * LONGEST},
        {**GOOD, "counts": compressed([-1, 785])},
        {**GOOD, "counts": compressed([2**39, 784 - 2**39])},
        {**GOOD, "counts": FULL.counts + "0" * LONGEST},
        {**GOOD, "counts": "0" * 10**6},
    ],
    ids=lambda value: repr(value)[:40] if not isinstance(value, dict) else "",
)
def test_what_is_no_painting_is_refused_in_one_sentence(value: object) -> None:
    with pytest.raises(BadOption) as caught:
        painting_from(value)
    said = str(caught.value)
    assert said.endswith((".", ":")), said
    assert "\n" not in said
    assert len(said) < 200


@given(
    st.dictionaries(st.sampled_from(("height", "width", "counts", "x")), st.integers() | st.text())
    | st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.lists(inner), max_leaves=4)
)
def test_anything_is_a_painting_or_refused(value: object) -> None:
    try:
        painting = painting_from(value)
    except BadOption:
        return
    assert painting.mask.shape == (painting.height, painting.width)


def test_a_painting_of_specks_is_too_long() -> None:
    specks = np.zeros((128, 128), bool)
    specks[::2, ::2] = True
    with pytest.raises(BadOption, match="larger brush"):
        Painting.of(specks)


def test_a_stroke_on_the_largest_grid_fits() -> None:
    down, across = np.indices((128, 128))
    disc = (down - 60) ** 2 + (across - 70) ** 2 < 50**2
    assert len(Painting.of(disc).counts) < LONGEST / 2


@pytest.mark.parametrize(
    ("grid", "cells"),
    [((7, 7), (28, 28)), ((14, 10), (56, 40)), ((1, 3), (16, 16)), ((24, 9), (64, 36))],
)
def test_four_cells_are_painted_on_beside_one_of_the_map(
    grid: tuple[int, int], cells: tuple[int, int]
) -> None:
    assert cells_for(grid) == cells
