"""The report to hand in: one HTML page that needs no network, a table, a bar chart."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import CODE_VERSION
from core.explain.methods import title_of
from core.export.agreement_table import MOST_LINES, PARQUET, pairs_in, parquet
from core.export.bundle import add_files, zip_bytes
from core.export.faults_table import fault_kinds
from core.export.measures_record import Measures, measures_files
from core.export.measures_report import sections
from core.export.page import drawn_by, png_url, rendered
from core.export.picture_lines import LINES
from core.export.preface import Preface
from core.export.record import Explained
from core.export.shortlist import SHOWN, Section, Shortlist
from core.figures.charts.overlaps import overlaps
from core.figures.drawing.overlay import OverlayLook
from core.figures.print.picture_bars import picture_bars_file
from core.files.versions import versions
from core.measure.agreement import Pair
from core.measure.study import Row, facts, pair_title, second_look, series, summaries, table

PAGE, TABLE, BARS = "report.html", "agreement.csv", "iou_bar.png"
_HEAD = 4096
"""Bytes of a page in which its content key stands."""
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
        shortlist: the pictures that are shown, by their places in `rows`.
        model: the model's record.
        device: in words.
        command: makes the same again.
        preface: title, author, date, notes.
        measures: of the maps; None where nothing was measured.
        faults: names and reasons of what could not be explained or measured.
    """

    rows: Sequence[Row]
    shortlist: Shortlist
    model: Mapping[str, object]
    device: str
    command: str
    preface: Preface = field(default_factory=Preface)
    measures: Measures | None = None
    faults: Sequence[tuple[str, str]] = ()


def report_of(
    rows: Sequence[Row],
    results: Sequence[Explained],
    model: Mapping[str, object],
    device: str,
    command: str,
    preface: Preface,
    measures: Measures | None = None,
) -> Report:
    """Return the report of pictures whose maps are all at hand.

    Args:
        rows: one a picture, with the pairs of its maps.
        results: of the pictures that did not fail, in order.
        model: the model's record.
        device: in words.
        command: makes the same again.
        preface: title, author, date, notes.
        measures: of the maps.
    """
    shortlist, left = Shortlist(), iter(results)
    for place, row in enumerate(rows):
        if not row.error:
            compared = [pair for pair in row.pairs if isinstance(pair, Pair)]
            values = (
                [each for each in measures.rows if each.picture == row.name] if measures else ()
            )
            each = next(left)
            shown = each, compared
            shortlist.add(place, each.explanations, row, lambda: shown, values)  # noqa: B023
    return Report(rows, shortlist, model, device, command, preface, measures)


def report_files(
    report: Report, there: Path | None = None
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield the name and parts of the report's files; the same results give the same bytes.

    Args:
        report: of the results.
        there: a folder; where its page and its chart are those of this report, they are left out.
    """
    model = str(report.model.get("id", ""))
    rows = parquet(report.rows, model)
    if pairs_in(report.rows) <= MOST_LINES:
        yield TABLE, [table(report.rows, model).encode()]
    yield PARQUET, [rows]
    if report.measures is not None:
        about = report.model, report.device, report.command, report.faults
        yield from measures_files(report.measures, *about)
    content = _content_key(report, rows)
    if there is not None and _holds(there, content):
        return
    bars = _bars(report)
    yield BARS, [bars]
    yield PAGE, [_page(report, bars, content)]


def _content_key(report: Report, rows: bytes) -> str:
    """Return a digest of all that decides the page, but for what is in the maps' own keys."""
    others = [
        (row.name, row.error, row.faults, row.truth, row.right, row.guess) for row in report.rows
    ]
    measured = report.measures.rows if report.measures else None
    about = report.model, report.device, report.command, report.preface, report.faults
    parts = (
        CODE_VERSION,
        drawn_by(),
        versions(),
        others,
        measured,
        about,
        report.shortlist.identity,
    )
    return hashlib.sha256(rows + repr(parts).encode(errors="backslashreplace")).hexdigest()


def _holds(folder: Path, content: str) -> bool:
    """Tell whether a folder holds the page of this content, and its chart."""
    try:
        with (folder / PAGE).open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return content.encode() in head and (folder / BARS).is_file()


def report_zip(report: Report, results: Sequence[Explained], look: OverlayLook) -> bytes:
    """Return the report's files together with all that `explain` writes, as one ZIP file."""
    whole = zip_bytes(report.model, report.device, results, look, report.preface.record)
    files = ((name, b"".join(parts)) for name, parts in report_files(report))
    return add_files(whole, files)


def _bars(report: Report) -> bytes:
    """Draw the IoU of every pair on every picture that is shown, beside the means over all."""
    known, values = series(report.rows)
    places = [at for at in report.shortlist.places if report.rows[at].pairs]
    whole = [report.rows[at] for at in places]
    values = values[:, places]
    chart = overlaps(
        [row.name for row in whole],
        [pair_title(summary.key) for summary in known],
        values,
        [summary.mean for summary in known],
        [summary.chance for summary in known],
    )
    return picture_bars_file(chart)


def _page(report: Report, bars: bytes, content: str) -> bytes:
    title = report.preface.title or "Where explanation methods agree"
    return rendered(
        "agreement.html",
        tab=title,
        content=content,
        title=title,
        byline=report.preface.byline,
        notes=report.preface.paragraphs,
        about=_about(report),
        facts=facts(report.rows),
        bars=png_url(bars),
        summaries=_summaries(report.rows),
        measures=[f"{name}: {meaning}." for name, meaning in METHODS],
        trusted=list(sections(report.measures.rows, report.shortlist.draw))
        if report.measures
        else [],
        hidden=_hidden(report),
        failures=fault_kinds(report.faults) if len(report.rows) > SHOWN else [],
        sections=_sections(report),
        command=report.command,
        versions=json.dumps(versions(), indent=1),
    )


def _about(report: Report) -> str:
    """Say what was explained with what."""
    methods = "; ".join(dict.fromkeys(map(title_of, report.shortlist.labels)))
    rules = dict.fromkeys(
        rule.words for row in report.rows for pair in row.pairs for rule in pair.rules
    )
    model = report.model
    digest = str(model.get("weights_sha256", ""))[:12]
    return (
        f"Model: {model.get('title', '')} ({model.get('id', '')}, weights {digest}). "
        f"{_input(model)}Layer: {', '.join(report.shortlist.layers) or 'none'}. "
        f"Methods: {methods}. "
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


def _sections(report: Report) -> Iterator[Section]:
    """Yield each picture that is shown; where all are, those that failed too."""
    flags, sections = second_look(report.rows), report.shortlist.sections
    for place, row in enumerate(report.rows):
        shown = sections.get(place)
        if row.error and len(report.rows) <= SHOWN:
            yield Section(row.name, row.error)
        elif shown is not None:
            notes = tuple(dict.fromkeys([*row.faults, *shown.notes]))
            yield replace(shown, flag=flags.get(place, ""), notes=notes)


def _hidden(report: Report) -> str:
    """Say how many pictures are not shown and where they are; nothing where all are."""
    explained = sum(not row.error for row in report.rows)
    count = len(report.shortlist.places)
    hidden = explained - count
    if hidden <= 0:
        return ""
    return (
        f"{count} of {explained} pictures are shown: those whose "
        f"methods agree most and least, and the worst of each measure. The rows of the other "
        f"{hidden} are in {PARQUET}, their records in {LINES}."
    )


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"
