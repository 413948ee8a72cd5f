"""The controls of the trust page: methods, measures, and what removed pixels become."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.measure import TRUSTED
from core.measure.single.table import MEASURES
from core.requests.measures import BASES, DEFAULT_MEASURES, MeasureSettings
from core.requests.settings_text import MEASURE_OPTIONS
from core.work.handlers.models import ModelSummary
from pages.ui.parts import links, toolbar
from pages.ui.parts.method_picker import listed, several
from pages.ui.parts.pickers import BIND

MOST = 6
OFFERED = {name: each.title for name, each in MEASURES.items()}
BASE_NAMES = {"blur": "blurred", "mean": "mean colour", "black": "black"}


def methods(model: ModelSummary, layers: Sequence[str]) -> tuple[str, ...]:
    """Pick one to six methods, in the order of the table."""
    return several("Methods", "compare", TRUSTED, model, layers, MOST)


def measures() -> tuple[tuple[str, ...], MeasureSettings]:
    """Pick measures and their settings."""
    unknown = links.unknown("measures", {*OFFERED, *OFFERED.values()})
    links.adopt("measures", OFFERED, several=True)
    links.unknown("base", {*BASE_NAMES, *BASE_NAMES.values()})
    links.adopt("base", BASE_NAMES)
    asked = [
        name for name, title in OFFERED.items() if title in st.query_params.get_all("measures")
    ]
    names = st.session_state.get("measures", asked or DEFAULT_MEASURES)
    with toolbar.tool("Measures", listed([OFFERED[name] for name in names])):
        chosen = st.multiselect(
            "Measures",
            tuple(OFFERED),
            default=DEFAULT_MEASURES,
            format_func=OFFERED.__getitem__,
            key="measures",
            select_all=False,
            on_change=links.forget,
            args=("measures",),
            **BIND,
        )
        base = st.segmented_control(
            "Deletion and insertion: removed pixels become",
            tuple(BASE_NAMES),
            default=MEASURE_OPTIONS["base"].default,
            required=True,
            format_func=BASE_NAMES.__getitem__,
            key="base",
            help="; ".join(f"{BASE_NAMES[name]}: {words}" for name, words in BASES.items()),
            **BIND,
        )
        low, high = MEASURE_OPTIONS["steps"].low, MEASURE_OPTIONS["steps"].high
        steps = st.number_input(
            "Steps of deletion and insertion",
            int(low or 2),
            int(high or 448),
            int(MEASURE_OPTIONS["steps"].default),
            key="steps",
            **BIND,
        )
    links.warn(unknown, "the measure", "the others")
    in_order = tuple(name for name in OFFERED if name in chosen)
    return in_order, MeasureSettings(base=str(base), steps=int(steps))
