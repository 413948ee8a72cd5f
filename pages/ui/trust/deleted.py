"""Deletion and insertion: curves of all maps, and the picture on its way at the slider's step."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.figures.browser.trust import curves
from core.figures.charts.trust import Line, Lines
from core.measure.single import table
from core.models.card import percent
from core.requests.maps import AnyMap
from core.requests.measures import (
    BASES,
    CheckRequest,
    Control,
    ControlRequest,
    MeasureRequest,
    MeasureSettings,
    StepRequest,
)
from core.work.handlers.checks import Step
from pages.ui.parts import frame, jobs
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape
from pages.ui.trust.table import CheckedMaps

BOTH = ("deletion", "insertion")
AXES = {"probability": 0, "logit": 1}
"""What the curves show, by the place among a measure's curves."""
CONTROLS: dict[Control, str] = {"random": "one random map", "sobel": "edges"}
PLAIN = {"displayModeBar": False}
GAP, SEEN = 32, 170
"""Pixels between two charts, and of the changed picture."""


@st.fragment
def section(checked: CheckedMaps, settings: MeasureSettings, width: int) -> None:
    """Draw curves and pictures of deletion and insertion, where they are among the measures.

    Args:
        checked: the checks.
        settings: of the measures.
        width: of the page in pixels.
    """
    kinds = [name for name in BOTH if checked.of(name)]
    if not kinds:
        return
    st.header("Remove the hottest pixels first, or show them first", anchor=False)
    base = BASES[settings.base]
    st.caption(
        f"The hottest pixels change first; removed pixels become {base}. The number in the "
        f"table is "
        "the area under the curve: small for deletion and large for insertion where the map is "
        "good."
    )
    tiles = {tile.request.label: tile for tile, _, _ in checked.of(kinds[0]) if tile.request}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = st.selectbox(
            "Map",
            tuple(tiles),
            format_func=lambda each: tiles[each].title,
            key="looked",
            width=220,
        )
        which = st.segmented_control(
            "Curves of",
            tuple(AXES),
            default="probability",
            required=True,
            key="curve",
            help="The logit is the class score before it becomes a probability.",
            **BIND,
        )
        share = st.slider("Pixels changed, in %", 0, 100, 30, 2, key="changed", **BIND)
    narrow = frame.is_phone(width)
    each = width if narrow or len(kinds) == 1 else (width - GAP) // 2
    asked = tiles[label].request if label in tiles else None
    for place, kind in zip(st.columns(len(kinds), gap="large"), kinds, strict=True):
        with place:
            _curves(checked, kind, AXES[which or "probability"], share / 100, each)
            if asked is not None:
                _picture(asked, settings, kind, share, checked.plan.subject)


def chart(checked: CheckedMaps, kind: str, at: int = 0, share: float | None = None) -> Lines:
    """Return the curves of all maps, and those of maps that know no model which are there.

    Args:
        checked: the checks.
        kind: `deletion` or `insertion`.
        at: place of the curve among those of the measure.
        share: the step that is looked at.
    """
    found, measure = checked.of(kind), table.get(kind)
    lines = [checked.line(tile, check.measured.curves[at]) for tile, _, check in found]
    for name, title in CONTROLS.items():
        job = jobs.submit(_control(found[0][1].request, name))
        if job.state == "done":
            curve = job.result().measured.curves[at]
            lines.append(Line(title, curve.x, curve.y, control=True))
    return Lines(
        f"{measure.title}: {measure.better} is better",
        tuple(lines),
        f"pixels {'deleted' if kind == 'deletion' else 'inserted'}",
        "probability" if at == 0 else "logit",
        (0.0, 1.02) if at == 0 else None,
        share,
        percent=True,
    )


def _curves(checked: CheckedMaps, kind: str, at: int, share: float, width: int) -> None:
    """Draw the curves, and again when those of the controls have come."""
    found = checked.of(kind)
    controls = [jobs.submit(_control(found[0][1].request, name)) for name in CONTROLS]
    jobs.watch(controls, quiet=True)
    shown = chart(checked, kind, at, share)
    keys = [cell.job.key for _, cell, _ in found if cell.job]
    figure = drawn(
        "trust",
        partial(curves, shown, width),
        keys,
        [line.place for line in shown.lines] + [at],
        share,
        kind,
        width,
    )
    st.plotly_chart(
        figure,
        key=f"curves-{kind}",
        config=PLAIN,
        alt=f"{shown.what} of {checked.plan.subject} against the share of {shown.along}",
    )


def _control(request: CheckRequest, control: Control) -> MeasureRequest:
    """Return the measure of a map that knows no model."""
    of = request.map
    asked = ControlRequest(
        picture=of.picture, model=of.model, fit=of.fit, target=of.target, control=control
    )
    return MeasureRequest(map=asked, measure=request.measure, settings=request.settings)


def _picture(asked: AnyMap, settings: MeasureSettings, kind: str, share: int, subject: str) -> None:
    """Show what the model sees at a step, and what it says."""
    deletes = kind == "deletion"
    job = jobs.submit(StepRequest(map=asked, deletes=deletes, percent=share, settings=settings))
    if not jobs.watch([job], quiet=True):
        return
    step: Step = job.result()
    name = subject.partition(" at ")[0]
    said = ", ".join(f"{escape(each.name)} {percent(each.probability)}" for each in step.guesses)
    words = f"{share} % {'deleted' if deletes else 'inserted'}"
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.image(step.view, width=SEEN, alt=f"What the model sees with {words}")
        with st.container(width="stretch"):
            st.markdown(f"**{words}**  \n{escape(name)} **{percent(step.probability)}**")
            st.caption(f"The model says: {said}")
