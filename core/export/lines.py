"""A file of records that grows: a head, then one JSON object a line, safe against a killed writer.

A process that is killed leaves at most one line cut off, which is passed over and written over.
Nobody holds the records: who needs one again remembers its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import CannotWrite
from core.export.plain import plain
from core.files.versions import versions
from core.files.writing import part_file, put, refusal

_LONGEST = 64 << 20
"""Bytes of a line at most."""


class Lines:
    """The lines of one file.

    Attributes:
        path: of the file.
        head: its first line; empty where there is no usable file.
    """

    def __init__(self, path: Path) -> None:
        """Know nothing yet; see `read`."""
        self.path = path
        self.head: dict[str, Any] = {}
        self._end = 0

    def read(
        self, names: Iterable[str], *, any_version: bool = False
    ) -> Iterator[tuple[int, bytes]]:
        """Read the head, then yield place and content of each line behind it.

        Args:
            names: what the head holds besides the versions, each an object.
            any_version: whether lines that other versions of packages wrote count.
        """
        try:
            with self.path.open("rb") as file:
                first = file.readline(_LONGEST)
                head = content(first) or {}
                if not all(isinstance(head.get(name), dict) for name in ("versions", *names)):
                    return
                if head["versions"] != versions() and not any_version:
                    return
                self.head, self._end = head, len(first)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    place, self._end = self._end, self._end + len(line)
                    yield place, line
        except OSError:
            return

    def at(self, place: int) -> dict[str, Any] | None:
        """Return the record that stands at a place of the file."""
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return content(file.readline(_LONGEST))
        except OSError:
            return None

    def whole(self) -> Iterator[dict[str, Any]]:
        """Yield every record of the file in its order."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                if (record := content(line)) is not None:
                    yield record

    def start(self, head: Mapping[str, object], records: Iterable[Mapping[str, object]]) -> None:
        """Begin the file, which holds these records then; what was there is replaced.

        Raises:
            CannotWrite: the system refuses.
        """
        self._replace([_headline(head), *map(_line, records)])

    def append(self, record: Mapping[str, object]) -> int:
        """Add a record; return its place.

        Raises:
            CannotWrite: the system refuses.
        """
        place, line = self._end, _line(record)
        try:
            with self.path.open("r+b") as file:
                file.seek(place)
                file.truncate()  # what a killed run left of its last line
                file.write(line)
        except OSError as error:
            raise self._refused(error) from error
        self._end += len(line)
        return place

    def keep(self, places: Sequence[int], head: Mapping[str, object]) -> dict[int, int]:
        """Keep the records at these places, in this order, and no others.

        Returns:
            The new place of each by its old one.

        Raises:
            CannotWrite: the system refuses.
        """
        moved: dict[int, int] = {}
        first = _headline(head)

        def lines() -> Iterator[bytes]:
            end = len(first)
            yield first
            with self.path.open("rb") as old:
                for place in places:
                    old.seek(place)
                    line = old.readline()
                    moved[place] = end
                    end += len(line)
                    yield line
            self._end = end

        self._replace(lines())
        return moved

    def _replace(self, lines: Iterable[bytes]) -> None:
        try:
            with part_file(self.path.parent) as part:
                with part.open("wb") as file:
                    file.writelines(lines)
                put(part, self.path)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> CannotWrite:
        return CannotWrite(refusal(self.path, error))


def content(line: bytes) -> dict[str, Any] | None:
    """Return the object that a line holds; None where it holds none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _headline(head: Mapping[str, object]) -> bytes:
    return _line({"versions": versions(), **head})


def _line(record: Mapping[str, object]) -> bytes:
    text = json.dumps(plain(record), ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="backslashreplace")
