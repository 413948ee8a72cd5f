"""`pictures.jsonl`: the records of pictures, one a line, written as the pictures come.

The first line says with what was computed; then a line a picture. A later line of the same key
counts, and a line `{"gone": NAME}` says that the file NAME is about to become another picture's. A
process that is killed leaves at most one line cut off, which is passed over. Only places in the
file are held, so that memory does not grow with what is in the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.export.lines import Lines, content

LINES = "pictures.jsonl"


class PictureLines:
    """The lines of a folder, by the key of the prediction of each picture."""

    def __init__(self, folder: Path, *, any_version: bool = False) -> None:
        """Read where the records stand, if there is a file of these versions, or of any."""
        self._any_version = any_version
        self._lines = Lines(folder / LINES)
        self._places: dict[str, tuple[int, str]] = {}
        self._owners: dict[str, str] = {}
        self._of_files: dict[str, list[str]] = {}
        self._read()

    def _read(self) -> None:
        for place, line in self._lines.read(("model",), any_version=self._any_version):
            record = content(line) or {}
            if gone := record.get("gone"):
                self._drop(str(gone))
            elif record.get("key"):
                self._know(record, place)

    @property
    def head(self) -> dict[str, Any]:
        """Model, fit and device; empty where there is no usable file."""
        return self._lines.head

    def find(self, key: str) -> dict[str, Any] | None:
        """Return the record of a picture.

        Args:
            key: of the request for its prediction.
        """
        place = self._places.get(key)
        return None if place is None else self.at(place[0])

    def of_file(self, digest: str) -> Iterator[dict[str, Any]]:
        """Yield the records of pictures that were decoded from a file.

        Args:
            digest: SHA-256 of its bytes.
        """
        for key in self._of_files.get(digest, ()):
            if (record := self.find(key)) is not None:
                yield record

    def at(self, place: int) -> dict[str, Any] | None:
        """Return the record that stands at a place of the file."""
        return self._lines.at(place)

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
        self._lines.start({"model": model, "fit": fit, "device": device}, records)
        self._places, self._owners, self._of_files = {}, {}, {}
        self._read()

    def append(self, record: Mapping[str, object]) -> int:
        """Add the record of a picture whose files are written; return its place.

        Raises:
            CannotWrite: the system refuses.
        """
        place = self._lines.append(record)
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
                self._lines.append({"gone": name})
                self._drop(name)

    def finish(
        self, places: Sequence[int], model: Mapping[str, object], fit: str, device: str
    ) -> None:
        """Keep the records at these places, in this order, and no others.

        Raises:
            CannotWrite: the system refuses.
        """
        moved = self._lines.keep(places, {"model": model, "fit": fit, "device": device})
        known = self._places.items()
        self._places = {key: (moved[at], name) for key, (at, name) in known if at in moved}
        self._owners = {name: key for key, (_, name) in self._places.items() if name}

    def whole(self) -> Iterator[dict[str, Any]]:
        """Yield every record of the file in its order."""
        return (record for record in self._lines.whole() if "gone" not in record)

    def _know(self, record: Mapping[str, Any], place: int) -> None:
        files = record.get("files")
        names = [str(each) for each in files] if isinstance(files, list) else []
        name, key = names[-1] if names else "", str(record["key"])  # the arrays stand last
        self._drop(name)
        self._places[key] = (place, name)
        if name:
            self._owners[name] = key
        keys = self._of_files.setdefault(str(record.get("file", "")), [])
        if key not in keys:
            keys.append(key)

    def _drop(self, name: str) -> None:
        key = self._owners.pop(name, None)
        if key is not None and self._places.get(key, (0, ""))[1] == name:
            del self._places[key]


def written_by(folder: Path) -> set[str]:
    """Return the names of the files that the lines of a folder list, of whatever version."""
    found: set[str] = set()
    try:
        with (folder / LINES).open("rb") as file:
            for line in file:
                files = (content(line) or {}).get("files")
                found |= {str(name) for name in files} if isinstance(files, list) else set()
    except OSError:
        return found
    return found
