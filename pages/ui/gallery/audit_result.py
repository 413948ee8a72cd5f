"""What an audit found: sentences, charts, errors, shortcuts, concepts, copies, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape as as_html
from typing import Any

import streamlit as st

from core.export.audit_page import (
    audit_page,
    class_concepts,
    confusions,
    definitions,
    error_card,
    error_concepts,
    reading,
)
from core.export.audit_record import PAGE, RECORD, Report, record_parts
from core.figures.browser.reliability import reliability as drawn_reliability
from core.figures.browser.rows import bars
from core.figures.charts.audit import class_bars, place_bars, reliability
from core.files.names import download_name
from core.measure.audit.findings import Findings
from core.measure.audit.words import copies_sentence, shortcut_sentence, summary
from core.work.handlers.models import ModelSummary
from pages.ui.parts.text import counted, escape

PLAIN = {"displayModeBar": False}
_STYLE = """<style>
.audit {display: flex; flex-wrap: wrap; gap: .6rem; margin: .1rem 0 .3rem}
.audit figure {margin: 0; flex: 1 1 7rem; max-width: 11rem}
.audit.small figure {flex-basis: 6rem; max-width: 7.5rem}
.audit img {width: 100%; display: block; border-radius: .3rem}
.audit figcaption {font-size: .8rem; line-height: 1.3; overflow-wrap: anywhere}
</style>"""


def shown(report: Report, model: ModelSummary, width: int) -> None:
    """Show all of it.

    Args:
        report: the result.
        model: that was audited.
        width: of the content in pixels.
    """
    found = report.found
    st.header("In short", anchor=False)
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in summary(found)))
    for sentence in (*report.notes, *(reason for _, reason in report.faults)):
        st.warning(escape(sentence))
    _downloads(report, model)
    _shortcuts(report, width)
    _errors(report)
    _calibration(found)
    _classes(found, width)
    _concepts(found)
    _copies(report)
    with st.expander("How to read this, and what chance is"):
        every = (*reading(), *definitions())
        st.markdown("\n".join(f"- {escape(sentence)}" for sentence in every))
    with st.expander("The same on the command line"):
        st.code(report.command, language="bash", wrap_lines=True)


def _downloads(report: Report, model: ModelSummary) -> None:
    parts = f"audit-of-{len(report.found.rows)}", model.id
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            lambda: audit_page(report),
            download_name(*parts, ending="html"),
            "text/html",
            on_click="ignore",
            key="audit_html",
            type="primary",
            help=f"A single page that works offline and prints well; the command writes {PAGE}.",
        )
        st.download_button(
            "Record (JSON)",
            lambda: b"".join(record_parts(report)),
            download_name(*parts, ending="json"),
            "application/json",
            on_click="ignore",
            key="audit_json",
            help=f"Every number with its definition; the command writes {RECORD}.",
        )


def _shortcuts(report: Report, width: int) -> None:
    found = report.found
    if not found.shortcuts:
        return
    st.header("Possible shortcuts", anchor=False)
    for at, each in enumerate(found.used):
        st.markdown(f"**{escape(shortcut_sentence(found, each))}**")
        _strip(report.strips.get(("shortcut", at), ()), "small")
        st.plotly_chart(
            bars(place_bars(found, each.index), width),
            key=f"audit_places_{at}",
            config=PLAIN,
            alt="Share of the heat in each place, of this class and of others",
        )
    others = [each for each in found.shortcuts if not each.is_used]
    if others:
        st.markdown("\n".join(f"- {escape(shortcut_sentence(found, each))}" for each in others))


def _errors(report: Report) -> None:
    if not report.details:
        return
    st.header(f"Errors, looked at closely ({len(report.details)})", anchor=False)
    for number, detail in enumerate(report.details):
        card: Mapping[str, Any] = error_card(report.found, detail)
        with st.expander(escape(f"{card['name']}: {card['words']}"), expanded=number < 3):
            _strip(card["figures"])
            st.markdown("\n".join(f"- {escape(fact)}" for fact in card["facts"]))


def _strip(figures: Iterable[tuple[str, str]], kind: str = "") -> None:
    """Draw pictures beside each other, with their captions."""
    drawn = "".join(
        f'<figure><img src="{as_html(address)}" alt="{as_html(caption)}">'
        f"<figcaption>{as_html(caption)}</figcaption></figure>"
        for address, caption in figures
    )
    if drawn:
        st.html(f'{_STYLE}<div class="audit {kind}">{drawn}</div>')


def _calibration(found: Findings) -> None:
    if not found.known:
        return
    st.header("Is it as right as it says?", anchor=False)
    chart = reliability(found)
    st.plotly_chart(
        drawn_reliability(chart),
        key="audit_reliability",
        config=PLAIN,
        alt="Share of right answers by confidence, with intervals, and where the pictures are",
    )
    made = found.calibration
    st.caption(f"{chart.caption} Brier score {made.brier:.3f} (0 is best, 2 worst).")


def _classes(found: Findings, width: int) -> None:
    if not found.known:
        return
    st.header("Class by class", anchor=False)
    st.plotly_chart(
        bars(class_bars(found), width),
        key="audit_classes",
        config=PLAIN,
        alt="Recall and precision of the classes that are recognised least often",
    )
    head = ("True class", "Taken for", "Times", "Of the class", "Of all errors")
    _table(head, list(confusions(found)), "What it takes for what")


def _concepts(found: Findings) -> None:
    rows = list(error_concepts(found))
    own = list(class_concepts(found))
    if not rows and not own:
        return
    st.header("Concepts", anchor=False)
    head = ("Concept", "Drives errors", "Drives right answers", "Odds ratio", "q", "More often in")
    _table(head, rows, "Concepts in errors and in right answers")
    _table(("Concept", "Class", "Of its pictures", "Of others", "q"), own, "In one class only")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], words: str) -> None:
    if rows:
        lines = [dict(zip(head, row, strict=True)) for row in rows]
        st.caption(words)
        st.dataframe(lines, hide_index=True, alt=words)


def _copies(report: Report) -> None:
    found = report.found
    if not found.copies:
        return
    pictures = len({at for each in found.copies for at in each.places})
    st.header(f"Copies ({counted(pictures, 'picture')})", anchor=False)
    for at, each in enumerate(found.copies):
        said = escape(copies_sentence(found, each))
        st.markdown(f"**{said}**" if each.disagree else said)
        _strip(report.strips.get(("copies", at), ()), "small")
