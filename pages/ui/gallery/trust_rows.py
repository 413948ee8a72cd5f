"""What was measured of a gallery's maps, as rows and as entries of a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.export.measures_record import Measures, interval_record, map_record, value_record
from core.measure.trust import TrustRow
from core.requests.measures import MeasureSettings
from core.work.handlers.measures import Measurement
from pages.ui.gallery.jobs import Item
from pages.ui.gallery.measured import MeasuredMap
from pages.ui.gallery.parts import Part


def measures_of(items: Sequence[Item], names: Sequence[str], settings: MeasureSettings) -> Measures:
    """Return what is measured, in the form of files.

    Args:
        items: the pictures; those without a number of their own are left out.
        names: of the measures.
        settings: of the measures.
    """
    rows: list[TrustRow] = []
    pictures: list[dict[str, object]] = []
    for item in items:
        values = []
        for layer, class_name, each in _by_map(item):
            row = _row(item, layer, class_name, each)
            rows.append(row)
            beside = {name: _record(part) for name, part in each.controls.items()}
            part = each.chance
            chance = interval_record(part.key, part.result) if part else None
            values.append(map_record(row, _record(each.own), beside, chance))
        if values:
            pictures.append({"picture": item.title, "values": values})
    return Measures(tuple(names), settings, rows, pictures)


def _by_map(item: Item) -> list[tuple[str, str, MeasuredMap]]:
    """Return layer, class and measure of all that is measured, map by map as the command does."""
    if not item.whole:
        return []
    return [
        (made.layer, made.class_name, each)
        for made, asked in zip(item.maps, item.requests, strict=True)
        for each in item.measured
        if each.label == asked.label and each.whole
    ]


def _row(item: Item, layer: str, class_name: str, each: MeasuredMap) -> TrustRow:
    own: Measurement = each.own.result
    return TrustRow(
        picture=item.title,
        layer=layer,
        class_name=class_name,
        method=each.label,
        measure=each.measure,
        value=float(own.measured.value),
        seconds=own.seconds,
        passes=own.measured.passes,
        controls={name: float(part.result.measured.value) for name, part in each.controls.items()},
        spent={
            name: (part.result.seconds, part.result.measured.passes)
            for name, part in each.controls.items()
        },
        chance=each.chance.result if each.chance else None,
        right=item.right,
    )


def _record(part: Part) -> dict[str, Any]:
    return value_record(part.key, part.result.measured, part.result.seconds)
