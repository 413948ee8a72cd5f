"""The line under a map: its cheapest check, and on a press all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.browser.trust import small
from core.figures.charts.trust import Line
from core.measure.single import table
from core.measure.single.check import VERDICT, Check
from core.requests.maps import AnyMap
from core.requests.measures import CheckRequest
from pages.ui.checks import asked, words
from pages.ui.checks.asked import Cell
from pages.ui.parts import jobs
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import escape

FIRST = "single-deletion"
"""The measure that stands under every map: one pass a cell, shared by all maps of a picture."""
ROW = (FIRST, "deletion", "insertion", "randomisation", "random-class", "stability")
"""What a press shows."""
PLAIN = {"displayModeBar": False, "staticPlot": True}


def ask(maps: Sequence[AnyMap]) -> tuple[Cell, ...]:
    """Ask for the cheapest check of each map; the page is drawn again when they are there.

    Args:
        maps: finished ones, when nothing else is to come.
    """
    cells = tuple(asked.cell(CheckRequest(map=each, measure=FIRST)) for each in maps)
    jobs.watch([cell.job for cell in cells if cell.job], quiet=True)
    return cells


def line(cell: Cell | None, name: str, class_name: str = "") -> None:
    """Draw the line: the number beside random maps and edges; a press opens all checks.

    Args:
        cell: from `ask`; None while maps are to come, whose place is held.
        name: of the map.
        class_name: tells maps of one method apart.
    """
    measure = table.get(FIRST)
    if cell is None:
        st.button(
            f"{measure.title}",
            type="tertiary",
            disabled=True,
            key=f"trust-none-{name}-{class_name}",
            icon=":material/hourglass_empty:",
        )
        return
    check = cell.check
    label, icon = f"{measure.title}: measuring", ":material/hourglass_empty:"
    if check is not None:
        beside = words.beside(check, short=True)
        label = f"{measure.title} **{words.number(check.measured.value)}**"
        label += words.VERDICTS[check.passed]
        label += f" ({beside})" * bool(beside)
        icon = words.ICONS[check.passed]
    elif not cell.open:
        label, icon = f"{measure.title}: not measured", ":material/help:"
    place = st.popover(
        label,
        icon=icon,
        type="tertiary",
        wrap=True,
        help=f"{measure.sentence} Press for all checks of this map.",
        key=f"trust-{cell.request.map.label}-{cell.request.map.target}",
        on_change="rerun",
    )
    with place:
        st.markdown(f"**Checks of this map by {escape(name)}**")
        if place.open:
            _row(cell.request.map)


def _row(map_: AnyMap) -> None:
    """Draw all checks of a map below each other."""
    cells = [asked.cell(CheckRequest(map=map_, measure=each)) for each in ROW]
    jobs.watch([cell.job for cell in cells if cell.job], quiet=True)
    for cell in cells:
        _check(cell)
    doubts = [cell.check.doubt for cell in cells if cell.check and cell.check.doubt]
    for doubt in doubts:
        st.warning(escape(doubt), icon=":material/error:")
    st.caption(escape(VERDICT))
    st.page_link("pages/trust.py", label="Trust: more measures, curves, random maps for all")


def _check(cell: Cell) -> None:
    """Draw one check: its number, its controls and a small curve."""
    measure, check = table.get(cell.request.measure), cell.check
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", height=76, border=False
    ):
        with st.container(width=270):
            if check is None:
                st.markdown(f"{escape(measure.title)}  \n:gray[{_waits(cell)}]")
            else:
                beside = words.beside(check) or words.direction(measure)
                st.markdown(
                    f"{escape(measure.title)} {words.badge(check)}  \n:gray[:small[{beside}]]",
                    help=measure.sentence,
                )
        curve, said = st.container(width=150), st.container(width=190)
        with curve:
            if cell.job is None:
                st.button(
                    "Measure",
                    key=f"measure-{cell.request.measure}-{cell.request.map.label}",
                    on_click=asked.press,
                    args=([cell.request],),
                )
            elif check is not None:
                _curve(cell, check, said)


def _waits(cell: Cell) -> str:
    if cell.job is None:
        return "not measured yet"
    if cell.job.error is not None:
        return escape(str(cell.job.error))
    return "stopped" if cell.stopped else "measuring"


def _curve(cell: Cell, check: Check, place: DeltaGenerator) -> None:
    """Draw the first curve of a measure with what it says, where it has one along something."""
    curves = check.measured.curves[:1]
    if not curves or cell.job is None:
        return
    shown = curves[0]
    line, along = Line(shown.name.partition(",")[0], shown.x, shown.y), shown.along
    if cell.request.measure == FIRST:  # what a cell's heat promises, and what the class loses
        drop = check.measured.curves[1]
        line, along = Line(drop.name, shown.y, drop.y, points=True), "heat, of 16 cells"
    limits = {"probability": (0.0, 1.0)}.get(shown.name)
    limits = (-1.0, 1.0) if shown.name.startswith("Spearman") else limits
    said = f"{line.name} against {along}"
    st.plotly_chart(
        drawn("small", partial(small, [line], limits), cell.job.key, cell.job.version),
        key=f"small-{cell.request.measure}-{cell.request.map.label}-{cell.request.map.target}",
        config=PLAIN,
        alt=said,
    )
    with place:
        st.caption(escape(said))
