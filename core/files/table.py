"""Tables that people bring: CSV in the ways in which spreadsheets and programs write it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.errors import BadLabels
from core.files.names import visible
from core.files.text import decode

DELIMITERS = (",", ";", "\t")
"""What may separate cells; the one that the header holds most often counts, the first of equals."""

NOTED = re.compile(r"sep=([,;\t])", re.IGNORECASE)
"""What Excel writes into a first line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank.

    Attributes:
        line: of the file, from 1.
        cells: without blanks around them; in a table at most as many as the header has.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it lies in a file.

    Attributes:
        name: of the file, for messages.
        delimiter: what separates its cells.
        head: names of the columns in lower case, as many as the header has.
        rows: all others.
    """

    name: str
    delimiter: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]

    def under(self, spellings: Mapping[str, str]) -> tuple[str, ...]:
        """Return the names of the columns as this product calls them.

        Args:
            spellings: other systems' name of a column -> ours; a column that has our own name
                goes before those that are only spelled otherwise.

        Raises:
            BadLabels: two columns have one name.
        """
        own = set(self.head)
        names = [
            name if spellings.get(name, name) in own else spellings[name] for name in self.head
        ]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice is not None:
            same = [head for head, name in zip(self.head, names, strict=True) if name == twice]
            raise BadLabels(
                f"{self.name} has two columns for {twice!r} ({', '.join(same)}): drop one."
            )
        return tuple(names)

    def number(self, text: str) -> float:
        """Read a number; where commas separate no cells, one may stand for the decimal point.

        Raises:
            ValueError: it is none.
        """
        return float(text if self.delimiter == "," else text.replace(",", ".", 1))

    def fault(self, row: Row, words: str) -> BadLabels:
        """Return the error for a row."""
        return BadLabels(f"{self.name}, line {row.line}: {visible(words[:160])}.")


def read(data: bytes, name: str) -> Table:
    """Read a table whose first line names its columns.

    Args:
        data: text as `core.files.text.decode` takes it.
        name: for messages.

    Raises:
        BadLabels: no text, or a row that cannot be read; the message names its line. A cell that
            is longer than its line counts as an open quote, which would swallow rows.
    """
    lines = decode(data, name).split("\n")
    noted = NOTED.fullmatch(lines[0].strip(" "))
    first = next((i for i, line in enumerate(lines) if line.strip() and not (noted and i == 0)), 0)
    delimiter = noted[1] if noted else sniffed(lines[first])
    rows = list(rows_of(lines[first:], name, delimiter, first))
    head = tuple(visible(cell.lower()) for cell in rows[0].cells) if rows else ()
    while head and not head[-1]:
        head = head[:-1]
    return Table(name, delimiter, head, tuple(_fitting(rows[1:], len(head), name, delimiter)))


def sniffed(line: str) -> str:
    """Return what separates the cells of a line, by how often each stands outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)


def rows_of(lines: Iterable[str], name: str, delimiter: str, before: int = 0) -> Iterator[Row]:
    """Read every row that is not blank, a header too.

    Args:
        lines: of the file, without their ends.
        name: for messages.
        delimiter: between cells.
        before: lines of the file in front of these.

    Raises:
        BadLabels: a row that cannot be read; the message names its line.
    """
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    line = before
    while True:
        line += 1
        try:
            cells = next(reader, None)
            fault = ""
        except csv.Error as error:
            cells, fault = [], str(error)
        if "end of data" in fault or reader.line_num + before > line:
            raise BadLabels(
                f"{name}, line {line}: a quote is opened and not closed in this line; close it, "
                "or take it out."
            )
        if "limit" in fault:
            raise BadLabels(f"{name}, line {line}: a cell is too long.")
        if fault:
            raise BadLabels(
                f"{name}, line {line}: text follows a closing quote; double the quotes inside a "
                "cell."
            )
        if cells is None:
            return
        stripped = tuple(cell.strip() for cell in cells)
        if any(stripped):
            yield Row(line, stripped)


def _fitting(rows: Iterable[Row], width: int, name: str, delimiter: str) -> Iterator[Row]:
    """Drop empty cells behind the last column, as spreadsheets write them; refuse others there."""
    for row in rows:
        if any(row.cells[width:]):
            shown = "a tab" if delimiter == "\t" else repr(delimiter)
            raise BadLabels(
                f"{name}, line {row.line}: {len(row.cells)} cells for {width} columns; put text "
                f"that holds {shown} in quotes."
            )
        yield Row(row.line, row.cells[:width])
