"""What was measured of a map, by the keys of the lines that hold it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.errors import CannotWrite
from core.export.measure_lines import MeasureLines
from core.export.measures_record import map_record, value_record
from core.measure.single.base import UNDEFINED, Measured
from core.measure.trust import TrustRow


class Value(NamedTuple):
    """A measure of a map: by its key, or in full where it is undefined and was not computed."""

    key: str
    record: dict[str, Any] | None = None


class Found(NamedTuple):
    """What stands in the record beside a row: of a map, of its controls, of random maps if asked.

    The keys only: what belongs to them has curves, and is read when the record is written.
    """

    value: Value
    controls: dict[str, Value]
    chance: str | None

    @property
    def keys(self) -> set[str]:
        """Of all that was measured."""
        found = {self.value.key, self.chance or "", *(each.key for each in self.controls.values())}
        return found - {""}


class Records:
    """The entries of pictures in the record, each read from the lines when its turn comes."""

    def __init__(
        self,
        lines: MeasureLines,
        pictures: Sequence[tuple[str, Sequence[tuple[TrustRow, Found]]]],
    ) -> None:
        self._lines, self._pictures = lines, pictures

    def __iter__(self) -> Iterator[Mapping[str, object]]:
        for name, values in self._pictures:
            yield {"picture": name, "values": [self._value(row, found) for row, found in values]}

    def _value(self, row: TrustRow, found: Found) -> dict[str, object]:
        beside = {name: record_of(self._lines, each) for name, each in found.controls.items()}
        chance = self._lines.find(found.chance) if found.chance else None
        return map_record(row, record_of(self._lines, found.value), beside, chance)


def record_of(lines: MeasureLines, value: Value) -> dict[str, Any]:
    """Return what the lines hold of a value.

    Raises:
        CannotWrite: they hold it no more.
    """
    found = value.record if value.record is not None else lines.find(value.key)
    if found is None:
        raise CannotWrite(f"{lines.path} was changed by another program: start the command again.")
    return found


def undefined(sentence: str) -> Found:
    """Return what stands in the record of a measure that has no value, and why."""
    record = value_record("", Measured(UNDEFINED, notes=(sentence,)), 0.0)
    return Found(Value("", record), {}, None)


def number(value: object) -> float:
    """Return a number of a record: NaN where there is none."""
    return float(value) if isinstance(value, int | float) else math.nan
