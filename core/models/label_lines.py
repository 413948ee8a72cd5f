"""Class names in lines, without what numbers them: `0 ant`, `1. ant`, `- ant`, `n01440764 tench`.

Numbers are taken off only where every line has one and the names alone tell classes apart: in
`phase 0`, `phase 1` they are part of the names.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import NamedTuple

from core.models.class_names import in_order
from core.models.label_json import KEYS

_BEFORE = re.compile(r"([0-9]{1,9})(?:\s*([:=])\s*|[.)]\s+|\s+)(\S.*)")
_SYNSET = re.compile(r"n[0-9]{8}(?:\s*[,:;]\s*|\s+)(\S.*)")
_FOLDER = re.compile(r"/([a-z])/(\1.*)")
_BULLETS = ("- ", "* ", "\N{BULLET} ")
_QUOTES = ("'", '"')


class _Numbered(NamedTuple):
    """A name, its number, and whether a colon or an equals sign between them makes it an index."""

    number: int
    name: str
    mapped: bool


def names_in_lines(text: str, file: str) -> Sequence[str]:
    """Return the names in lines, in the order of the logits.

    Read are names alone; a list of YAML or Markdown (`- ant`), with a line such as `names:` above
    it; indices before or after the names (`0 ant`, `0: ant`, `ant 0`), in any order; numbers from 1
    in the order of the lines (`1. ant`); WordNet's numbers (`n01440764 tench`); and the folders of
    Places365 (`/a/airfield 0`).

    Args:
        text: not blank.
        file: its name, for messages.

    Raises:
        BadLabels: indices that count from 1.
    """
    lines = _items([line.strip() for line in text.strip().split("\n")])
    names = _by_number(lines, file)
    if names is None:
        synsets = _all_without(_SYNSET, lines)
        names = lines if synsets is lines else _by_number(synsets, file) or synsets
    else:
        names = _all_without(_SYNSET, names)
    return _all_without(_FOLDER, names)


def _items(lines: Sequence[str]) -> Sequence[str]:
    """Return the items of a list in YAML or Markdown; other lines as they are."""
    rest = lines[1:] if lines[0] == "---" else lines
    if rest and rest[0].endswith(":") and rest[0][:-1].rstrip().lower() in KEYS:
        rest = rest[1:]
    if not rest:
        return lines
    if all(line.startswith(_BULLETS) for line in rest):
        return [_unquoted(line[2:].strip()) for line in rest]
    return rest if all(map(_BEFORE.fullmatch, rest)) else lines


def _unquoted(item: str) -> str:
    quoted = len(item) > 1 and item[0] in _QUOTES and item[0] == item[-1]
    return item[1:-1] if quoted else item


def _by_number(lines: Sequence[str], file: str) -> Sequence[str] | None:
    """Return the names of numbered lines; None where a line has no number or the name needs it.

    Raises:
        BadLabels: indices that count from 1.
    """
    for split in (_number_before, _number_after):
        rows = [row for line in lines if (row := split(line))]
        numbers = [row.number for row in rows]
        names = [row.name for row in rows]
        if len(rows) < len(lines) or 2 * len(set(names)) <= len(names):
            continue
        from_one = numbers == list(range(1, len(rows) + 1))
        if set(numbers) == set(range(len(rows))) or (from_one and all(row.mapped for row in rows)):
            return in_order(zip(numbers, names, strict=True), file)
        if from_one and len(set(names)) == len(names):
            return names
    return None


def _number_before(line: str) -> _Numbered | None:
    match = _BEFORE.fullmatch(line)
    return _Numbered(int(match[1]), match[3], bool(match[2])) if match else None


def _number_after(line: str) -> _Numbered | None:
    before = line.rstrip(string.digits)
    digits, name = line[len(before) :], before.rstrip()
    mapped = name.endswith((":", "="))
    if mapped:
        name = name[:-1].rstrip()
    if not name or name == before or not 0 < len(digits) < 10:
        return None
    return _Numbered(int(digits), name, mapped)


def _all_without(pattern: re.Pattern[str], lines: Sequence[str]) -> Sequence[str]:
    """Return the last group of a pattern that all lines match; else the lines."""
    matches = [match for line in lines if (match := pattern.fullmatch(line))]
    if len(matches) < len(lines):
        return lines
    return [match[match.re.groups] for match in matches]
