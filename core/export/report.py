"""The report to hand in: one HTML page that needs no network, a table, a bar chart."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.explain.methods import title_of
from core.export.bundle import add_files, zip_bytes
from core.export.measures_record import Measures, measures_files
from core.export.measures_report import Section, sections
from core.export.page import png_url, rendered
from core.export.preface import Preface
from core.export.record import Explained
from core.export.thumbs import overlay_uri
from core.figures.charts.overlaps import overlaps
from core.figures.drawing.overlay import OverlayLook
from core.figures.print.picture_bars import picture_bars_file
from core.files.versions import versions
from core.measure.agreement import Pair
from core.measure.study import Row, facts, key_of, pair_title, second_look, series, summaries, table

PAGE, TABLE, BARS = "report.html", "agreement.csv", "iou_bar.png"
THUMB, SMALL = 300, 180
"""Longest side of a picture in the report in pixels, and of the best and worst maps."""
METHODS = (
    ("IoU", "pixels marked by both methods over pixels marked by either: 1 identical, 0 disjoint"),
    ("Dice", "twice the shared pixels over the sum of both"),
    ("Spearman", "rank correlation of the raw maps, from -1 to 1"),
    ("chance", "the expected IoU of random marks of the same size"),
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
        preface: title, author, date, notes.
        measures: of the maps; None where nothing was measured.
        faults: names and reasons of what could not be explained or measured.
    """

    rows: Sequence[Row]
    results: Sequence[Explained]
    model: Mapping[str, object]
    device: str
    command: str
    look: OverlayLook
    preface: Preface = field(default_factory=Preface)
    measures: Measures | None = None
    faults: Sequence[tuple[str, str]] = ()


def report_files(report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the report's files; the same results give the same bytes."""
    yield TABLE, table(report.rows, str(report.model.get("id", ""))).encode()
    bars = _bars(report.rows)
    yield BARS, bars
    if report.measures is not None:
        about = report.model, report.device, report.command, report.faults
        yield from measures_files(report.measures, *about)
    yield PAGE, _page(report, bars)


def report_zip(report: Report) -> bytes:
    """Return the report's files together with all that `explain` writes, as one ZIP file."""
    whole = zip_bytes(
        report.model, report.device, report.results, report.look, report.preface.record
    )
    return add_files(whole, report_files(report))


def _bars(rows: Sequence[Row]) -> bytes:
    """Draw the IoU of every pair on every picture."""
    whole = [row for row in rows if row.pairs]
    known, values = series(whole)
    chart = overlaps(
        [row.name for row in whole],
        [pair_title(summary.key) for summary in known],
        values,
        [summary.mean for summary in known],
        [summary.chance for summary in known],
    )
    return picture_bars_file(chart)


def _page(report: Report, bars: bytes) -> bytes:
    title = report.preface.title or "Where explanation methods agree"
    return rendered(
        "agreement.html",
        tab=title,
        title=title,
        byline=report.preface.byline,
        notes=report.preface.paragraphs,
        about=_about(report),
        facts=facts(report.rows),
        bars=png_url(bars),
        summaries=_summaries(report.rows),
        measures=[f"{name}: {meaning}." for name, meaning in METHODS],
        trusted=_trusted(report),
        sections=_sections(report),
        command=report.command,
        versions=json.dumps(versions(), indent=1),
    )


def _trusted(report: Report) -> list[Section]:
    """Return what measures say, with the best and the worst maps drawn."""
    if report.measures is None:
        return []
    maps = {
        (each.prepared.picture.name, one.label): (each, one)
        for each in report.results
        for one in each.explanations
    }

    def draw(picture: str, method: str) -> str:
        explained, one = maps[picture, method]
        return overlay_uri(explained.prepared, one, report.look, SMALL)

    return list(sections(report.measures.rows, draw))


def _about(report: Report) -> str:
    """Say what was explained with what."""
    maps = [each for explained in report.results for each in explained.explanations]
    layers = dict.fromkeys(each.layer for each in maps if each.layer)
    methods = "; ".join(dict.fromkeys(title_of(each.label) for each in maps))
    pairs = [pair for row in report.rows for pair in row.pairs]
    rules = dict.fromkeys(rule.words for pair in pairs for rule in pair.rules)
    model = report.model
    digest = str(model.get("weights_sha256", ""))[:12]
    return (
        f"Model: {model.get('title', '')} ({model.get('id', '')}, weights {digest}). "
        f"{_input(model)}Layer: {', '.join(layers) or 'none'}. Methods: {methods}. "
        f"Marked: {'; '.join(rules) or 'nothing'}. Computed on {report.device}."
    )


def _input(model: Mapping[str, object]) -> str:
    """Say how pictures became the model's input; an older record does not know."""
    return f"Input: {model['input']}. " if "input" in model else ""


def _summaries(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each pair over all pictures."""
    for each in summaries(rows):
        interval = f"{_number(each.low)} to {_number(each.high)}"
        level = _number(each.chance)
        yield pair_title(each.key), _number(each.mean), interval, level, str(each.pictures)


@dataclass(frozen=True, slots=True)
class _Section:
    """One picture on the page.

    Attributes:
        name: of the picture.
        error: why it failed, or empty; nothing else is known then.
        prediction: the first guesses in words.
        flag: why it deserves a second look, or empty.
        figures: address and caption of the picture and of each overlay.
        pairs: cells of each pair.
        notes: sentences.
    """

    name: str
    error: str = ""
    prediction: str = ""
    flag: str = ""
    figures: Sequence[tuple[str, str]] = ()
    pairs: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()


def _sections(report: Report) -> Iterator[_Section]:
    """Yield each picture."""
    flags = second_look(report.rows)
    results = iter(report.results)
    for index, row in enumerate(report.rows):
        if row.error:
            yield _Section(row.name, row.error)
            continue
        explained = next(results)
        yield _Section(
            row.name,
            prediction=_prediction(explained, row),
            flag=flags.get(index, ""),
            figures=list(_figures(explained, report.look)),
            pairs=[_cells(pair) for pair in row.pairs],
            notes=list(
                dict.fromkeys([*row.faults, *(note for pair in row.pairs for note in pair.notes)])
            ),
        )


def _prediction(explained: Explained, row: Row) -> str:
    guesses = ", ".join(f"{g.name} {g.probability:.1%}" for g in explained.predictions[:3])
    if row.right is None:
        return guesses
    return f"{guesses}; {'right' if row.right else 'wrong'}, true class {row.truth}"


def _figures(explained: Explained, look: OverlayLook) -> Iterator[tuple[str, str]]:
    """Yield address and caption of the picture and of each overlay."""
    yield overlay_uri(explained.prepared, None, look, THUMB), "Picture"
    for each in explained.explanations:
        caption = f"{title_of(each.label)}, {each.class_name}, {each.seconds:.2f} s"
        yield overlay_uri(explained.prepared, each, look, THUMB), caption


def _cells(pair: Pair) -> tuple[str, ...]:
    values = map(_number, (pair.iou, pair.dice, pair.spearman, pair.chance))
    return pair_title(key_of(pair)), *values, " to ".join(map(_number, pair.band))


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"
