"""Descriptions of units as files: CLIP-Dissect's own, MILAN's and NetDissect's."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadLabels
from core.files.reading import content
from core.files.table import read as read_table

COLUMNS = ("layer", "unit", "description", "similarity")
"""Columns of the reference's `descriptions.csv`; more may follow."""
LIMIT = 64 << 20
"""Largest file in bytes."""
_SPELLINGS = {
    "label": "description",
    "neuron": "unit",
    "concept": "description",
    "score": "similarity",
    "metric": "similarity",
}
"""Other systems' names of the same columns."""
_WHOLE = re.compile(r"(\d{1,9})(?:[.,]0*)?")
"""A unit; programs that know only one kind of number write unit 0 as `0.0`."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one unit is said to respond to.

    Attributes:
        layer: as the file spells it.
        unit: from 0.
        description: the words; empty for a unit without any.
        similarity: of the words, in the units of the file's method; NaN where none is given.
        extra: further columns by name.
    """

    layer: str
    unit: int
    description: str
    similarity: float = math.nan
    extra: dict[str, str] = field(default_factory=dict, compare=False)


def read(path: Path) -> tuple[Label, ...]:
    """Read a file of descriptions; see `parse`.

    Raises:
        BadLabels: missing, unreadable, too large, or not such a file.
    """
    return parse(content(path, LIMIT), path.name)


def parse(data: bytes, name: str = "The file") -> tuple[Label, ...]:
    """Read descriptions from the bytes of a CSV file.

    Known are the reference's columns (`layer,unit,description,similarity`), MILAN's
    (`layer,unit,description`) and NetDissect's (`unit,category,label,score`, whose units begin
    with 1). "null" and "nan" are words. Blanks around cells are dropped, other columns kept.

    Args:
        data: as `core.files.table.read` takes it.
        name: for messages.

    Raises:
        BadLabels: not such a file; the message names the line.
    """
    table = read_table(data, name)
    columns = table.under(_SPELLINGS)
    if not {"unit", "description"} <= set(columns):
        raise BadLabels(
            f"{name} has the columns {', '.join(table.head)[:120] or 'of an empty file'}: give "
            f"{', '.join(COLUMNS)}."
        )
    first = 1 if "category" in table.head and "label" in table.head else 0
    labels, seen = [], set[tuple[str, int]]()
    for row in table.rows:
        try:
            label = _label(dict(zip(columns, row.cells, strict=False)), first, table.number)
            if (label.layer, label.unit) in seen:
                raise ValueError(f"unit {label.unit} of {label.layer or 'the layer'} twice")
        except KeyError as error:
            raise table.fault(row, f"no {error}") from error
        except ValueError as error:
            raise table.fault(row, str(error)) from error
        seen.add((label.layer, label.unit))
        labels.append(label)
    if not labels:
        raise BadLabels(f"{name} has no units: give a table with a row for each.")
    return tuple(labels)


def _label(cells: dict[str, str], first: int, number: Callable[[str], float]) -> Label:
    """Read one row.

    Args:
        cells: by the names of their columns.
        first: number of the first unit.
        number: reads one.

    Raises:
        KeyError: a needed cell is missing.
        ValueError: a cell is no number.
    """
    unit = _WHOLE.fullmatch(cells["unit"])
    if unit is None or int(unit[1]) < first:
        raise ValueError(f"{cells['unit']!r} is not a unit number")
    similarity = cells.get("similarity", "")
    extra = {name: text for name, text in cells.items() if name and name not in COLUMNS}
    return Label(
        cells.get("layer", ""),
        int(unit[1]) - first,
        cells["description"],
        number(similarity) if similarity else math.nan,
        extra,
    )


def write(labels: Iterable[Label], extra: Sequence[str] = ()) -> str:
    """Return a `descriptions.csv` that the reference's own tools read.

    Args:
        labels: one a unit.
        extra: names of further columns, taken from each label's `extra`, written after the four.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *extra))
    for label in labels:
        similarity = "" if math.isnan(label.similarity) else repr(float(label.similarity))
        own = (label.extra.get(name, "") for name in extra)
        writer.writerow((label.layer, label.unit, label.description, similarity, *own))
    return text.getvalue()
