"""Which words hold for which class: names, synonyms and the broader words written down by hand.

The names come from a table `label, WordNet id, names`; the broader words, with the format of their
file, from assets/encoders/broader.txt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.files.assets import ASSETS

BROADER = ASSETS / "encoders" / "broader.txt"
HOLDS, NOT, UNKNOWN = 1, 0, -1
"""What is known of a word and a picture."""

Table = npt.NDArray[np.int8]

MISLEADING = frozenset(
    {
        "bath",
        "black Maria",
        "board",
        "bullet",
        "cimarron",
        "darning needle",
        "devil's darning needle",
        "drop",
        "drop-off",
        "grunter",
        "hopper",
        "mini",
        "native bear",
        "paddy wagon",
        "painter",
        "paling",
        "panda",
        "panther",
        "plumber's helper",
        "rocker",
        "sewing needle",
        "shades",
        "snake doctor",
        "snake feeder",
        "squealer",
        "taper",
        "wagon",
    }
)
"""Synonyms that most people would take for something else."""


@dataclass(frozen=True, slots=True)
class Captions:
    """Words, and what is known of them for each class.

    Attributes:
        words: class names in the order of the labels, then broader words; each once.
        categories: of every word.
        aliases: synonyms that hold for the same pictures as one of the words, with that word.
        holds: int8 (classes, words): 1 holds for every picture, 0 for none, -1 for some.
        classes: number of classes.
    """

    words: tuple[str, ...]
    categories: dict[str, str]
    aliases: dict[str, str]
    holds: Table
    classes: int


def read_names(path: Path) -> list[list[str]]:
    """Read the names of each class in the order of the labels, the usual one first.

    Args:
        path: table with a line `label, WordNet id, names` a class, separated by tabs.
    """
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    if [int(row[0]) for row in rows] != list(range(len(rows))):
        raise SystemExit(f"{path} does not name the classes 0, 1, 2 ...")
    return [[name.strip() for name in row[2].split(",")] for row in rows]


def captions(names: Sequence[Sequence[str]], broader: str) -> Captions:
    """Put names and broader words together.

    Args:
        names: of each class, the usual one first.
        broader: text of the broader words' file.

    Raises:
        SystemExit: a line names no class, a word comes twice or for less than two classes, or a
            class has no category.
    """
    usual = [row[0] for row in names]
    columns = dict(zip(usual, np.eye(len(usual), dtype=np.int8), strict=True))
    category_of: dict[str, str] = {}
    broad: dict[str, Table] = {}
    for category, word, members in _lines(broader):
        column = np.zeros(len(usual), np.int8)
        for member in members:
            _add(column, member, columns, broad)
        for label in np.flatnonzero(column == HOLDS):
            category_of.setdefault(usual[label], category)
        if word:
            if word in columns or word in broad or (column == HOLDS).sum() < 2:
                raise SystemExit(f"{word!r} comes twice or holds for less than two classes.")
            broad[word], category_of[word] = column, category
    missing = [name for name in usual if name not in category_of]
    if missing:
        raise SystemExit(f"No category has the classes {', '.join(missing)}.")
    words = (*usual, *broad)
    holds = np.stack([*columns.values(), *broad.values()], axis=1)
    return Captions(words, category_of, _aliases(names, words), holds, len(usual))


def _lines(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield category, word and members of each line."""
    category = ""
    for line in text.splitlines():
        if head := re.fullmatch(r"\[(.+)\]", line.strip()):
            category = head[1]
        elif line.strip() and not line.startswith("#"):
            word, _, members = line.partition(":")
            yield category, word.strip(), [member.strip() for member in members.split(",")]


def _add(column: Table, member: str, classes: dict[str, Table], broad: dict[str, Table]) -> None:
    """Mark what a member of a line says; what holds surely stays so."""
    name = member.removeprefix("?")
    source = broad.get(name[1:]) if name.startswith("@") else classes.get(name)
    if source is None:
        raise SystemExit(f"{member!r} is neither a class nor a word further up.")
    if member.startswith("?"):
        column[(source != NOT) & (column == NOT)] = UNKNOWN
    else:
        column[(source == UNKNOWN) & (column == NOT)] = UNKNOWN
        column[source == HOLDS] = HOLDS


def _aliases(names: Sequence[Sequence[str]], words: Sequence[str]) -> dict[str, str]:
    """Return the synonyms of one class only that mislead nobody."""
    count = Counter(name for row in names for name in row)
    return {
        name: row[0]
        for row in names
        for name in row[1:]
        if count[name] == 1 and name not in words and name not in MISLEADING
    }


def built_in(classes: Path) -> Captions:
    """Return the captions of the classes in a table, with SeeWhy's broader words."""
    return captions(read_names(classes), BROADER.read_text("utf-8"))
