"""`audit.jsonl`: numbers of an audit by the keys of their requests, written as they come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import CannotWrite
from core.export.audit_errors import MapCheck
from core.export.audit_record import LOG
from core.files.versions import versions
from core.files.writing import refusal
from core.measure.audit.concepts import Drivers
from core.measure.audit.places import Covered
from core.measure.audit.rows import Facts

Numbers = Facts | Drivers | Covered | MapCheck
KINDS: Mapping[str, type] = {each.__name__: each for each in (Facts, Drivers, Covered, MapCheck)}


class AuditLog:
    """The numbers of a folder; a killed process leaves at most one line cut off."""

    def __init__(self, folder: Path) -> None:
        """Read what an earlier run of these versions left."""
        self._path = folder / LOG
        self._values: dict[str, Numbers] = {}
        self._end = 0
        try:
            with self._path.open("rb") as file:
                head = file.readline()
                if _content(head).get("versions") == versions():
                    self._end = len(head)
                    for line in file:
                        if not line.endswith(b"\n"):
                            break
                        self._take(_content(line))
                        self._end += len(line)
        except OSError:
            return

    def find(self, key: str) -> Numbers | None:
        """Return the numbers of a request; None where they are not there."""
        return self._values.get(key)

    def add(self, key: str, value: Numbers) -> None:
        """Write numbers.

        Raises:
            CannotWrite: the system refuses.
        """
        if not self._end:
            self._write(_line({"versions": versions()}), "wb")
        self._write(_line({"key": key, "kind": type(value).__name__, "value": asdict(value)}))
        self._values[key] = value

    def join(self, other: AuditLog) -> None:
        """Write the numbers of another folder that are not here.

        Raises:
            CannotWrite: the system refuses.
        """
        for key, value in other._values.items():
            if key not in self._values:
                self.add(key, value)

    def _take(self, content: Mapping[str, Any]) -> None:
        kind, value = KINDS.get(str(content.get("kind"))), content.get("value")
        if kind is None or not isinstance(value, dict):
            return
        try:
            made = kind(**{name: _tuples(each) for name, each in value.items()})
        except TypeError:  # of another form
            return
        self._values[str(content.get("key"))] = made

    def _write(self, line: bytes, how: str = "r+b") -> None:
        try:
            with self._path.open(how) as file:
                file.seek(self._end)
                file.truncate()  # what a killed run left of its last line
                file.write(line)
        except OSError as error:
            raise CannotWrite(refusal(self._path, error)) from error
        self._end += len(line)


def _line(content: Mapping[str, object]) -> bytes:
    return f"{json.dumps(content, ensure_ascii=True)}\n".encode()


def _content(line: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _tuples(value: object) -> object:
    """Return lists as tuples, at any depth."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
