"""The files of measures: the record with keys, curves and cards, and the table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.export.json_parts import json_parts
from core.export.measures_table import table
from core.export.plain import plain
from core.files.versions import versions
from core.measure.beside import RANDOM_WEIGHTS
from core.measure.single import table as measures
from core.measure.single.base import Measured
from core.measure.single.comparison import Interval
from core.measure.trust import Split, Summary, TrustRow, splits, summaries
from core.requests.measures import CONTROLS, RANDOM_MAPS, MeasureSettings

RECORD, TABLE = "measures.json", "measures.csv"
CHANCE = "random_maps"
"""What the record calls the interval of random maps."""
_NAMES = (*CONTROLS, RANDOM_WEIGHTS, CHANCE)
_INTERVAL = ("key", "mean", "low", "high")
_FIELDS = ("key", "value", "details", "curves", "notes", "seconds", "passes")


def value_record(key: str, measured: Measured, seconds: float) -> dict[str, Any]:
    """Return one measure as the record holds it: what is undefined is None.

    Args:
        key: of its request; empty where nothing was asked, because it is undefined.
        measured: the number and how it came about.
        seconds: of the computation.
    """
    content = plain(
        {
            **({"key": key} if key else {}),
            "value": measured.value,
            "details": measured.details,
            "curves": [
                {"name": curve.name, "along": curve.along, "x": curve.x.tolist()}
                | {"y": curve.y.tolist(), "labels": curve.labels}
                for curve in measured.curves
            ],
            "notes": measured.notes,
            "seconds": seconds,
            "passes": measured.passes,
        }
    )
    assert isinstance(content, dict)
    return content


def interval_record(key: str, interval: Interval) -> dict[str, Any]:
    """Return what random maps reach as the record holds it.

    Args:
        key: of its request.
        interval: of them.
    """
    content = plain({"key": key, **asdict(interval)})
    assert isinstance(content, dict)
    return content


def interval_of(record: Mapping[str, Any]) -> Interval:
    """Return the interval of a record; NaN where it is undefined."""
    mean, low, high = (
        float(value) if isinstance(value := record[name], int | float) else math.nan
        for name in _INTERVAL[1:]
    )
    return Interval(mean, low, high)


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What was measured of the maps of some pictures.

    Attributes:
        names: of the measures.
        settings: of all of them.
        rows: one a map and measure.
        pictures: name and values of each, as the record holds them.
    """

    names: tuple[str, ...]
    settings: MeasureSettings
    rows: Sequence[TrustRow]
    pictures: Iterable[Mapping[str, object]]


def map_record(
    row: TrustRow,
    value: Mapping[str, Any],
    controls: Mapping[str, Mapping[str, Any]],
    chance: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Return the entry of one measure of a map among the values of its picture.

    Args:
        row: of the table.
        value: from `value_record`.
        controls: the same of each control, by name.
        chance: from `interval_record`; None where it was not asked.
    """
    named = {"method": row.method, "class": row.class_name, "measure": row.measure}
    content = {**named, **value, "controls": dict(controls)}
    if chance is not None:
        content[CHANCE] = {**chance, "count": RANDOM_MAPS, "better": row.beats_chance}
    return content


def measures_files(
    made: Measures,
    model: Mapping[str, object],
    device: str,
    command: str,
    faults: Iterable[tuple[str, str]] = (),
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield name and parts of the record, a JSON file in UTF-8, and of the table.

    Args:
        made: what was measured.
        model: the model's record.
        device: in words.
        command: makes the same again.
        faults: names and reasons of what could not be measured.
    """
    before = {
        "versions": versions(),
        "model": model,
        "device": device,
        "command": command,
        "cards": {name: asdict(measures.get(name).card) for name in made.names},
        "settings": asdict(made.settings),
        "summaries": _summaries(made.rows),
    }
    after = {"faults": [{"name": name, "reason": reason} for name, reason in faults]}
    yield RECORD, json_parts(before, "pictures", map(plain, made.pictures), after, indent=1)
    yield TABLE, [table(made.rows, str(model.get("id", ""))).encode()]


def _summaries(rows: Sequence[TrustRow]) -> list[dict[str, object]]:
    """Return the means of each measure and method, beside the controls, and where it is right."""
    halves = {(half.measure, half.method): half for half in splits(rows)}
    return [_summary(one, halves.get((one.measure, one.method))) for one in summaries(rows)]


def _summary(one: Summary, half: Split | None) -> dict[str, object]:
    content: dict[str, object] = {
        "measure": one.measure,
        "method": one.method,
        **asdict(one.value),
        "pictures": one.pictures,
        "controls": {each.control: asdict(each) for each in one.beside},
        "best": one.best,
        "worst": one.worst,
    }
    if half is not None:
        content["right"] = {**asdict(half.right), "pictures": half.rights}
        content["wrong"] = {**asdict(half.wrong), "pictures": half.wrongs}
    return content


def values_by_key(content: object) -> dict[str, dict[str, Any]]:
    """Return the values that stand anywhere in part of a record."""
    found: dict[str, dict[str, Any]] = {}
    todo = [content]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo += item
        elif isinstance(item, Mapping):
            todo += [each for name, each in item.items() if name in ("values", "controls", *_NAMES)]
            if {"key", "value", "seconds", "passes"} <= set(item):
                found[str(item["key"])] = {name: item.get(name) for name in _FIELDS}
            elif set(_INTERVAL) <= set(item):
                found[str(item["key"])] = {name: item[name] for name in _INTERVAL}
    return found
