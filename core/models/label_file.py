"""Label files, which name the classes of a model: lists, tables and configurations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.errors import BadLabels
from core.files.names import printable
from core.files.table import NOTED, Row, rows_of
from core.files.text import decode
from core.models.class_names import in_order
from core.models.label_json import names_in
from core.models.label_lines import names_in_lines

LABELS_LIMIT = 4 << 20
"""Largest label file in bytes; a configuration of 21,000 classes has 2 MB."""

LONGEST = 200
"""Characters of a name that are shown."""

_FILE = "The label file"
_INDEX = re.compile(r"\d{1,9}(?:\.0*)?", re.ASCII)
_WORD_NET = re.compile(r"n\d+")
_INDEX_COLUMNS = frozenset(
    {"", "id", "ids", "idx", "index", "number", "no", "nr", "target", "code"}
    | {f"{what}_{which}" for what in ("class", "label", "category") for which in ("id", "idx")}
    | {f"{what}_{which}" for what in ("class", "label", "category") for which in ("index", "no")}
)
_NAME_COLUMNS = (
    *("class_name", "classname", "label_name", "category_name", "display_name", "name", "names"),
    *("label", "labels", "class", "classes", "category", "title", "description"),
)
"""The first that a table has is taken."""


def read_labels(data: bytes) -> tuple[str, ...]:
    """Read class names in the order of the logits.

    Args:
        data: one name a line, with or without a number (see `core.models.label_lines`); a table
            `id,name` in any order of its rows, with or without a header, separated by commas,
            semicolons or tabs; or JSON (see `core.models.label_json`). Text is UTF-8 or has a byte
            order mark.

    Raises:
        BadLabels: not text, too large, empty, with an empty name in between, or with indices
            that are not each of 0, 1, 2 ... once.
    """
    if len(data) > LABELS_LIMIT:
        raise BadLabels(
            f"{_FILE} has {len(data) / 2**20:.1f} MB: give at most {LABELS_LIMIT >> 20} MB."
        )
    text = decode(data, _FILE)
    if not text.strip():
        raise BadLabels(f"{_FILE} is empty: give one class name per line.")
    names = names_in(text, _FILE)
    if names is None:
        names = _in_table(text)
    if names is None:
        names = names_in_lines(text, _FILE)
    if not names:
        raise BadLabels(f"{_FILE} is empty: give one class name per line.")
    return tuple(_name(label, number) for number, label in enumerate(names, 1))


def _name(label: object, number: int) -> str:
    plain = printable(label) if isinstance(label, str) else ""
    if not plain:
        raise BadLabels(f"Name {number} of the label file is {repr(label)[:80]}: give text.")
    return plain[:LONGEST].rstrip()


def _in_table(text: str) -> list[object] | None:
    """Return the names of a table with a column of indices; None for other text."""
    lines = text.split("\n")
    if NOTED.fullmatch(lines[0].strip()):
        lines[0] = ""
    for delimiter in ("\t", ";", ","):
        rough = [line.split(delimiter) for line in lines if line.strip()]
        if rough and _is_table(rough):
            return _names_of(list(rows_of(lines, _FILE, delimiter)))
    return None


def _is_table(rough: list[list[str]]) -> bool:
    """Tell whether cells are those of a table: by its header, or an index in most rows."""
    head = _head(rough[0])
    if len(head) > 1 and _INDEX_COLUMNS.intersection(head) and set(_NAME_COLUMNS) & set(head):
        return True
    cells = [row for row in rough if len(row) > 1]
    return any(2 * sum(_is_index(row[end]) for row in cells) > len(rough) for end in (0, -1))


def _names_of(rows: list[Row]) -> list[object]:
    """Return the names of a table.

    Raises:
        BadLabels: it is not clear which column holds what, or a row does not fit.
    """
    head = _head(rows[0].cells)
    headed = not any(map(_is_index, rows[0].cells))
    body = rows[1:] if headed else rows
    for row in body:
        if len(row.cells) < len(head) or any(row.cells[len(head) :]):
            raise BadLabels(
                f"{_FILE}, line {row.line}: {len(row.cells)} cells for {len(head)} columns; put a "
                "name that holds the separator in quotes."
            )
    places = range(len(head))
    shares = [sum(_is_index(row.cells[place]) for row in body) for place in places]
    indexed = [place for place in places if headed and head[place] in _INDEX_COLUMNS]
    indexed = indexed or [place for place in places if 2 * shares[place] > len(body)]
    named = [head.index(name) for name in _NAME_COLUMNS if headed and name in head]
    named = [place for place in named if place not in indexed][:1] or [
        place for place in places if place not in indexed and not _are_ids(body, place)
    ]
    if len(indexed) != 1 or len(named) != 1:
        raise BadLabels(
            f"{_FILE} has {len(head)} columns: give two, and name them id and name in the first "
            "line."
        )
    for row in body:
        if not _is_index(row.cells[indexed[0]]):
            raise BadLabels(
                f"{_FILE}, line {row.line}: {row.cells[indexed[0]][:80]!r} is not the index of a "
                "class."
            )
    entries = ((int(float(row.cells[indexed[0]])), row.cells[named[0]]) for row in body)
    return in_order(entries, _FILE)


def _head(cells: Sequence[str]) -> list[str]:
    """Return the names of columns in one spelling."""
    return [re.sub(r"[\s-]+", "_", cell.strip().strip('"').lower()) for cell in cells]


def _is_index(cell: str) -> bool:
    return _INDEX.fullmatch(cell.strip().strip('"')) is not None


def _are_ids(rows: list[Row], place: int) -> bool:
    """Tell whether a column holds WordNet's numbers."""
    return all(_WORD_NET.fullmatch(row.cells[place]) for row in rows)
