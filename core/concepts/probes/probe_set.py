"""Probe pictures: an ordered set that is shown to a model to see what activates its units."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import BadPicture, BadProbes, ChangedPicture
from core.files.digests import file_digest
from core.files.names import PICTURE_SUFFIXES, printable, shorten
from core.pictures.picture import MAX_BYTES, Picture

MOST = 100_000
"""Pictures of a set."""
Load = Callable[[int], Picture]
"""Decodes the picture of an index; raises `BadPicture` for one that is damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class ProbeSet:
    """Pictures in a fixed order, decoded when they are asked for; safe from any thread.

    Attributes:
        name: for showing, without folders.
        digest: SHA-256 of the content: equal digests mean equal pictures in equal order,
            whatever their files are called and wherever they lie.
        names: one a picture, for showing, without folders outside the set.
        load: decodes the picture of an index; raises `BadPicture` for one that is damaged, and
            `ChangedPicture` for one that is no longer what the digest says.
        skipped: files that were left out because they are no pictures.
        reading: for a set that is one file: opens it, and gives what decodes its pictures until
            it is closed. `load` alone opens the file for each picture.
        upload: the file that a visitor of the page brought; None for all other sets.
    """

    name: str
    digest: str
    names: tuple[str, ...]
    load: Load = field(repr=False)
    skipped: int = 0
    reading: Callable[[], AbstractContextManager[Load]] | None = field(default=None, repr=False)
    upload: Path | None = field(default=None, repr=False)

    @property
    def identity(self) -> str:
        """SHA-256 of the content and of all names, as a `ProbesRef` holds it."""
        parts = json.dumps([self.name, self.digest, self.names])
        return hashlib.sha256(parts.encode()).hexdigest()

    def __len__(self) -> int:
        """Return how many pictures there are, damaged ones counted."""
        return len(self.names)

    @contextmanager
    def opened(self) -> Iterator[ProbeSet]:
        """Keep the set's file open while many pictures are read.

        Raises:
            ChangedPicture: the file is no longer what the digest says.
        """
        if self.reading is None:
            yield self
            return
        with self.reading() as load:
            yield replace(self, load=load, reading=None)

    def batches(
        self, size: int, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[range, list[Picture | BadPicture]]]:
        """Yield the indices and pictures of one batch after the other.

        Args:
            size: pictures of a batch.
            start: first index.
            stop: index after the last; all when None.

        Yields:
            The indices, and for each its picture, or what is wrong with it.
        """
        end = len(self) if stop is None else min(stop, len(self))
        for first in range(start, end, size):
            indices = range(first, min(first + size, end))
            yield indices, [self._loaded(index) for index in indices]

    def _loaded(self, index: int) -> Picture | BadPicture:
        try:
            return self.load(index)
        except BadPicture as error:
            return type(error)(
                *error.args
            )  # not itself: it holds the frames with all that was read


def from_one_file(
    name: str,
    digest: str,
    names: tuple[str, ...],
    reading: Callable[[], AbstractContextManager[Load]],
    skipped: int = 0,
) -> ProbeSet:
    """Return a set whose pictures lie in one file, which is open only while they are read.

    Args:
        name: as in `ProbeSet`, like the others.
        digest: of the content.
        names: of the pictures.
        reading: opens the file.
        skipped: files that were left out.
    """

    def load(index: int) -> Picture:
        with reading() as read:
            return read(index)

    return ProbeSet(name, digest, names, load, skipped, reading)


def unchanged(path: Path, digest: str) -> Path:
    """Return a file that still has the bytes of a digest.

    Raises:
        ChangedPicture: it has others, or is not there.
    """
    try:
        if file_digest(path) == digest:
            return path
    except OSError as error:
        raise ChangedPicture(f"{line_of(path.name)} is no longer there: open it again.") from error
    raise ChangedPicture(f"{line_of(path.name)} has changed since it was opened: open it again.")


def line_of(text: str) -> str:
    """Return a name that a stranger chose as one short line."""
    return shorten(printable(text), 200) or "The empty path"


def checked(names: list[str], name: str) -> tuple[str, ...]:
    """Return the names of a set's pictures.

    Raises:
        BadProbes: there is none, or there are too many.
    """
    if not names:
        raise BadProbes(f"{line_of(name)} has no pictures: give PNG, JPEG or WebP files.")
    if len(names) > MOST:
        raise BadProbes(f"{line_of(name)} has {len(names)} pictures: give {MOST} at most.")
    return tuple(names)


def named(name: str, size: int) -> bool:
    """Tell whether a file can be one of the pictures by its name and its size in bytes."""
    return Path(name).suffix.lower() in PICTURE_SUFFIXES and 0 < size <= MAX_BYTES


def digest_of(kind: str, digests: list[str]) -> str:
    """Return the SHA-256 of a set from those of its pictures in order."""
    return hashlib.sha256("\n".join((kind, *digests)).encode()).hexdigest()
