"""The true class of a picture: from the folders of data sets (`train/tabby/1.jpg`), or a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.errors import BadLabels, UnknownClass
from core.files.names import visible
from core.files.table import read
from core.models import imagenet
from core.models.class_names import find_index, spelled

_LEVELS = 2
"""How many folders above a picture may name its class."""
_SHOWN, _LONGEST = 3, 160
"""Rows that a sentence names, and characters that it says of each."""
_NUMBER = re.compile(r"(n\d{8})(?:_.*)?")
_COLUMNS = {
    "file_name": ("file", "filename", "image", "picture", "path"),
    "class": ("label", "true_class", "category", "synset", "wnid"),
}
"""Columns of a table, with other names for them."""


def folder_class(path: Path, names: Sequence[str]) -> int | None:
    """Return the class that a folder of a picture is named after, the nearest folder first.

    A folder counts when its name is that of one class, in any case and with `_` for blanks, or,
    for the classes of ImageNet, its WordNet number.

    Args:
        path: of the picture.
        names: class names by index.
    """
    for folder in list(path.absolute().parents)[:_LEVELS]:
        numbered = _NUMBER.fullmatch(folder.name)
        if numbered and tuple(names) == imagenet.names(len(names)):
            numbers = imagenet.numbers(len(names))
            if numbered[1] in numbers:
                return numbers.index(numbered[1])
        same = _by_spelling(tuple(names)).get(spelled(folder.name), ())
        if len(same) == 1:
            return same[0]
    return None


@lru_cache(maxsize=8)
def _by_spelling(names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return the classes of each name but the empty one, which names none."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if plain := spelled(name):
            found.setdefault(plain, []).append(index)
    return found


@dataclass(frozen=True, slots=True)
class Truth:
    """The true class of a picture."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class TruthTable:
    """The true classes that a table gives.

    Attributes:
        classes: by file name without its folders, in lower case.
        left_out: a sentence without its full stop for each row that cannot be understood:
            `line 12: 'cat' matches several classes: ...`; of one file with two classes both rows
            are left out.
    """

    classes: Mapping[str, Truth] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What was left out and what to do about it, or empty."""
        count = len(self.left_out)
        if not count:
            return ""
        rows = "1 row was" if count == 1 else f"{count} rows were"
        return (
            f"{rows} left out of the true classes: {_listed(self.left_out)}. Correct "
            f"{'it' if count == 1 else 'them'} and upload the table again."
        )


def read_truths(data: bytes, name: str, names: Sequence[str]) -> TruthTable:
    """Read a table that gives the true class of pictures.

    Args:
        data: a table with a column for the file and one for the class: a name, an index or, for
            the classes of ImageNet, a WordNet number.
        name: of the table, for messages.
        names: class names by index.

    Returns:
        The true classes, and why rows were left out; rows without a class are ignored.

    Raises:
        BadLabels: no table, a column is missing, or no row can be used.
    """
    table = read(data, name)
    head = table.under({spelling: ours for ours, all_ in _COLUMNS.items() for spelling in all_})
    for column, spellings in _COLUMNS.items():
        if column not in head:
            raise BadLabels(
                f"{name} has no column {column!r}: name the columns file_name and class in the "
                f"first line (also understood: {', '.join(spellings)})."
            )
    file_at, class_at = head.index("file_name"), head.index("class")
    truths: dict[str, Truth] = {}
    faults: dict[int, str] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        cells = [*row.cells, *[""] * (len(head) - len(row.cells))]
        file = re.split(r"[\\/]", cells[file_at])[-1].casefold()
        if not file or not cells[class_at]:
            continue
        try:
            index = index_of(cells[class_at], names)
        except UnknownClass as error:
            faults[row.line] = str(error).rstrip(".")
            continue
        truth = Truth(index, names[index])
        if truths.setdefault(file, truth) != truth:
            faults[lines[file]] = faults[row.line] = f"{cells[file_at]} has two classes: give one"
        lines.setdefault(file, row.line)
    twice = {file for file, line in lines.items() if line in faults}
    classes = {file: truth for file, truth in truths.items() if file not in twice}
    left_out = tuple(
        f"line {line}: {visible(words[:_LONGEST])}" for line, words in sorted(faults.items())
    )
    if not classes:
        reason = (
            _listed(left_out) if left_out else "no row has a file name and a class: fill them in"
        )
        raise BadLabels(f"{name} gives no true class: {reason}.")
    return TruthTable(classes, left_out)


def _listed(faults: Sequence[str]) -> str:
    """Return the first of some faults, and how many more there are."""
    more = len(faults) - _SHOWN
    return "; ".join(faults[:_SHOWN]) + f"; and {more} more" * (more > 0)


def index_of(text: str, names: Sequence[str]) -> int:
    """Return a class by WordNet number, name or index.

    Raises:
        UnknownClass: no such class.
    """
    numbered = _NUMBER.fullmatch(text)
    if numbered and tuple(names) == imagenet.names(len(names)):
        numbers = imagenet.numbers(len(names))
        if numbered[1] in numbers:
            return numbers.index(numbered[1])
    return find_index(text, names)
