"""The causal check on the page: a concept's claim, what was measured, and a dial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.concepts.check.ablation import ChannelCheck
from core.concepts.check.dial import CLASSES, MAP, Dialled
from core.concepts.check.words import (
    NOTE,
    PREDICTED,
    ConceptCheck,
    changed,
    checkable,
    claim,
    headline,
    measured,
    sentence,
)
from core.concepts.evidence import Evidence, Group
from core.concepts.result.dissection import Dissection
from core.export.concept_checks import CheckRow, checks_table
from core.export.reading import SeenPicture
from core.figures.browser import heatmaps
from core.figures.browser.rows import bars
from core.figures.charts import concept_checks as charts
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.charts.rows import Bars
from core.figures.print.rows import bars_file
from core.requests.dissections import (
    MOST_FACTOR,
    EvidenceRequest,
)
from core.work.job import Job
from pages.ui.concepts import downloads
from pages.ui.maps import show
from pages.ui.parts import frame, jobs, links
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

PLAIN = {"displayModeBar": False}
STEP = 0.25
GAP = 32
CONCEPT, FACTOR = "why_concept", "why_factor"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What is checked.

    Attributes:
        dissection: named the channels.
        asked: the request of the evidence.
        evidence: its result.
        seen: the picture, and the part of it that the model saw.
        size: (height, width) of the model's input.
        width: of the page's content in pixels.
        classes: how many the model has.
    """

    dissection: Dissection
    asked: EvidenceRequest
    evidence: Evidence
    seen: SeenPicture
    size: tuple[int, int]
    width: int
    classes: int


def shown(case: Case, groups: Sequence[Group]) -> None:
    """Let a person choose a concept and its strength, and show what follows.

    Nothing without a concept that supports the class.

    Args:
        case: what is checked.
        groups: of its evidence.
    """
    some = {group.concept: group for group in checkable(groups)}
    if some:
        _section(case, some)


@st.fragment
def _section(case: Case, some: dict[str, Group]) -> None:
    st.header("Test a concept", anchor=False)
    group, factor = _controls(some)
    checking: Job[ChannelCheck] = jobs.submit(case.asked.check_of(group.channels))
    dialling: Job[Dialled] = jobs.submit(case.asked.dial_of(group.channels, factor))
    said = st.container()
    with said:
        jobs.watch([checking])
        jobs.watch([dialling], quiet=True)
    check = checking.result() if checking.state == "done" else None
    dialled = dialling.result() if dialling.state == "done" else None
    done = ConceptCheck(group, check) if check else None
    if done:
        with said:
            head, said_so = headline(group.concept, done.check), measured(done.check)
            st.markdown(f"**{escape(head)}.** {escape(said_so)}")
    _charts(case, group, done, dialled, factor)
    _maps(case, group, dialled, factor)


def _controls(some: dict[str, Group]) -> tuple[Group, float]:
    """Pick the concept and the factor."""
    names = tuple(some)
    unknown = links.unknown(CONCEPT, names)
    if st.session_state.get(CONCEPT, names[0]) not in names:
        del st.session_state[CONCEPT]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        concept = st.selectbox(
            "Concept",
            names,
            key=CONCEPT,
            width=300,
            on_change=links.forget,
            args=(CONCEPT,),
            help="Concepts whose channels support the class, the largest share first.",
            **BIND,
        )
        factor = st.slider(
            "Strength of its channels",
            0.0,
            MOST_FACTOR,
            0.0,
            STEP,
            format="%g \N{MULTIPLICATION SIGN}",
            key=FACTOR,
            width=320,
            help="All channels of the concept are multiplied by this at the layer; the rest of "
            "the model runs again. 0 switches them off, 1 changes nothing.",
            **BIND,
        )
    links.warn(unknown, "the concept", names[0])
    return some.get(concept, some[names[0]]), float(factor)


def _charts(
    case: Case,
    group: Group,
    done: ConceptCheck | None,
    dialled: Dialled | None,
    factor: float,
) -> None:
    """Show claim, measurement and chance, and what the model says now."""
    phone = frame.is_phone(case.width)
    half = case.width if phone else (case.width - GAP) // 2
    words = changed(group.concept, factor)
    rows = min(CLASSES, case.classes)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What the class loses without the concept**", help=NOTE)
        _bars(
            charts.drops(group, done), half, "check_drops", "Drop of the logit: claimed, measured"
        )
        st.caption(escape(f"{claim(group)} {PREDICTED[case.evidence.how]}"))
        if done:
            _download(case, done)
    with right:
        st.markdown("**What the model says**")
        _bars(charts.probabilities(dialled, words, rows), half, "check_shifts", "Probabilities")


def _bars(chart: Bars, width: int, key: str, alt: str) -> None:
    figure = drawn("bars", lambda: bars(chart, width), chart, width)
    st.plotly_chart(figure, key=key, config=PLAIN, alt=alt)


def _maps(case: Case, group: Group, dialled: Dialled | None, factor: float) -> None:
    """Show Grad-CAM as it is and with the channels scaled."""
    evidence, seen = case.evidence, case.seen
    first, second = MAP, f"{MAP}, {changed(group.concept, factor)}"
    waiting = dialled.note if dialled and dialled.note else "waiting"

    def draw() -> object:
        maps = dialled.shown(case.size) if dialled else None
        before, after = maps or (None, None)
        detail = _peak(dialled) if dialled and maps else ""
        panels = [
            Panel(first, f"{evidence.class_name} · {evidence.layer}", before, waiting=waiting),
            Panel(second, detail, after, waiting=waiting),
        ]
        look = HeatmapLook(1 if frame.is_phone(case.width) else 3)
        return heatmaps.grid(
            seen.picture.pixels, seen.box, panels, look, case.width, seen.picture.sha256
        )

    asked = (case.asked, group.channels, factor, dialled is not None, waiting, second)
    st.plotly_chart(
        drawn("concept map", draw, *asked, seen.box, case.size, case.width),
        key="check_maps",
        config={**show.CONFIG, "modeBarButtons": [show.FEW]},
        alt=f"{seen.picture.name}, and over it: {first}, {second}",
    )


def _peak(dialled: Dialled) -> str:
    """Say how strong the second map is beside the first."""
    if dialled.peak == 0:
        return "no place supports the class"
    return f"peak {dialled.peak:.0%} of the first" if dialled.peak > 0 else ""


def _download(case: Case, done: ConceptCheck) -> None:
    """Offer the figure of the drops and its numbers."""
    check, name = done.check, case.seen.picture.name
    chart = charts.drops(done.group, done)
    title = f"{headline(done.group.concept, check)}: {name}, {check.layer}"
    caption = f"{sentence(check)} Concepts named by {case.dissection.encoder.rstrip('.')}."
    downloads.figure(
        "check",
        lambda kind: bars_file(chart, title, caption, kind),
        lambda: checks_table([CheckRow(name, done)]),
        case.dissection,
        case.seen.picture.stem,
    )
