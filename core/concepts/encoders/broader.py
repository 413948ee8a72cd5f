"""Broader terms of ImageNet's classes: which classes "dog" or "fabric" stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.errors import BadLabels
from core.files.assets import ASSETS

FILE = ASSETS / "encoders" / "broader.txt"
"""Its first lines say how it is written."""


@dataclass(frozen=True, slots=True)
class Broader:
    """Broader terms.

    Attributes:
        classes: indices of the classes of each term, rising.
        categories: of the terms.
        class_categories: of each class that a line names.
    """

    classes: Mapping[str, tuple[int, ...]]
    categories: Mapping[str, str]
    class_categories: Mapping[int, str]


def parse(text: str, names: Sequence[str]) -> Broader:
    """Read the text of the file.

    Args:
        text: lines as the file's first ones describe them.
        names: of the classes, by index.

    Raises:
        BadLabels: a line names no class or term, or a term comes twice, is spelled like a class,
            has fewer than two classes or the same ones as another.
    """
    at = {name: index for index, name in enumerate(names)}
    taken = {name.casefold() for name in names}
    terms: dict[str, frozenset[int]] = {}
    categories: dict[str, str] = {}
    class_categories: dict[int, str] = {}
    for category, term, members in _lines(text):
        classes: frozenset[int] = frozenset()
        for member in members:
            found = _classes(member.removeprefix("-"), at, terms)
            classes = classes - found if member.startswith("-") else classes | found
        for index in sorted(classes):
            class_categories.setdefault(index, category)
        if not term:
            continue
        if term.casefold() in taken:
            raise BadLabels(f"The broader term {term!r} comes twice or is a class: rename it.")
        if len(classes) < 2 or classes in terms.values():
            raise BadLabels(f"The broader term {term!r} says no more than another word: drop it.")
        terms[term], categories[term] = classes, category
        taken.add(term.casefold())
    ordered = {term: tuple(sorted(classes)) for term, classes in terms.items()}
    return Broader(ordered, categories, class_categories)


def _lines(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield category, term and members of each line."""
    category = ""
    for line in map(str.strip, text.splitlines()):
        if head := re.fullmatch(r"\[(.+)\]", line):
            category = head[1]
        elif line and not line.startswith("#"):
            term, _, members = line.partition(":")
            yield category, term.strip(), [member.strip() for member in members.split(",")]


def _classes(
    member: str, at: Mapping[str, int], terms: Mapping[str, frozenset[int]]
) -> frozenset[int]:
    """Return the classes of one member of a line."""
    first, _, last = member.partition("..")
    if member.startswith("@") and member[1:] in terms:
        return terms[member[1:]]
    if first in at and (last or first) in at:
        return frozenset(range(at[first], at[last or first] + 1))
    raise BadLabels(f"{member!r} is neither a class nor a term further up in {FILE.name}.")
