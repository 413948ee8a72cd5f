"""The report to hand in: one HTML page that needs no network, a table, a bar chart."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.compare.agreement import Pair
from core.compare.study import Row, facts, key_of, second_look, series, summaries, table
from core.export.bundle import add_files, zip_bytes
from core.export.record import Explained, versions
from core.export.thumbs import overlay_uri
from core.figures.gallery import iou_bar_png
from core.figures.html_page import STYLE
from core.figures.overlay import Look

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
    look: Look


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
    return iou_bar_png(
        [row.name for row in whole],
        [" and ".join(summary.key) for summary in known],
        values,
        [summary.mean for summary in known],
        [summary.chance for summary in known],
    )


def _page(report: Report, bars: bytes) -> str:
    title = "Where explanation methods agree"
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{_text(_about(report))}</p>",
        "<h2>What was measured</h2>",
        _list(facts(report.rows)),
        f'<img class="wide" alt="IoU of every pair on every picture" src="{_png_url(bars)}">',
        _summary_table(report.rows),
        _list(f"{name}: {meaning}." for name, meaning in METHODS),
        "<h2>Picture by picture</h2>",
        *_pictures(report),
        "<h2>How to make it again</h2>",
        f"<pre>{_text(report.command)}</pre>",
        "<p>The folder of this report holds the overlays, the raw values (NPZ), the table "
        "(agreement.csv), LIME's parameters and explain.json, which records everything else.</p>",
        f"<pre>{_text(json.dumps(versions(), indent=1))}</pre>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


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
    return _table(head, body)


def _pictures(report: Report) -> Iterator[str]:
    """Yield a section for each picture."""
    flags = second_look(report.rows)
    results = iter(report.results)
    for index, row in enumerate(report.rows):
        yield f"<section><h3>{_text(row.name)}</h3>"
        if row.error:
            yield f"<p>{_text(row.error)}</p></section>"
            continue
        explained = next(results)
        said = ", ".join(f"{g.name} {g.probability:.1%}" for g in explained.predictions[:3])
        yield f"<p>The model sees: {_text(said)}.</p>"
        if index in flags:
            yield f"<p><strong>Deserves a second look</strong> ({_text(flags[index])}).</p>"
        yield f'<div class="maps">{"".join(_figures(explained, report.look))}</div>'
        yield _pair_table(row.pairs)
        notes = dict.fromkeys(note for pair in row.pairs for note in pair.notes)
        yield _list(notes) + "</section>"


def _figures(explained: Explained, look: Look) -> Iterator[str]:
    """Yield the picture and each overlay with its caption."""
    yield _figure(overlay_uri(explained.prepared, None, look, THUMB), "Picture")
    for each in explained.explanations:
        caption = f"{each.label}, {each.class_name}, {each.seconds:.2f} s"
        yield _figure(overlay_uri(explained.prepared, each, look, THUMB), caption)


def _figure(address: str, caption: str) -> str:
    shown = _text(caption)
    return f'<figure><img alt="{shown}" src="{address}"><figcaption>{shown}</figcaption></figure>'


def _pair_table(pairs: Sequence[Pair]) -> str:
    head = ("Methods", "IoU", "Dice", "Spearman", "Chance", "95 % of shifts")
    body = [
        (
            " and ".join(key_of(pair)), _number(pair.iou), _number(pair.dice),
            _number(pair.likeness.spearman), _number(pair.chance),
            " to ".join(map(_number, pair.band)),
        )
        for pair in pairs
    ]  # fmt: skip
    return _table(head, body)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"


def _list(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(each)}</li>" for each in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"


def _png_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def _text(text: str) -> str:
    return html.escape(text)
