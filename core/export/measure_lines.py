"""`measures.jsonl`: what measures said, one value a line, written as the values come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.export.lines import Lines, content
from core.export.measures_record import RECORD, values_by_key
from core.files.versions import versions

LINES = "measures.jsonl"
_KEY = b'{"key": "'
_DIGITS = 64


class MeasureLines:
    """The values in a folder by the keys of their requests; only their places are held.

    Attributes:
        path: of the file.
    """

    def __init__(self, folder: Path) -> None:
        """Read where values stand that these versions of packages computed.

        Raises:
            CannotWrite: an older record is there, and its values cannot be written as lines.
        """
        self._lines = Lines(folder / LINES)
        self.path = self._lines.path
        self._places: dict[str, int] = {}
        self._read()
        if not self._lines.head and (older := _stored_values(folder / RECORD)):
            self._start(older)

    def _read(self) -> None:
        for place, line in self._lines.read(()):
            if line.startswith(_KEY):  # not read whole: most of a line is curves
                key = line[len(_KEY) : len(_KEY) + _DIGITS].decode("ascii", "replace")
                self._places[key] = place

    def _start(self, records: Collection[Mapping[str, object]] = ()) -> None:
        self._lines.start({}, records)
        self._read()

    def find(self, key: str) -> dict[str, Any] | None:
        """Return a value as the record holds it; None where it is not there."""
        place = self._places.get(key)
        found = None if place is None else self._lines.at(place)
        return found if found is not None and found.get("key") == key else None

    def add(self, record: Mapping[str, object]) -> None:
        """Keep a value.

        Args:
            record: from `measures_record.value_record` or `interval_record`, with its key first.

        Raises:
            CannotWrite: the system refuses.
        """
        if not self._lines.head:
            self._start()
        self._places[str(record["key"])] = self._lines.append(record)

    def join(self, other: MeasureLines) -> None:
        """Keep the values of another folder as well.

        Raises:
            CannotWrite: the system refuses.
        """
        for record in other.records:
            if str(record.get("key")) not in self._places:
                self.add(record)

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """Every value."""
        for key in self._places:
            if (record := self.find(key)) is not None:
                yield record

    def keep(self, keys: Collection[str]) -> None:
        """Keep these values and no others.

        Raises:
            CannotWrite: the system refuses.
        """
        places = {key: place for key, place in self._places.items() if key in keys}
        if len(places) < len(self._places):
            moved = self._lines.keep(list(places.values()), {})
            self._places = {key: moved[place] for key, place in places.items()}


def _stored_values(path: Path) -> list[dict[str, Any]]:
    """Return the values in a record of a run that wrote no lines."""
    try:
        whole = content(path.read_bytes()) or {}
    except OSError:
        return []
    if whole.get("versions") != versions():
        return []
    return list(values_by_key([whole.get("pictures"), whole.get("earlier")]).values())
