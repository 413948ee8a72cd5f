"""The table of measures: one line a control, and controls as methods."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

from core.export.measures_table import HEADER, table
from core.measure.trust import TrustRow

ROW = TrustRow(
    picture="0.png",
    layer="layer4",
    class_name="cat, tabby",
    method="grad-cam",
    measure="single-deletion",
    value=math.nan,
    seconds=0.5,
    passes=17,
    controls={"random": 0.25, "random-weights": math.nan},
    spent={"random": (0.125, 18), "random-weights": (0.0625, 19)},
)


def lines(*rows: TrustRow) -> list[list[str]]:
    (header, *found) = csv.reader(io.StringIO(table(rows, "resnet18")))
    assert tuple(header) == HEADER
    return found


def test_a_map_has_a_line_for_each_control_and_each_control_one_of_its_own() -> None:
    about = ["0.png", "resnet18", "layer4", "cat, tabby"]
    assert lines(ROW) == [
        [*about, "grad-cam", "single-deletion", "", "random", "0.250000", "0.500", "17"],
        [*about, "grad-cam", "single-deletion", "", "random-weights", "", "0.500", "17"],
        [
            *("0.png", "resnet18", "", "cat, tabby", "random", "single-deletion", "0.250000"),
            *("", "", "0.125", "18"),
        ],
        [*about, "random-weights", "single-deletion", "", "", "", "0.062", "19"],
    ]


def test_controls_come_once_for_each_picture_class_and_measure() -> None:
    other = replace(ROW, method="layer-cam")
    rows = [ROW, other, replace(ROW, class_name="dog"), replace(ROW, measure="road")]
    methods = [line[4] for line in lines(*rows)]
    assert methods.count("random") == 3
    assert methods.count("random-weights") == 4, "they are the method's"
    assert len(lines(replace(ROW, controls={}))) == 1
