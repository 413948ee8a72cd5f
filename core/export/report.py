"""The report to hand in: one HTML page that needs no network, a table, a bar chart."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.export.bundle import add_files, zip_bytes
from core.export.html_parts import bullets, document, figure, png_url, table_of, text
from core.export.record import Explained
from core.export.thumbs import overlay_uri
from core.figures.charts.overlaps import overlaps
from core.figures.drawing.overlay import OverlayLook
from core.figures.print.picture_bars import picture_bars_file
from core.files.versions import versions
from core.measure.agreement import Pair
from core.measure.study import Row, facts, key_of, second_look, series, summaries, table

PAGE, TABLE, BARS = "report.html", "agreement.csv", "iou_bar.png"
THUMB = 300
"""Longest side of a picture in the report, in pixels."""
METHODS = (
    ("IoU", "shared pixels over all marked pixels of two methods: 1 is the same, 0 nothing shared"),
    ("Dice", "twice the shared pixels over the sum of both"),
    ("Spearman", "rank correlation of the raw maps, from -1 to 1"),
    ("chance", "the IoU that random marks of the same sizes have"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report is made of.

    Attributes:
        rows: one a picture, also of those that failed.
        results: the maps of the pictures that did not fail, in order.
        model: the model's record.
        device: in words.
        command: makes the same again.
        look: how overlays are drawn.
    """

    rows: Sequence[Row]
    results: Sequence[Explained]
    model: Mapping[str, object]
    device: str
    command: str
    look: OverlayLook


def report_files(report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the report's files; the same results give the same bytes."""
    yield TABLE, table(report.rows, str(report.model.get("id", ""))).encode()
    bars = _bars(report.rows)
    yield BARS, bars
    yield PAGE, _page(report, bars).encode(errors="xmlcharrefreplace")


def report_zip(report: Report) -> bytes:
    """Return the report's files together with all that `explain` writes, as one ZIP file."""
    whole = zip_bytes(report.model, report.device, report.results, report.look)
    return add_files(whole, report_files(report))


def _bars(rows: Sequence[Row]) -> bytes:
    """Draw the IoU of every pair on every picture."""
    whole = [row for row in rows if row.pairs]
    known, values = series(whole)
    chart = overlaps(
        [row.name for row in whole],
        [" and ".join(summary.key) for summary in known],
        values,
        [summary.mean for summary in known],
        [summary.chance for summary in known],
    )
    return picture_bars_file(chart)


def _page(report: Report, bars: bytes) -> str:
    title = "Where explanation methods agree"
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{text(_about(report))}</p>",
        "<h2>What was measured</h2>",
        bullets(facts(report.rows)),
        f'<img class="wide" alt="IoU of every pair on every picture" src="{png_url(bars)}">',
        _summary_table(report.rows),
        bullets(f"{name}: {meaning}." for name, meaning in METHODS),
        "<h2>Picture by picture</h2>",
        *_pictures(report),
        "<h2>How to make it again</h2>",
        f"<pre>{text(report.command)}</pre>",
        "<p>The folder of this report holds the overlays, the raw values (NPZ), the table "
        "(agreement.csv), LIME's parameters and explain.json, which records everything else.</p>",
        f"<pre>{text(json.dumps(versions(), indent=1))}</pre>",
    ]
    return document(title, parts)


def _about(report: Report) -> str:
    """Say what was explained with what."""
    first = report.results[0].explanations
    layers = dict.fromkeys(each.layer for each in first if each.layer)
    methods = ", ".join(each.label for each in first)
    found = [pair for row in report.rows for pair in row.pairs]
    rules = dict.fromkeys(rule.words for pair in found for rule in pair.rules)
    model = report.model
    digest = str(model.get("weights_sha256", ""))[:12]
    return (
        f"Model: {model.get('title', '')} ({model.get('id', '')}, weights {digest}). "
        f"Layer: {', '.join(layers) or 'none'}. Methods: {methods}. "
        f"Marked: {'; '.join(rules) or 'nothing'}. Computed on {report.device}."
    )


def _summary_table(rows: Sequence[Row]) -> str:
    head = ("Methods", "Mean IoU", "95 % interval", "Chance", "Pictures")
    body = [
        (
            " and ".join(each.key), _number(each.mean),
            f"{_number(each.low)} to {_number(each.high)}", _number(each.chance),
            str(each.pictures),
        )
        for each in summaries(rows)
    ]  # fmt: skip
    return table_of(head, body)


def _pictures(report: Report) -> Iterator[str]:
    """Yield a section for each picture."""
    flags = second_look(report.rows)
    results = iter(report.results)
    for index, row in enumerate(report.rows):
        yield f"<section><h3>{text(row.name)}</h3>"
        if row.error:
            yield f"<p>{text(row.error)}</p></section>"
            continue
        explained = next(results)
        said = ", ".join(f"{g.name} {g.probability:.1%}" for g in explained.predictions[:3])
        yield f"<p>The model sees: {text(said)}.</p>"
        if index in flags:
            yield f"<p><strong>Deserves a second look</strong> ({text(flags[index])}).</p>"
        yield f'<div class="maps">{"".join(_figures(explained, report.look))}</div>'
        yield _pair_table(row.pairs)
        notes = dict.fromkeys(note for pair in row.pairs for note in pair.notes)
        yield bullets(notes) + "</section>"


def _figures(explained: Explained, look: OverlayLook) -> Iterator[str]:
    """Yield the picture and each overlay with its caption."""
    yield figure(overlay_uri(explained.prepared, None, look, THUMB), "Picture")
    for each in explained.explanations:
        caption = f"{each.label}, {each.class_name}, {each.seconds:.2f} s"
        yield figure(overlay_uri(explained.prepared, each, look, THUMB), caption)


def _pair_table(pairs: Sequence[Pair]) -> str:
    head = ("Methods", "IoU", "Dice", "Spearman", "Chance", "95 % of shifts")
    body = [
        (
            " and ".join(key_of(pair)), _number(pair.iou), _number(pair.dice),
            _number(pair.spearman), _number(pair.chance),
            " to ".join(map(_number, pair.band)),
        )
        for pair in pairs
    ]  # fmt: skip
    return table_of(head, body)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"
