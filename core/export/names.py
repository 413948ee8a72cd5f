"""Names of files and arrays: short enough for every file system and never equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.explain.base import Explanation

STEM_BYTES = 160
"""File systems allow 255 bytes a name; method, suffixes and the `.part` ending need the rest."""


def unique_stems(stems: Iterable[str]) -> tuple[str, ...]:
    """Return the stems with `-2`, `-3` ... after equal ones, in order."""
    namer = Namer()
    return tuple(namer.name(stem) for stem in stems)


class Namer:
    """Hands out names that differ, also where a file system ignores case."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def name(self, wanted: str) -> str:
        """Return `wanted`, cut to `STEM_BYTES`, with a number when it was handed out before."""
        base = _cut(wanted) or "picture"
        name, number = base, 1
        while name.casefold() in self._used:
            number += 1
            name = f"{base}-{number}"
        self._used.add(name.casefold())
        return name


def keys(explanations: Sequence[Explanation]) -> tuple[str, ...]:
    """Return a name for each explanation of one picture: its label, with what tells twins apart.

    Twins are the same method for two classes (`grad-cam-class-281`); what is still equal after
    that, for example the same map at two layers, is numbered.
    """
    labels = [explanation.label for explanation in explanations]
    namer = Namer()
    names = []
    for explanation, label in zip(explanations, labels, strict=True):
        classes = {e.class_index for e in explanations if e.label == label}
        twin = len(classes) > 1
        names.append(namer.name(f"{label}-class-{explanation.class_index}" if twin else label))
    return tuple(names)


def _cut(stem: str) -> str:
    """Cut a stem to `STEM_BYTES` bytes of UTF-8, between characters."""
    return stem.encode(errors="ignore")[:STEM_BYTES].decode(errors="ignore")
