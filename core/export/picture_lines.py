"""`pictures.jsonl`: the records of pictures, one a line, written as the pictures come.

The first line says with what was computed; then a line a picture. A later line of the same key
counts, and a line `{"gone": NAME}` says that the file NAME is about to become another picture's. A
process that is killed leaves at most one line cut off, which is passed over. Only places in the
file are held, so that memory does not grow with what is in the records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import CannotWrite
from core.export.record import plain
from core.files.versions import versions
from core.files.writing import part_file, put, reason

LINES = "pictures.jsonl"
_LONGEST = 64 << 20
"""Bytes of a line at most."""


class PictureLines:
    """The lines of a folder, by the key of the prediction of each picture.

    Attributes:
        head: model, fit and device; empty where there is no usable file.
    """

    def __init__(self, folder: Path, *, any_version: bool = False) -> None:
        """Read where the records stand, if there is a file of these versions, or of any."""
        self._any_version = any_version
        self.path = folder / LINES
        self.head: dict[str, Any] = {}
        self._places: dict[str, tuple[int, str]] = {}
        self._owners: dict[str, str] = {}
        self._end = 0
        try:
            with self.path.open("rb") as file:
                self._read(file.readline(_LONGEST), file)
        except OSError:
            return

    def _read(self, first: bytes, lines: Iterable[bytes]) -> None:
        head = _object(first)
        if head is None or not all(isinstance(head.get(n), dict) for n in ("model", "versions")):
            return
        if head["versions"] != versions() and not self._any_version:
            return
        self.head, self._end = head, len(first)
        for line in lines:
            if not line.endswith(b"\n"):
                return
            content = _object(line) or {}
            if gone := content.get("gone"):
                self._drop(str(gone))
            elif content.get("key"):
                self._know(content, self._end)
            self._end += len(line)

    def find(self, key: str) -> dict[str, Any] | None:
        """Return the record of a picture.

        Args:
            key: of the request for its prediction.
        """
        place = self._places.get(key)
        return None if place is None else self.at(place[0])

    def at(self, place: int) -> dict[str, Any] | None:
        """Return the record that stands at a place of the file."""
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return _object(file.readline(_LONGEST))
        except OSError:
            return None

    def place(self, key: str) -> int | None:
        """Return where the record of a picture stands."""
        place = self._places.get(key)
        return place[0] if place else None

    @property
    def count(self) -> int:
        """How many pictures are known."""
        return len(self._places)

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """What is known of each picture."""
        for place, _ in self._places.values():
            if (record := self.at(place)) is not None:
                yield record

    def start(
        self,
        model: Mapping[str, object],
        fit: str,
        device: str,
        records: Iterable[Mapping[str, object]] = (),
    ) -> None:
        """Begin the file, which holds these records then; what was there is replaced.

        Raises:
            CannotWrite: the system refuses.
        """
        lines = [_head(model, fit, device), *map(_line, records)]
        self._replace(lines)
        self._places, self._owners = {}, {}
        self._read(lines[0], lines[1:])

    def append(self, record: Mapping[str, object]) -> int:
        """Add the record of a picture whose files are written; return its place.

        Raises:
            CannotWrite: the system refuses.
        """
        place = self._end
        self._add(_line(record))
        if record.get("key"):
            self._know(record, place)
        return place

    def claim(self, names: Iterable[str]) -> None:
        """Say that files are about to be written: who had them does not have them any more.

        Raises:
            CannotWrite: the system refuses.
        """
        for name in names:
            if name in self._owners:
                self._add(_line({"gone": name}))
                self._drop(name)

    def finish(
        self, places: Sequence[int], model: Mapping[str, object], fit: str, device: str
    ) -> None:
        """Keep the records at these places, in this order, and no others.

        Raises:
            CannotWrite: the system refuses.
        """
        try:
            with self.path.open("rb") as old, part_file(self.path.parent) as part:
                with part.open("wb") as new:
                    new.write(_head(model, fit, device))
                    for place in places:
                        old.seek(place)
                        new.write(old.readline())
                put(part, self.path)
        except OSError as error:
            raise self._refused(error) from error

    def whole(self) -> Iterator[dict[str, Any]]:
        """Yield every record of the file in its order."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                if (record := _object(line)) is not None and "gone" not in record:
                    yield record

    def _know(self, record: Mapping[str, Any], place: int) -> None:
        files = record.get("files")
        names = [str(each) for each in files] if isinstance(files, list) else []
        if not names:  # nothing that could be used again
            return
        name = names[-1]  # the arrays stand last
        self._drop(name)
        self._places[str(record["key"])] = (place, name)
        self._owners[name] = str(record["key"])

    def _drop(self, name: str) -> None:
        key = self._owners.pop(name, None)
        if key is not None and self._places.get(key, (0, ""))[1] == name:
            del self._places[key]

    def _add(self, line: bytes) -> None:
        try:
            with self.path.open("r+b") as file:
                file.seek(self._end)
                file.truncate()  # what a killed run left of its last line
                file.write(line)
        except OSError as error:
            raise self._refused(error) from error
        self._end += len(line)

    def _replace(self, lines: Iterable[bytes]) -> None:
        try:
            with part_file(self.path.parent) as part:
                with part.open("wb") as file:
                    file.writelines(lines)
                put(part, self.path)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> CannotWrite:
        return CannotWrite(
            f"{self.path} cannot be written ({reason(error)}): choose a folder that you may "
            "write to."
        )


def written_by(folder: Path) -> set[str]:
    """Return the names of the files that the lines of a folder list, of whatever version."""
    found: set[str] = set()
    try:
        with (folder / LINES).open("rb") as file:
            for line in file:
                files = (_object(line) or {}).get("files")
                found |= {str(name) for name in files} if isinstance(files, list) else set()
    except OSError:
        return found
    return found


def _head(model: Mapping[str, object], fit: str, device: str) -> bytes:
    return _line({"versions": versions(), "model": model, "fit": fit, "device": device})


def _line(content: Mapping[str, object]) -> bytes:
    text = json.dumps(plain(content), ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="backslashreplace")


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
