"""The report of a dissection: figures, tables, what made it, and the exact command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.concepts.result.compared_model import SURE, of_dissection
from core.concepts.result.dissection import Dissection, title_of
from core.export.bundle import packed
from core.export.concept_tables import LayerRow, layers_rows
from core.export.dissection import caption_of, dissection_files, figures
from core.export.page import png_url, rendered
from core.export.plain import plain
from core.requests import command_line
from core.requests.plain import from_plain

PAGE = "report.html"
TERMS = (
    "Labelled: at most 5 % of these labels are expected to arise by chance "
    "(q below 0.05, Benjamini-Hochberg within the layer), and the unit is active.",
    "Concepts: distinct words among the labelled units. Redundancy: the share of labelled units "
    "whose word another unit already has.",
    "Similarities are comparable only within one word list, layer and encoder.",
)


def command_of(dissection: Dissection) -> str:
    """Return the command that makes the dissection again, from files of the same names."""
    request = from_plain(dissection.record["request"])
    return shlex.join(
        ["python", "-m", "core", *command_line.command_of(request), "--out", "dissection"]
    )


def report_page(dissection: Dissection) -> bytes:
    """Return the report as one HTML page."""
    title = "What single neurons respond to"
    record: Mapping[str, Any] = dissection.record
    model = record["model"]
    about = (
        f"Model: {model['title']} ({model['id']}, weights {str(model['weights_sha256'])[:12]}). "
        f"{caption_of(dissection)} Computed on {record['device']}."
    )
    return rendered(
        "dissection.html",
        tab=f"{title}: {title_of(dissection)}",
        title=title,
        about=about,
        notes=dissection.notes,
        layers=map(_cells, layers_rows(of_dissection(dissection), SURE)),
        terms=TERMS,
        figures=[(name, png_url(data)) for name, data in figures(dissection)],
        surest=_surest(dissection),
        command=command_of(dissection),
        record=json.dumps(plain(record), indent=1, ensure_ascii=False),
    )


def report_zip(dissection: Dissection) -> bytes:
    """Return the report with every file that `dissect` writes, as one ZIP file."""
    files = [*dissection_files(dissection, command_of(dissection)), (PAGE, report_page(dissection))]
    return packed(files)


def _cells(row: LayerRow) -> Sequence[str]:
    return (
        row.layer,
        str(row.units),
        str(row.labelled),
        f"{row.share:.0%}",
        str(row.distinct),
        f"{row.redundancy:.0%}",
        f"{row.similarity:.3f}",
    )


def _surest(dissection: Dissection, most: int = 20) -> Iterator[Sequence[str]]:
    """Yield the labelled units with the largest margins in all layers."""
    ranked = [
        (-float(units.margins[number, 0]), units.layer, number)
        for units in dissection.layers
        for number in units.labelled.nonzero()[0].tolist()
    ]
    for _, layer, number in sorted(ranked)[:most]:
        unit = dissection.unit(layer, number)
        words = ", ".join(word.text for word in unit.words[:3])
        yield layer, str(number), words, f"{unit.words[0].similarity:.3f}", f"{unit.q:.3g}"
