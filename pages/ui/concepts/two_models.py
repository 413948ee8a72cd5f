"""Two models side by side: which concepts they share, joined by concept and never by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.concepts.result import compared_model
from core.concepts.result.compared_model import Side
from core.concepts.result.summary import Shared, counts_of, shared, top
from core.concepts.run.library import Finished
from core.errors import SeeWhyError
from core.export.concept_tables import compared_table
from core.figures.browser.rows import bars as bars_figure
from core.figures.charts import concepts as charts
from core.figures.print.rows import bars_file
from pages.ui.concepts import chooser, control, kept, undissected
from pages.ui.concepts.overview import ALL, PLAIN, rule, several
from pages.ui.parts import downloads as take_away
from pages.ui.parts import history, links, toolbar
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

TABLE = "a table (CSV)"
SIDES = ("first", "second")
"""Names of the two in the address."""
LAYER = 130
"""Pixels of the picker of a layer, beside that of its dissection."""
LISTED = 40
"""Concepts in a list of shared or unique ones."""
DIFFERENCES, FREQUENT = BARS = "largest differences", "most frequent"


def shown(model: str, chosen: chooser.Chosen, width: int) -> None:
    """Show two models side by side.

    Args:
        model: in use, as the picker of models returns it.
        chosen: the dissection that comes first while nobody has chosen another.
        width: of the page in pixels.
    """
    for key in SIDES:
        _follow_link(key)
    if not chosen.of_model and not st.session_state.get("first_chosen"):
        undissected.offer(model, chosen)
    found = kept.listed()
    left, right = st.columns(2, gap="large")
    with left:
        row = st.container(horizontal=True, gap="small")
        name = _pick("First", "first", chosen.name, found, row)
        first = _side("first", name, found, row)
    with right:
        row = st.container(horizontal=True, gap="small")
        other = _pick("Second", "second", _second(name, found), found, row)
        second = _side("second", other, found, row)
    if name in found:
        control.offer(name, other, found)
    if first is None or second is None:
        return
    with toolbar.line():
        counted, threshold = rule("pair_count")
        count = several("Most frequent", "pair_k", "k most frequent", (5, 100, 50, 5))
        shown_bars = links.present("pair_bars", {each: each for each in BARS}, DIFFERENCES)
        with toolbar.tool("Bars", shown_bars):
            bars = st.segmented_control(
                "Bars", BARS, default=DIFFERENCES, required=True, key="pair_bars", **BIND
            )
    one, two = (
        counts_of(side.counted(counted, layer, threshold)) for side, layer in (first, second)
    )
    titles = _titles(first, second)
    _numbers((first, second), titles)
    empty = [title for title, counts in zip(titles, (one, two), strict=True) if not counts]
    if empty:
        st.info(f"No unit of {escape(' and '.join(empty))} passes this rule: choose another.")
        return
    both = shared(one, two, count)
    _sentence(both, count, titles)
    _bars(both, first[0], second[0], titles, str(bars), width)
    _lists(one, two, titles)
    if first[0].encoder and second[0].encoder and first[0].encoder != second[0].encoder:
        st.warning(
            "The two were labelled with different encoders, which know different vocabularies.",
            icon=":material/info:",
        )


def leave() -> None:
    """Take First and Second out of the address: the other views show one dissection."""
    for key in SIDES:
        if key in st.query_params:
            del st.query_params[key]


def _follow_link(key: str) -> None:
    """Take what the address names for one side when the page is opened."""
    if history.just_arrived():
        st.session_state.pop(f"{key}_lost", None)
    asked = st.query_params.get(key, "")
    if not asked or (f"pair_{key}" in st.session_state and not history.just_arrived()):
        return
    if kept.follow(asked):
        st.session_state[f"{key}_chosen"] = asked
    else:
        st.session_state.pop(f"{key}_chosen", None)
        st.session_state[f"{key}_lost"] = asked


def _pick(
    label: str, key: str, default: str, found: Mapping[str, Finished], row: DeltaGenerator
) -> str:
    """Pick one side by name; what nobody chose changes with the dissection that is looked at."""
    options = (*found, TABLE)
    held = st.session_state.get(f"{key}_chosen", "")
    st.session_state[f"pair_{key}"] = held if held in options else default
    titles = {**kept.titles(found), TABLE: TABLE}
    name: str = row.selectbox(
        label,
        options,
        format_func=titles.__getitem__,
        key=f"pair_{key}",
        on_change=_choose,
        args=(key,),
    )
    if lost := st.session_state.get(f"{key}_lost"):
        links.warn((lost,), "the dissection", titles[name])
    if name == TABLE:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != name:
        st.query_params[key] = name
    return name


def _choose(key: str) -> None:
    st.session_state[f"{key}_chosen"] = st.session_state[f"pair_{key}"]
    st.session_state.pop(f"{key}_lost", None)


def _second(first: str, found: Mapping[str, Finished]) -> str:
    """Return what stands beside the first while nobody has chosen: the control, if it is there."""
    if first not in found:
        return next(iter(found), TABLE)
    control_there = kept.control_in(first, found)
    return control_there or next(reversed(kept.others(first, found)), TABLE)


def _side(
    key: str, name: str, found: Mapping[str, Finished], row: DeltaGenerator
) -> tuple[Side, str] | None:
    """Return one side and its layer; None while it is not there."""
    if name != TABLE:
        made = kept.load(name)
        if made is None:
            st.error("This dissection is not on this server any more: choose another.")
            return None
        side = replace(compared_model.of_dissection(made), title=kept.model_title(found[name]))
    else:
        file = st.file_uploader(
            "Descriptions from CLIP-Dissect, MILAN or NetDissect",
            type=["csv", "tsv", "txt"],
            key=f"{key}_csv",
        )
        if file is None:
            return None
        try:
            side = compared_model.of_table(file.getvalue(), file.name)
        except SeeWhyError as error:
            st.error(escape(str(error)))
            return None
    layers = ALL, *side.layers
    layer = row.selectbox("Layer", layers, key=f"{key}_layer", width=LAYER, **BIND)
    return side, "" if layer == ALL else layer


def _titles(first: tuple[Side, str], second: tuple[Side, str]) -> tuple[str, str]:
    """Return what the two are called; the layer tells two of one model apart."""
    one, two = (", ".join(filter(None, (side.title, layer))) for side, layer in (first, second))
    return (one, two) if one != two else (f"{one} (first)", f"{two} (second)")


def _numbers(sides: Sequence[tuple[Side, str]], titles: tuple[str, str]) -> None:
    """Show how many units of each are labelled, side by side on phones too."""
    place = st.container(horizontal=True, gap="small", key="numbers")
    for (side, layer), title in zip(sides, titles, strict=True):
        units = sum(label.layer == (layer or label.layer) for label in side.labels)
        sure = len(side.counted(compared_model.SURE, layer))
        what = "Labelled units" if side.sure is not None else "Units with a word"
        place.metric(escape(f"{what}: {title}"), f"{sure:,} of {units:,}", border=True)


def _sentence(both: Shared, count: int, titles: tuple[str, str]) -> None:
    """Say how far the two share their concepts."""
    st.markdown(
        f"**{both.top} of the {count} most frequent concepts are shared.** "
        f"{both.common} of all {both.union} distinct concepts are in both (Jaccard "
        f"{both.jaccard:.4f}). Weighed by units, the overlap of the two histograms is "
        f"{both.overlap:.4f} and their Jensen-Shannon divergence {both.divergence:.4f} bits "
        "(0 the same, 1 nothing in common)."
    )


def _bars(
    both: Shared, first: Side, second: Side, titles: tuple[str, str], bars: str, width: int
) -> None:
    """Show the shares of the units side by side."""
    rows = list(both.differences)
    if bars == FREQUENT:
        rows.sort(key=lambda row: (-(row[1] + row[2]), row[0]))
    rows = rows[:15]
    names = [name for name, _, _ in rows]
    one, two = [share for _, share, _ in rows], [share for _, _, share in rows]
    st.header(f"Share of the units, {bars or DIFFERENCES}", anchor=False)
    chart = charts.compared(names, one, two, titles)
    st.plotly_chart(
        bars_figure(chart, width),
        key="compared",
        config=PLAIN,
        alt="Share of the units of each concept in both models",
    )
    encoders = " and ".join(dict.fromkeys(filter(None, (first.encoder, second.encoder))))
    caption = f"Concepts named by {encoders}." if encoders else "Concepts as the tables name them."
    take_away.figure(
        "files-compared",
        lambda kind: bars_file(chart, "Share of the units that each concept has", caption, kind),
        "concepts",
        first.title,
        second.title,
        table=lambda: compared_table(both.differences),
    )


def _lists(one: dict[str, int], two: dict[str, int], titles: tuple[str, str]) -> None:
    """List what is in both and what is in one only, the most frequent first."""
    common = {name: one[name] + two[name] for name in one.keys() & two.keys()}
    only_first = {name: units for name, units in one.items() if name not in two}
    only_second = {name: units for name, units in two.items() if name not in one}
    groups = (
        (f"Only in {titles[0]}", only_first),
        ("In both", common),
        (f"Only in {titles[1]}", only_second),
    )
    for cell, (title, counts) in zip(st.columns(3, gap="medium"), groups, strict=True):
        with cell:
            st.markdown(f"**{escape(title)}** :gray[{len(counts)}]")
            st.dataframe(
                [{"concept": name, "units": units} for name, units in top(counts, LISTED).ranked],
                hide_index=True,
                height=300,
            )
