"""A file of truth masks, and how its entries are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from core import Mask
from core.errors import BadTruth
from core.files.names import safe_name
from core.pictures.picture import Picture

T = TypeVar("T")
MOST = 200_000
"""Entries of a file or folder."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthFile:
    """A file or folder that says where objects are; safe from any thread.

    Attributes:
        name: for showing, without folders.
        digest: SHA-256 of its content.
        find: `find(picture, class_name)` gives the mask of a picture, bool (H, W) like its
            `pixels`, where it has several the one of that class; None where it has none; raises
            `BadTruth` where the entry is damaged or does not fit the picture.
        single: whether it is one mask, whose picture is called in any way.
    """

    name: str
    digest: str
    find: Callable[[Picture, str], Mask | None] = field(repr=False)
    single: bool = False


class Entries(Generic[T]):
    """What a file holds, by the names of pictures; upper and lower case are the same."""

    def __init__(self, named: Iterable[tuple[str, T]], *, suffixes: bool = True) -> None:
        """Sort the entries by the last part of their names.

        Args:
            named: paths of the pictures as the file calls them, and what it says of each.
            suffixes: whether `cat.png` and `cat.jpg` are different pictures.
        """
        self._suffixes = suffixes
        self._entries: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for name, entry in named:
            parts = self._parts(name)
            self._entries.setdefault(parts[-1], []).append((parts, entry))

    def of(self, name: str) -> T | None:
        """Return the entry of a picture; None where there is none.

        Args:
            name: of the picture; folders in it must be among those of the entry.

        Raises:
            BadTruth: several entries are called so.
        """
        wanted = self._parts(name)
        found = [
            entry
            for parts, entry in self._entries.get(wanted[-1], ())
            if parts[-len(wanted) :] == wanted
        ]
        if len(found) > 1:
            raise BadTruth(f"{len(found)} truth masks are called as {name}: leave one.")
        return found[0] if found else None

    def _parts(self, name: str) -> tuple[str, ...]:
        parts = [safe_name(part).casefold() for part in re.split(r"[\\/]", name)]
        if not self._suffixes:
            parts[-1] = PurePosixPath(parts[-1]).stem
        return tuple(parts)


def check_size(given: tuple[object, object], picture: Picture, what: str) -> None:
    """Make sure that a mask has the size of its picture.

    Args:
        given: width and height that the mask has.
        picture: its own size and the size at which it is shown will do.
        what: the mask, to begin a sentence with.

    Raises:
        BadTruth: it has another.
    """
    height, width = picture.pixels.shape[:2]
    if given in (picture.original_size, (width, height)):
        return
    own = "{} x {}".format(*picture.original_size)
    shown = "{!r:.20} x {!r:.20}".format(*given)
    raise BadTruth(
        f"{what} is {shown} pixels and {picture.name}, upright, {own}: give a mask of that size."
    )


def field_of(content: object, name: str, kind: type[T]) -> T | None:
    """Return a field of an object in JSON; None where it is missing or of another kind."""
    value = content.get(name) if isinstance(content, Mapping) else None
    return value if type(value) is kind else None
