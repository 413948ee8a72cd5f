"""The results of a gallery: the table, the charts, the sentences, the report."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import streamlit as st

from core.export.report import Report, report_files, report_zip
from core.export.thumbs import thumb_uri
from core.figures.browser.picture_bars import picture_bars
from core.figures.browser.predictions import is_unsure
from core.figures.browser.rows import boxes
from core.figures.charts import overlaps as charts
from core.figures.drawing.overlay import OverlayLook
from core.measure.masks import PARTS, marks_superpixels
from core.measure.study import Row, facts, key_of, second_look, series, table
from core.requests.command_line import command_of, without_folders
from core.requests.studies import TOP, AgreementRequest, StudyRequest
from core.work.handlers.models import ModelSummary
from pages.ui.gallery.jobs import Item
from pages.ui.parts import jobs as work
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND, method_labels
from pages.ui.parts.text import escape

PLAIN = {"displayModeBar": False}
THUMB = 96
ROW, ROWS = 64, 8
"""Height of a row of the table in pixels, and how many it shows before it scrolls."""
NAMES = 6
"""Pictures that are named beside a reason why they failed."""
NAMED = 112
"""Width in pixels of columns of names."""


def shown(model: ModelSummary, study: StudyRequest, items: Sequence[Item], width: int) -> None:
    """Show what is there: table, charts, sentences, files."""
    if not any(item.ended for item in items):
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        top = st.slider("Each map marks its top % of pixels", 1, 50, int(TOP), key="top", **BIND)
        parts = PARTS
        if any(map(marks_superpixels, study.methods)):
            parts = st.slider("LIME marks superpixels", 1, 20, PARTS, key="parts", **BIND)
    rows = [item.row(top, parts) for item in items]
    _table(items, rows)
    _failures(rows)
    whole = [row for row in rows if row.pairs]
    if not whole:
        return
    known, values = series(whole)
    pairs = [" and ".join(method_labels()[label] for label in each.key) for each in known]
    names = [row.name for row in whole]
    st.subheader("Overlap on each picture", anchor=False)
    means, chances = [each.mean for each in known], [each.chance for each in known]
    chart = charts.overlaps(names, pairs, values, means, chances)
    st.plotly_chart(
        picture_bars(chart, width),
        key="iou_bars",
        config=PLAIN,
        alt="IoU of every pair on every picture",
    )
    if len(whole) > 2:
        st.subheader("Spread over the pictures", anchor=False)
        st.plotly_chart(
            boxes(charts.spread(pairs, list(values), names), width),
            key="boxes",
            config=PLAIN,
            alt="Spread of the IoU of every pair",
        )
    st.subheader("In words", anchor=False)
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in facts(rows)))
    _downloads(model, _asked(study, items, top, parts), items, rows)


def _table(items: Sequence[Item], rows: Sequence[Row]) -> None:
    """Show one sortable row a picture."""
    flags = second_look(rows)
    shares = st.column_config.NumberColumn
    lines: list[dict[str, Any]] = []
    columns: dict[str, Any] = {
        "": st.column_config.ImageColumn(width="small"),
        "Picture": st.column_config.TextColumn(width=NAMED),
        "Prediction": st.column_config.TextColumn(width=NAMED),
        "Probability": shares(format="percent"),
        "Second look": st.column_config.TextColumn(width=NAMED, help="Methods disagree here."),
    }
    for index, (item, row) in enumerate(zip(items, rows, strict=True)):
        if not item.ended:
            continue
        line: dict[str, Any] = {
            "": _thumbnail(item),
            "Picture": row.name,
            "Prediction": _prediction(row),
            "Probability": row.guess.probability if row.guess else None,
        }
        if flags:  # beside the prediction: behind the numbers nobody would scroll to it
            line["Second look"] = flags.get(index, "")
        for pair in row.pairs:
            name = " & ".join(method_labels()[label] for label in key_of(pair))
            line[name] = pair.iou if math.isfinite(pair.iou) else None
            columns[name] = shares(format="%.2f", help="IoU")
        for one in item.found:
            name = f"{method_labels()[one.label]} (s)"
            line[name] = one.seconds
            columns[name] = shares(format="%.2f", help="Seconds")
        lines.append(line)
    high: int | Literal["content"] = "content" if len(lines) <= ROWS else ROW * ROWS
    st.dataframe(
        lines,
        height=high,
        column_config=columns,
        hide_index=True,
        row_height=ROW,
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


def _thumbnail(item: Item) -> str:
    """Return the picture beside its first map as an address of a small image."""
    if item.study is None:
        return ""
    picture, study, first = work.resources().picture(item.study.pictures[0]), item.study, item.whole
    done = item.explained() if first else None
    return drawn(
        "thumbnail",
        partial(thumb_uri, picture, done, THUMB),
        study.pictures[0],
        item.requests[:1] if done else (),
    )


def _asked(study: StudyRequest, items: Sequence[Item], top: float, parts: int) -> AgreementRequest:
    """Return the gallery as a request: all pictures that can be read, and what maps mark."""
    pictures = tuple(item.study.pictures[0] for item in items if item.study is not None)
    lime = replace(study.lime, outline=replace(study.lime.outline, superpixels=parts))
    return AgreementRequest(study=replace(study, pictures=pictures, lime=lime), top=top)


def _downloads(
    model: ModelSummary, request: AgreementRequest, items: Sequence[Item], rows: Sequence[Row]
) -> None:
    """Offer the report; it is made on the click."""
    st.subheader("Download", anchor=False)
    arguments = command_of(without_folders(request))
    command = shlex.join(["python", "-m", "core", *arguments, "--out", "report"])

    def report() -> Report:
        return Report(
            [row for row, item in zip(rows, items, strict=True) if item.ended],
            [item.explained() for item in items if item.whole is not None],
            model.record,
            model.device,
            command,
            OverlayLook(),
        )

    def page() -> bytes:
        return dict(report_files(report()))["report.html"]

    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            page,
            "report.html",
            "text/html",
            on_click="ignore",
            key="report",
            type="primary",
            help="A single page that works offline.",
        )
        st.download_button(
            "Everything (ZIP)",
            lambda: report_zip(report()),
            "report.zip",
            "application/zip",
            on_click="ignore",
            key="report_zip",
            help="Report, table, overlays, raw values, LIME's parameters and the record.",
        )
        st.download_button(
            "Table (CSV)",
            lambda: table(rows, model.id),
            "agreement.csv",
            "text/csv",
            on_click="ignore",
            key="table",
        )
