"""`pictures.jsonl`: the records of pictures, one a line, written as the pictures come.

The first line says with what was computed; then a line a picture. A later line of the same key
and files counts, and a line `{"gone": NAME}` says that the file NAME is about to become another
picture's. A process that is killed leaves at most one line cut off, which is passed over. Only
places in the file are held, so that memory does not grow with what is in the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.export.lines import Lines, content

LINES = "pictures.jsonl"


class PictureLines:
    """The lines of a folder, by the key of the prediction of each picture.

    Equal pictures have equal keys, and each has files of its own.
    """

    def __init__(self, folder: Path, *, any_version: bool = False) -> None:
        """Read where the records stand, if there is a file of these versions, or of any."""
        self._any_version = any_version
        self._lines = Lines(folder / LINES)
        self._places: dict[str, dict[str, tuple[int, str]]] = {}
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

    def find(self, key: str, name: str = "", files: Sequence[str] = ()) -> dict[str, Any] | None:
        """Return the record of a picture.

        Args:
            key: of the request for its prediction.
            name: of the picture.
            files: of the picture. Where none has these, nor the name, one that equals it counts.
        """
        known = self._places.get(key)
        if not known:
            return None
        own = known.get(_own(name, files))
        latest = list(reversed(known.values()))
        named = (each for each in latest if each[1] == name)
        return self.at((own or next(named, latest[0]))[0])

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

    def place(self, key: str, name: str, files: Sequence[str]) -> int | None:
        """Return where the record of the picture of this name and these files stands."""
        place = self._places.get(key, {}).get(_own(name, files))
        return place[0] if place else None

    @property
    def count(self) -> int:
        """How many pictures are known."""
        return sum(len(known) for known in self._places.values())

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """What is known of each picture, in the order of the file."""
        known = (place for each in self._places.values() for place, _ in each.values())
        for place in sorted(known):
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
        known, self._places, self._owners = self._places, {}, {}
        for key, pictures in known.items():
            for own, (at, name) in pictures.items():
                if at in moved:
                    self._note(key, own, moved[at], name)

    def whole(self) -> Iterator[dict[str, Any]]:
        """Yield every record of the file in its order."""
        return (record for record in self._lines.whole() if "gone" not in record)

    def _know(self, record: Mapping[str, Any], place: int) -> None:
        files = record.get("files")
        names = [str(each) for each in files] if isinstance(files, list) else []
        key, name = str(record["key"]), str(record.get("picture"))
        own = _own(name, names)
        self._drop(own)
        self._note(key, own, place, name)
        keys = self._of_files.setdefault(str(record.get("file", "")), [])
        if key not in keys:
            keys.append(key)

    def _note(self, key: str, own: str, place: int, name: str) -> None:
        self._places.setdefault(key, {})[own] = place, name
        self._owners[own] = key

    def _drop(self, own: str) -> None:
        key = self._owners.pop(own, "")
        known = self._places.get(key, {})
        known.pop(own, None)
        if not known:
            self._places.pop(key, None)


def _own(name: str, files: Sequence[str]) -> str:
    """Return what only one picture of a folder has: its arrays' file, which stands last."""
    return files[-1] if files else f"/{name}"  # no file's name


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
