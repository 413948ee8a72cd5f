"""Two models side by side: which concepts they share, joined by concept and never by position."""

from __future__ import annotations

import streamlit as st

from core.concepts.result import compared_model
from core.concepts.result.compared_model import Side
from core.concepts.result.dissection import Dissection
from core.concepts.result.summary import Shared, counts_of, shared, top
from core.errors import SeeWhyError
from core.export.concept_tables import compared_table
from core.figures.browser.rows import bars as bars_figure
from core.figures.charts import concepts as charts
from core.figures.print.rows import bars_file
from pages.ui.concepts import chooser, downloads, new_dissection
from pages.ui.concepts.overview import ALL, PLAIN, rule
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

TABLE = "a table (CSV)"
LISTED = 40
"""Concepts in a list of shared or unique ones."""
DIFFERENCES, FREQUENT = "largest differences", "most frequent"


def shown(dissection: Dissection, width: int) -> None:
    """Show two models side by side."""
    offered = chooser.offered()
    names = list(offered)
    current = next((name for name, given in offered.items() if given is dissection), TABLE)
    other = next((name for name in names if name != current), TABLE)
    left, right = st.columns(2, gap="large")
    with left:
        first = _side("First", "first", [*names, TABLE], current, offered)
    with right:
        second = _side("Second", "second", [*names, TABLE], other, offered)
    if first is None or second is None:
        if len(offered) < 2:
            _control(dissection)
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        counted, threshold = rule("pair_count")
        count = st.slider("k most frequent", 5, 100, 50, 5, key="pair_k", width=240, **BIND)
        bars = st.segmented_control(
            "Bars",
            (DIFFERENCES, FREQUENT),
            default=DIFFERENCES,
            required=True,
            key="pair_bars",
            **BIND,
        )
    one, two = (
        counts_of(side.counted(counted, layer, threshold)) for side, layer in (first, second)
    )
    empty = [side.title for side, counts in ((first[0], one), (second[0], two)) if not counts]
    if empty:
        st.info(f"No unit of {escape(' and '.join(empty))} passes this rule: choose another.")
        return
    both = shared(one, two, count)
    titles = _titles(first, second)
    _sentence(both, count, titles)
    _bars(both, first[0], second[0], titles, str(bars), width)
    _lists(one, two, titles)
    if first[0].encoder and second[0].encoder and first[0].encoder != second[0].encoder:
        st.warning(
            "The two were labelled with different encoders, which know different vocabularies.",
            icon=":material/info:",
        )


def _side(
    label: str, key: str, options: list[str], chosen: str, offered: dict[str, Dissection]
) -> tuple[Side, str] | None:
    """Pick one side and its layer; None while it is not there."""
    words = {**chooser.titles(), TABLE: TABLE}
    name = st.selectbox(
        label,
        options,
        index=options.index(chosen),
        format_func=words.__getitem__,
        key=f"pair_{key}",
    )
    if name != TABLE:
        side = compared_model.of_dissection(offered[name])
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
    layer = st.selectbox("Layer", (ALL, *side.layers), key=f"{key}_layer")
    return side, "" if layer == ALL else layer


def _titles(first: tuple[Side, str], second: tuple[Side, str]) -> tuple[str, str]:
    """Return what the two are called; the layer tells two of one model apart."""
    one, two = (", ".join(filter(None, (side.title, layer))) for side, layer in (first, second))
    return (one, two) if one != two else (f"{one} (first)", f"{two} (second)")


def _control(dissection: Dissection) -> None:
    """Offer the comparison that every student should see first: the same net, untrained."""
    st.info(
        "Give a table, or dissect another model first. A network with random weights is the "
        "usual control: what it shares with the trained one comes from the pictures and words."
    )
    st.button(
        "Dissect the same network with random weights",
        icon=":material/casino:",
        on_click=new_dissection.control,
        args=(dissection,),
    )


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
    st.subheader(f"Share of the units, {bars or DIFFERENCES}", anchor=False)
    chart = charts.compared(names, one, two, titles)
    st.plotly_chart(
        bars_figure(chart, width),
        key="compared",
        config=PLAIN,
        alt="Share of the units of each concept in both models",
    )
    encoders = " and ".join(dict.fromkeys(filter(None, (first.encoder, second.encoder))))
    caption = f"Concepts named by {encoders}." if encoders else "Concepts as the tables name them."
    downloads.figure(
        "compared",
        lambda kind: bars_file(chart, "Share of the units that each concept has", caption, kind),
        lambda: compared_table(both.differences),
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
