"""The gallery of units: what activates each most, its words, its activations."""

from __future__ import annotations

import math

import streamlit as st

from core.concepts.result import search
from core.concepts.result.dissection import Dissection, Unit
from core.export.concept_tables import answers_table
from core.export.dissection import caption_of
from core.figures.browser.rows import histogram
from core.figures.charts.concepts import activations
from core.figures.drawing.probe_strip import strip_uri
from core.figures.print.rows import histogram_file
from pages.ui.concepts import downloads
from pages.ui.parts import frame, links, toolbar
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

SHOWN = 12
"""Units of a page of the gallery."""
PICTURES = 5
_MORE = "units_more"


def shown(dissection: Dissection, width: int) -> None:
    """Show one unit, or the units that a search finds."""
    phone = frame.is_phone(width)
    paths = tuple(units.layer for units in dissection.layers)
    query = st.session_state.pop("wanted_find", None)
    if query is not None:
        st.session_state["find"] = query
    orders = {words: order for order, words in search.ORDERS.items()}
    first = next(iter(orders))
    with toolbar.line():
        text = st.text_input(
            "Find a unit",
            key="find",
            placeholder="Find a word, a number, or layer/number",
            label_visibility="collapsed",
            width=300,
            **BIND,
        )
        asked = st.session_state.get("units_layer", st.query_params.get_all("units_layer"))
        some = [path for path in asked if path in paths]
        with toolbar.tool("Layers", some[0] if len(some) == 1 else str(len(some) or "all")):
            layers = st.pills(
                "Layers", paths, selection_mode="multi", key="units_layer", wrap=True, **BIND
            )
        with toolbar.tool("Sorted by", links.present("units_order", {w: w for w in orders}, first)):
            by = st.selectbox("Sorted by", tuple(orders), key="units_order", width=220, **BIND)
        only = st.toggle("Labelled only", key="units_labelled", **BIND)
    place = search.one_unit(dissection, text or "")
    if place is not None:
        _single(dissection, dissection.unit(*place), phone)
        return
    places = search.find_units(
        dissection, text or "", layers or (), orders[by or first], only_labelled=only
    )
    _found(dissection, places, text or "", phone)


def _found(
    dissection: Dissection, found: tuple[search.UnitKey, ...], text: str, phone: bool
) -> None:
    """Show the first units of a search, and more on request."""
    if not found:
        asked = escape(repr(text.strip()))
        st.info(f"No unit matches {asked}: try another word, or more layers.")
        return
    held: tuple[object, int] = st.session_state.get(_MORE, (None, SHOWN))
    count = held[1] if held[0] == found else SHOWN
    st.caption(f"{min(count, len(found))} of {len(found)} units.")
    columns = 1 if phone else 2
    for start in range(0, min(count, len(found)), columns):
        row = st.columns(columns, gap="medium")
        for cell, place in zip(row, found[start : start + columns], strict=False):
            with cell:
                _card(dissection, dissection.unit(*place))
    if count < len(found):
        st.button(
            "Show more", on_click=st.session_state.__setitem__, args=(_MORE, (found, count + SHOWN))
        )


def _card(dissection: Dissection, unit: Unit) -> None:
    """Show one unit of the gallery."""
    address = search.address(unit.layer, unit.number)
    with st.container(border=True):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.markdown(f"**{escape(_title(unit))}**  \n:gray[{escape(address)}]", width="content")
            st.button(
                "Open", key=f"open-{address}", on_click=_open, args=(address,), width="content"
            )
        _pictures(dissection, unit)
        st.markdown(_words(unit))
        st.caption(_numbers(unit))


def _single(dissection: Dissection, unit: Unit, phone: bool) -> None:
    """Show all that is known of one unit."""
    address = search.address(unit.layer, unit.number)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(escape(f"{_title(unit)} · {address}"), anchor=False)
        st.button("All units", on_click=_open, args=("",), icon=":material/arrow_back:")
    st.caption(f"{_numbers(unit)} The address of this page is a link to this unit.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(
            "**Pictures with the strongest activation; the outline marks where it is highest**"
        )
        _pictures(dissection, unit)
        st.dataframe(
            [{"picture": one.name, "answer": one.activation} for one in unit.strongest],
            hide_index=True,
            column_config={"answer": st.column_config.NumberColumn(format="%.3f")},
        )
    with right:
        st.markdown("**Words**")
        st.dataframe(
            [
                {
                    "word": word.text,
                    dissection.measure: word.similarity,
                    "above the next": None if math.isnan(word.margin) else word.margin,
                }
                for word in (() if unit.inactive else unit.words)
            ],
            hide_index=True,
            column_config={
                dissection.measure: st.column_config.NumberColumn(format="%.3f"),
                "above the next": st.column_config.NumberColumn(format="%.3f"),
            },
        )
        st.markdown("**Activation histogram**")
        chart = activations(unit.histogram, unit.low, unit.high)
        st.plotly_chart(
            histogram(chart),
            key="answers",
            config={"displayModeBar": False},
            alt="How many probes have which activation",
        )
        title = f"{address}: {_title(unit)}"
        downloads.figure(
            f"{address}-activations",
            lambda kind: histogram_file(chart, title, caption_of(dissection), kind),
            lambda: answers_table(unit),
            dissection,
        )


def _open(address: str) -> None:
    st.session_state["wanted_find"] = address


def _pictures(dissection: Dissection, unit: Unit) -> None:
    pictures = dissection.strip(unit, PICTURES)
    if pictures:
        names = ", ".join(one.name for one in unit.strongest[: len(pictures)])
        st.image(strip_uri(pictures), width="stretch", alt=f"Most activating pictures: {names}")
    else:
        st.caption(escape(", ".join(one.name for one in unit.strongest[:PICTURES])))


def _title(unit: Unit) -> str:
    """Return what a unit is called."""
    if unit.inactive:
        return "inactive"
    return unit.words[0].text if unit.labelled else f"{unit.words[0].text}?"


def _words(unit: Unit) -> str:
    """Return the words of a unit with their margins."""
    if unit.inactive:
        return ":gray[No word: the unit is constant or nearly always silent.]"
    first, *others = unit.words
    margin = "" if math.isnan(first.margin) else f" (+{first.margin:.2f})"
    rest = "".join(f" · {escape(word.text)} {word.similarity:.2f}" for word in others)
    return f"**{escape(first.text)}** {first.similarity:.2f}{margin}:gray[{rest}]"


def _numbers(unit: Unit) -> str:
    """Say how sure the label is and how strong its activations are."""
    if unit.inactive:
        return f"Mean activation {unit.mean:.3g}."
    sure = "labelled" if unit.labelled else "not significantly different from chance"
    share = "" if math.isnan(unit.relative) else f", {unit.relative:.0%} of the largest possible"
    return f"q = {unit.q:.3f}, {sure}{share}. Mean activation {unit.mean:.3g}."
