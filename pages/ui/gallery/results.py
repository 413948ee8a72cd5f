"""The results of a gallery: the table, the charts, the sentences, the report."""

from __future__ import annotations

import datetime
import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import streamlit as st

from core.export.gallery_figure import MOST, picture_rows
from core.export.measures_record import Measures
from core.export.preface import LONGEST, Preface
from core.export.record import Explained
from core.export.report import Report, report_files, report_of, report_zip
from core.figures.browser.picture_bars import picture_bars
from core.figures.browser.predictions import is_unsure
from core.figures.browser.rows import boxes
from core.figures.charts import overlaps as charts
from core.figures.drawing.overlay import OverlayLook
from core.figures.print.gallery import gallery_file
from core.figures.print.sheet import Kind
from core.files.names import download_name
from core.measure.study import Row, facts, key_of, second_look, series, table
from core.requests.agreements import AgreementRequest
from core.requests.command_line import command_of, without_folders
from core.work.handlers.models import ModelSummary
from pages.ui.gallery import export, trusted
from pages.ui.gallery.jobs import Item
from pages.ui.gallery.trust_rows import measures_of
from pages.ui.parts import downloads
from pages.ui.parts.method_picker import method_labels
from pages.ui.parts.text import counted, escape

COMPUTED = "Seconds of the computation, also where it was done earlier"
PLAIN = {"displayModeBar": False}
ROW, ROWS = 36, 14
"""Height of a row of the table in pixels, and how many it shows before it scrolls."""
NAMES = 6
"""Pictures that are named beside a reason why they failed."""
NAMED = 112
"""Width in pixels of columns of names."""


def shown(
    model: ModelSummary,
    asked: AgreementRequest,
    items: Sequence[Item],
    precision: str,
    width: int,
) -> None:
    """Show what is there: sentences, charts, table, files.

    Args:
        model: that is explained.
        asked: the gallery.
        items: its pictures.
        precision: as it was picked, in the words of the control.
        width: of the content in pixels.
    """
    if not any(item.compared for item in items):
        return
    study, top = asked.study, asked.top
    rows = [item.row(top, study.lime.outline.superpixels) for item in items]
    _failures(rows)
    whole = [row for row in rows if row.pairs]
    if not whole:
        return
    st.header("In words", anchor=False)
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in facts(rows)))
    known, values = series(whole)
    pairs = [" and ".join(method_labels()[label] for label in each.key) for each in known]
    names = [row.name for row in whole]
    st.header("Overlap on each picture", anchor=False)
    means, chances = [each.mean for each in known], [each.chance for each in known]
    chart = charts.overlaps(names, pairs, values, means, chances)
    spread = charts.spread(pairs, list(values), names) if len(whole) > 2 else None
    st.plotly_chart(
        picture_bars(chart, width),
        key="iou_bars",
        config=PLAIN,
        alt="IoU of every pair on every picture",
    )
    if spread is not None:
        st.header("Spread over the pictures", anchor=False)
        st.plotly_chart(
            boxes(spread, width),
            key="boxes",
            config=PLAIN,
            alt="Spread of the IoU of every pair",
        )
    st.header("Numbers", anchor=False)
    _table(items, rows)
    made = measures_of(items, asked.measures, asked.settings)
    trusted.shown(items, made, precision)
    title = f"Agreement on {counted(len(whole), 'picture')}"
    layers = dict.fromkeys(one.layer for item in items for one in item.maps if one.layer)
    caption = (
        f"Model {model.title} · layer {', '.join(layers)} · class predicted for each picture · "
        f"each map marks its top {top:g} % of pixels"
        + f" · maps of the first {MOST} pictures"
        * (len(whole) > MOST)
    )
    _downloads(
        model,
        _asked(asked, items),
        items,
        rows,
        made if asked.measures else None,
        lambda kind: gallery_file(
            chart,
            spread,
            title,
            caption,
            kind,
            picture_rows([item.explained() for item in items if item.whole]),
        ),
    )


