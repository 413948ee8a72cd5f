"""The table of measures: maps and controls as rows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator

from core.measure.beside import RANDOM_WEIGHTS
from core.measure.trust import TrustRow

HEADER = (
    "picture",
    "model",
    "layer",
    "class",
    "method",
    "measure",
    "value",
    "control",
    "control_value",
    "seconds",
    "passes",
)
"""Columns of the table."""


def table(rows: Iterable[TrustRow], model: str) -> str:
    """Return the rows as CSV.

    A map has a line for each measure and control, or one where there is no control. The controls
    are methods as well, with a line of their own for each picture, class and measure;
    `random-weights` has one for each method.

    Numbers have six decimals; what is not defined is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    written: set[tuple[str, ...]] = set()
    for row in rows:
        about = (row.picture, model, row.layer, row.class_name, row.method, row.measure)
        cost = (f"{row.seconds:.3f}", row.passes)
        for control, beside in row.controls.items() or (("", math.nan),):
            writer.writerow((*about, _cell(row.value), control, _cell(beside), *cost))
        for key, line in _controls(row, model):
            if key not in written:
                written.add(key)
                writer.writerow(line)
    return text.getvalue()


def _controls(row: TrustRow, model: str) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    """Yield what tells each control of a map from others, and its line."""
    for control, value in row.controls.items():
        own = control == RANDOM_WEIGHTS
        layer = row.layer if own else ""
        key = (row.picture, row.class_name, row.measure, control, row.method if own else "")
        seconds, passes = row.spent.get(control, (math.nan, 0))
        spent = (f"{seconds:.3f}" if math.isfinite(seconds) else "", passes)
        about = (row.picture, model, layer, row.class_name, control, row.measure)
        yield key, (*about, _cell(value), "", "", *spent)


def _cell(value: float) -> str:
    return f"{value:.6f}" if math.isfinite(value) else ""
