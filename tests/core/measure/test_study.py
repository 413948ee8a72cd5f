"""Rows, the table, and sentences that say only what was measured."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

import numpy as np
import pytest

from core.explain.base import Explanation
from core.measure.agreement import compare
from core.measure.masks import Rule
from core.measure.study import Row, facts, second_look, summaries, table

Make = Callable[..., Explanation]


@pytest.fixture
def row(explanation: Make) -> Callable[..., Row]:
    """`row(name, shift)`: two equal squares, the second moved by so many pixels."""

    def make(name: str, shift: int) -> Row:
        first = np.zeros((20, 20), np.float32)
        first[4:8, 4:8] = 1
        second = np.roll(first, shift, axis=1)
        rules = Rule("top", 4), Rule("top", 4)
        maps = explanation(first), explanation(second, "score-cam")
        return Row(name, None, (compare(*maps, rules),))

    return make


def test_summary_is_the_mean_over_pictures(row: Callable[..., Row]) -> None:
    rows = [row("a", 0), row("b", 2), Row("c", error="c cannot be read.")]
    (found,) = summaries(rows)
    assert found.key == ("grad-cam", "score-cam")
    assert found.mean == pytest.approx((1 + 8 / 24) / 2)
    assert found.pictures == 2
    assert found.low <= found.mean <= found.high


def test_flags(row: Callable[..., Row]) -> None:
    rows = [row("a", 0), row("far", 8), *(row(str(n), 1) for n in range(8)), Row("x", error="no")]
    assert second_look(rows) == {1: "below chance: Grad-CAM and Score-CAM"}
    near = [row("worst", 3), *(row(str(n), n % 2) for n in range(9))]
    assert second_look(near) == {0: "lowest tenth"}
    assert second_look(near[:5]) == {}


def test_facts_name_extremes_and_times(row: Callable[..., Row]) -> None:
    waiting = Row("y")
    rows = [row("same.png", 0), row("apart.png", 3), Row("x", error="no"), waiting]
    said = " ".join(facts(rows))
    assert said.startswith("2 pictures explained, 1 failed.")
    assert "agree most on same.png (mean IoU 1.000) and least on apart.png" in said
    assert "Grad-CAM was computed in 0.25 s a picture (median), 0.5 s in all." in said
    assert facts([]) == ("0 pictures explained.",)


def test_one_picture_has_no_interval_and_no_median(row: Callable[..., Row]) -> None:
    one = " ".join(facts([row("same.png", 0)]))
    assert "Grad-CAM and Score-CAM: IoU 1.000 on 1 picture, where chance gives" in one
    assert "Grad-CAM was computed in 0.25 s." in one
    assert not {"interval", "median", "pictures", "mean"} & set(one.split())
    assert "grad-cam" not in one, "sentences have titles, tables have ids"


def test_undefined_is_an_empty_cell(explanation: Make) -> None:
    empty = np.zeros((8, 8), np.float32)
    pair = compare(explanation(empty), explanation(empty, "lime"), (Rule(), Rule()))
    rows = [Row("a,b.png", None, (pair,))]
    (cells,) = csv.DictReader(io.StringIO(table(rows, "resnet18")))
    assert cells["picture"] == "a,b.png"
    assert (cells["iou"], cells["dice"], cells["chance"]) == ("", "", "")
    assert cells["seconds_a"] == "0.250"
    assert math.isnan(rows[0].mean)
    assert math.isnan(summaries(rows)[0].mean)


def test_a_pair_with_a_method_that_failed_is_a_row_of_empty_cells(
    row: Callable[..., Row],
) -> None:
    whole = row("whole", 0)
    partly = Row("partly", faults=("LIME: it is one flat colour.",))
    lines = list(csv.DictReader(io.StringIO(table([whole, partly, Row("x", error="no")], "m"))))
    assert [line["picture"] for line in lines] == ["whole", "partly"]
    assert (lines[1]["method_a"], lines[1]["method_b"]) == (
        lines[0]["method_a"],
        lines[0]["method_b"],
    )
    assert lines[1]["iou"] == ""
    assert facts([whole, partly, Row("x", error="no")])[0] == (
        "1 picture explained, 1 failed, 1 with a method that failed."
    )