def _table(items: Sequence[Item], rows: Sequence[Row]) -> None:
    """Show one sortable row a picture."""
    flags, judged = second_look(rows), any(row.truth for row in rows)
    shares = st.column_config.NumberColumn
    lines: list[dict[str, Any]] = []
    columns: dict[str, Any] = {
        "Picture": st.column_config.TextColumn(width=2 * NAMED),
        "Prediction": st.column_config.TextColumn(width=NAMED),
        "Probability": shares(format="percent"),
        "True class": st.column_config.TextColumn(width=NAMED),
        "Right": st.column_config.CheckboxColumn(help="The true class is predicted."),
        "Second look": st.column_config.TextColumn(width=NAMED, help="Methods disagree here."),
    }
    for index, (item, row) in enumerate(zip(items, rows, strict=True)):
        if not item.compared:
            continue
        line: dict[str, Any] = {
            "Picture": row.name,
            "Prediction": _prediction(row),
            "Probability": row.guess.probability if row.guess else None,
        }
        if judged:
            line["True class"], line["Right"] = row.truth, row.right
        if flags:  # beside the prediction: behind the numbers nobody would scroll to it
            line["Second look"] = flags.get(index, "")
        for pair in row.pairs:
            name = " & ".join(method_labels()[label] for label in key_of(pair))
            line[name] = pair.iou if math.isfinite(pair.iou) else None
            columns[name] = shares(format="%.2f", help="IoU")
        for one in item.maps:
            name = f"{method_labels()[one.label]} (s)"
            line[name] = one.seconds
            columns[name] = shares(format="%.2f", help=COMPUTED)
        lines.append(line)
    high: int | Literal["content"] = "content" if len(lines) <= ROWS else ROW * ROWS
    st.dataframe(
        lines,
        height=high,
        column_config=columns,
        hide_index=True,
        placeholder="",
        alt="One row a picture: prediction, overlap of every pair, seconds of every method",
    )


def _failures(rows: Sequence[Row]) -> None:
    """Say why pictures failed, each reason once."""
    failed: dict[str, list[str]] = {}
    for row in rows:
        if row.error:
            failed.setdefault(row.error, []).append(row.name)
    for reason, names in failed.items():
        named = ", ".join(names[:NAMES]) + f" and {len(names) - NAMES} more" * (len(names) > NAMES)
        st.error(escape(f"{named}: {reason}"))


def _prediction(row: Row) -> str:
    """Return what a picture is taken for, and whether the model is sure."""
    if row.guess is None:
        return "failed, see below" if row.error else ""
    return f"{row.guess.name}{' (unsure)' * is_unsure(row.guess)}"


def _asked(asked: AgreementRequest, items: Sequence[Item]) -> AgreementRequest:
    """Return the gallery with all pictures that can be read in the place of their names."""
    pictures = tuple(item.study.pictures[0] for item in items if item.study is not None)
    return replace(asked, study=replace(asked.study, pictures=pictures))


def _downloads(
    model: ModelSummary,
    request: AgreementRequest,
    items: Sequence[Item],
    rows: Sequence[Row],
    measures: Measures | None,
    draw: Callable[[Kind], bytes],
) -> None:
    """Offer the report, the figure and the maps; they are made on the click.

    Args:
        model: that is explained.
        request: the gallery.
        items: its pictures.
        rows: their comparisons.
        measures: of their maps; None where nothing is to be measured.
        draw: returns the figure as a file.
    """
    st.header("Report", anchor=False)
    preface = _preface()
    arguments = command_of(without_folders(request))
    command = shlex.join(
        ["python", "-m", "core", *arguments, "--out", "report", *preface.arguments]
    )

    def explained() -> list[Explained]:
        return [item.explained() for item in items if item.whole]

    def report() -> Report:
        return report_of(
            [row for row, item in zip(rows, items, strict=True) if item.compared],
            explained(),
            model.record,
            model.device,
            command,
            preface,
            measures,
        )

    def page() -> bytes:
        return b"".join(dict(report_files(report()))["report.html"])

    parts = f"gallery-of-{len(items)}", model.id
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            page,
            download_name(*parts, "report", ending="html"),
            "text/html",
            on_click="ignore",
            key="report",
            type="primary",
            help="A single page that works offline.",
        )
        downloads.figure("gallery", draw, *parts)
        st.download_button(
            "Everything (ZIP)",
            lambda: report_zip(report(), explained(), OverlayLook()),
            download_name(*parts, ending="zip"),
            "application/zip",
            on_click="ignore",
            key="report_zip",
            help="Report, table, overlays, raw values, LIME's parameters and the record.",
        )
        st.download_button(
            "Table (CSV)",
            lambda: table(rows, model.id),
            download_name(*parts, ending="csv"),
            "text/csv",
            on_click="ignore",
            key="table",
        )
        if any(item.whole for item in items):
            export.offer(model, request, explained, *parts)


def _preface() -> Preface:
    """Ask for the head of the report."""
    with st.container(horizontal=True, gap="small"):
        title = _line("Title", "title", placeholder="Where explanation methods agree")
        author = _line("Author", "author")
        date = _line("Date", "date", value=datetime.date.today().isoformat())
    notes = st.text_area(
        "Notes",
        max_chars=LONGEST["notes"],
        height=90,
        key="report_notes",
        help="They stand under the title of the report, a paragraph a line.",
        persist_state="session",
    )
    return Preface(title, author, date, notes)


def _line(label: str, name: str, value: str = "", placeholder: str = "") -> str:
    return st.text_input(
        label,
        value,
        LONGEST[name],
        key=f"report_{name}",
        placeholder=placeholder,
        persist_state="session",
    )
