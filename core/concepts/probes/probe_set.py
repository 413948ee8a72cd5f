"""Probe pictures: an ordered set that is shown to a model to see what activates its units."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadPicture, BadProbes
from core.files.names import PICTURE_SUFFIXES, printable, shorten
from core.pictures.picture import MAX_BYTES, Picture

MOST = 100_000
"""Pictures of a set."""


@dataclass(frozen=True, slots=True, eq=False)
class ProbeSet:
    """Pictures in a fixed order, decoded when they are asked for; safe from any thread.

    Attributes:
        name: for showing, without folders.
        digest: SHA-256 of the content: equal digests mean equal pictures in equal order,
            whatever their files are called and wherever they lie.
        names: one a picture, for showing, without folders outside the set.
        load: decodes the picture of an index; raises `BadPicture` for one that is damaged.
        skipped: files that were left out because they are no pictures.
    """

    name: str
    digest: str
    names: tuple[str, ...]
    load: Callable[[int], Picture] = field(repr=False)
    skipped: int = 0

    def __len__(self) -> int:
        """Return how many pictures there are, damaged ones counted."""
        return len(self.names)

    def batches(
        self, size: int, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[range, list[Picture | None]]]:
        """Yield the indices and pictures of one batch after the other.

        Args:
            size: pictures of a batch.
            start: first index.
            stop: index after the last; all when None.

        Yields:
            The indices, and for each its picture, or None where it is damaged.
        """
        end = len(self) if stop is None else min(stop, len(self))
        for first in range(start, end, size):
            indices = range(first, min(first + size, end))
            yield indices, [self._loaded(index) for index in indices]

    def _loaded(self, index: int) -> Picture | None:
        try:
            return self.load(index)
        except BadPicture:
            return None


def said(text: str) -> str:
    """Return a name that a stranger chose as one short line."""
    return shorten(printable(text), 200) or "The empty path"


def checked(names: list[str], name: str) -> tuple[str, ...]:
    """Return the names of a set's pictures.

    Raises:
        BadProbes: there is none, or there are too many.
    """
    if not names:
        raise BadProbes(f"{said(name)} has no pictures: give PNG, JPEG or WebP files.")
    if len(names) > MOST:
        raise BadProbes(f"{said(name)} has {len(names)} pictures: give {MOST} at most.")
    return tuple(names)


def named(name: str, size: int) -> bool:
    """Tell whether a file can be one of the pictures by its name and its size in bytes."""
    return Path(name).suffix.lower() in PICTURE_SUFFIXES and 0 < size <= MAX_BYTES


def digest_of(kind: str, digests: list[str]) -> str:
    """Return the SHA-256 of a set from those of its pictures in order."""
    return hashlib.sha256("\n".join((kind, *digests)).encode()).hexdigest()
