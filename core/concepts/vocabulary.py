"""Word lists: which concepts a unit may be described with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from core.errors import BadLabels
from core.files import text as texts
from core.files.assets import ASSETS
from core.files.reading import content
from core.files.table import Table, sniffed
from core.files.table import read as read_table

BUILT_IN = ASSETS / "words.txt"
LIMIT = 8 << 20
"""Largest list in bytes."""
LONGEST = 120
"""Characters of a concept."""
MOST = 50_000
"""Concepts of a list."""

_COLUMNS = ("word", "words", "concept", "concepts", "description", "label", "name")
"""Of a table; the first that it has is taken."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of concepts.

    Attributes:
        name: for showing, for example the file's name.
        words: each once, in order.
        categories: of the words that have one.
    """

    name: str
    words: tuple[str, ...]
    categories: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the words in order: a file's name says nothing about its content."""
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest()

    @property
    def identity(self) -> str:
        """SHA-256 of all of it, as a `WordsRef` holds it."""
        parts = json.dumps([self.name, self.words, dict(self.categories)], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()

    def without(self, unknown: Iterable[str]) -> Vocabulary:
        """Return the list without some words, for an encoder that does not know them."""
        left_out = set(unknown)
        words = tuple(word for word in self.words if word not in left_out)
        return Vocabulary(self.name, words, self.categories)


@cache
def built_in() -> Vocabulary:
    """Return SeeWhy's own words, each with a category."""
    words: dict[str, str] = {}
    category = ""
    for line in BUILT_IN.read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"\[(.+)\]", line.strip()):
            category = head[1]
        elif not line.startswith("#"):
            words |= dict.fromkeys(_clean(line.split(",")), category)
    return Vocabulary("built in", tuple(words), words)


def parse(text: str, name: str) -> Vocabulary:
    """Read a list with one concept a line, as pasted or from a file.

    Blanks around a word, empty lines and repeats are dropped; the order stays. "null", "nan" and
    single letters are words.

    Raises:
        BadLabels: no words, too many, or a line that is too long for one.
    """
    words = _clean(text.removeprefix("\ufeff").splitlines())
    long = next((word for word in words if len(word) > LONGEST), None)
    if long is not None:
        raise BadLabels(f"{name} has the line {long[:60]!r}...: give one concept per line.")
    if not words:
        raise BadLabels(f"{name} has no words: give one concept per line.")
    if len(words) > MOST:
        raise BadLabels(f"{name} has {len(words)} words: give {MOST} at most.")
    known = built_in().categories
    return Vocabulary(name, words, {word: known[word] for word in words if word in known})


def read(path: Path) -> Vocabulary:
    """Read a text file; see `decode`.

    Raises:
        BadLabels: missing, unreadable, too large, not text, or without words.
    """
    return decode(content(path, LIMIT), path.name)


def decode(data: bytes, name: str) -> Vocabulary:
    """Read the bytes of a text file, or of a table with a column of words; see `parse`.

    Raises:
        BadLabels: not text, or without words.
    """
    text = texts.decode(data, name)
    head = next((line for line in text.split("\n") if line.strip()), "")
    columns = [cell.strip(' "').lower() for cell in head.split(sniffed(head))]
    if len(columns) > 1 and set(_COLUMNS) & set(columns):
        return parse("\n".join(_column(read_table(data, name))), name)
    for delimiter in ("\t", ";"):
        if text.strip() and all(delimiter in line for line in text.strip().split("\n")):
            raise BadLabels(
                f"{name} has {len(head.split(delimiter))} columns: give one concept per line, or "
                "name the column of the concepts 'word' in the first line."
            )
    return parse(text, name)


def _column(table: Table) -> list[str]:
    """Return the cells of a table's column of words."""
    place = next(table.head.index(name) for name in _COLUMNS if name in table.head)
    return [row.cells[place] for row in table.rows if len(row.cells) > place]


def _clean(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the words of lines: blanks inside made single, each word once."""
    words = (" ".join(line.split()) for line in lines)
    return tuple(dict.fromkeys(word for word in words if word))
