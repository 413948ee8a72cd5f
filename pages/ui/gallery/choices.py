"""The controls of the gallery that are its own: what a map marks, and LIME's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.measure.single.table import MEASURES
from core.requests.measures import BASES, MeasureSettings
from core.requests.options import options_of
from core.requests.settings_text import lime_of
from core.requests.studies import LIME, TOP, LimeSettings
from pages.ui.gallery.measured import OFFERED
from pages.ui.lime import choices, sampling
from pages.ui.parts import links, toolbar
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import counted, escape

KEY = "measured"
"""Of the choice of measures, and its parameter in the address."""
WALKS = ("deletion", "insertion")
"""Measures that remove pixels step by step."""


def top() -> float:
    """Pick which share of its pixels a map marks, in percent."""
    value = st.session_state.get("top", st.query_params.get("top", int(TOP)))
    with toolbar.tool("Marks", f"top {value} %"):
        text = "Each map marks its top % of pixels"
        share = st.slider(text, 1, 50, int(TOP), key="top", **BIND)
        st.caption("LIME marks the superpixels that it outlines.")
    return float(share)


def measures() -> tuple[tuple[str, ...], MeasureSettings]:
    """Pick what is measured of each map, and how pixels are removed for it."""
    titles = {name: MEASURES[name].title for name in OFFERED}
    lost = links.unknown(KEY, {*titles.values(), *titles})
    links.adopt(KEY, titles, several=True)
    with toolbar.tool("Measures", _measured(titles)):
        chosen = st.multiselect(
            "How far can each map be trusted?",
            tuple(titles),
            default=[],
            format_func=titles.__getitem__,
            key=KEY,
            placeholder="Measure nothing",
            on_change=links.forget,
            args=(KEY,),
            **BIND,
        )
        for each in map(MEASURES.__getitem__, chosen):
            st.caption(escape(f"{each.title}: {each.sentence}"))
        settings = _settings() if set(WALKS) & set(chosen) else MeasureSettings()
    if lost:
        links.say(
            f"This link asks for {counted(len(lost), 'measure')} that the gallery does not have: "
            "the command agree takes every measure."
        )
    return tuple(name for name in titles if name in chosen), settings


def _measured(titles: Mapping[str, str]) -> str:
    """Return what is about to be measured, in a word."""
    asked = st.query_params.get_all(KEY)
    names = st.session_state.get(KEY, [name for name, text in titles.items() if text in asked])
    if not names:
        return "none"
    return titles[names[0]] if len(names) == 1 else str(len(names))


def _settings() -> MeasureSettings:
    """Pick what deletion and insertion put in the place of pixels, and in how many steps."""
    options = {option.name: option for option in options_of(MeasureSettings)}
    base, steps = options["base"], options["steps"]
    chosen = st.segmented_control(
        "Removed pixels become",
        base.choices,
        default=str(base.default),
        required=True,
        key="base",
        help="; ".join(f"{name}: {words}" for name, words in BASES.items()) + ".",
        **BIND,
    )
    low, high = int(steps.low or 0), int(steps.high or 0)
    count = st.number_input("Steps", low, high, int(steps.default), key="steps", **BIND)
    return MeasureSettings(base=str(chosen or base.default), steps=int(count))


def lime(methods: Sequence[str]) -> tuple[LimeSettings, int]:
    """Pick how LIME works, where it is among the methods; return it with the seed."""
    if LIME not in methods:
        return LimeSettings(), 0
    segmentation = choices.segmentation()
    samples, seed, _ = sampling.samples()
    options, _ = choices.outlines(drawing=False)
    return lime_of({**segmentation, **options, **samples}), seed
