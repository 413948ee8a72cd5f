"""The overview of a dissection: concepts, layers, similarities."""

from __future__ import annotations

import streamlit as st

from core.concepts.result import compared_model
from core.concepts.result.dissection import Dissection
from core.concepts.result.summary import counts_of, top
from core.export.concept_tables import frequent_table, layers_rows, layers_table, similarity_table
from core.export.dissection import caption_of
from core.figures.browser.rows import bars, boxes
from core.figures.charts import concepts as charts
from core.figures.print.rows import bars_file, boxes_file
from pages.ui.concepts import downloads
from pages.ui.parts import frame, links, toolbar
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import escape

ALL = "all layers"
PLAIN = {"displayModeBar": False}
GAP = 32


def rule(key: str = "count") -> tuple[str, float]:
    """Pick which units count; return the rule and the threshold of the similarity."""
    words = {text: name for name, text in compared_model.RULES.items()}
    first = next(iter(words))
    with toolbar.tool("Count", links.present(key, {text: text for text in words}, first)):
        chosen = st.selectbox(
            "Count",
            tuple(words),
            key=key,
            width=260,
            **BIND,
            help="Labelled: better than chance. Similarities compare only within one word list.",
        )
        name = words.get(chosen, compared_model.SURE) if chosen else words[first]
        threshold = 0.0
        if name == compared_model.ABOVE:
            threshold = st.number_input(
                "Similarity above",
                value=0.16,
                step=0.01,
                format="%.3f",
                key=f"{key}_above",
                width=140,
                **BIND,
            )
    return name, float(threshold)


def several(name: str, key: str, label: str, steps: tuple[int, int, int, int]) -> int:
    """Pick a number of concepts.

    Args:
        name: of the button.
        key: of the control.
        label: of the control.
        steps: the least, the most, the usual number, and the step.
    """
    least, most, usual, step = steps
    numbers = {number: str(number) for number in range(least, most + 1, step)}
    with toolbar.tool(name, str(links.present(key, numbers, usual))):
        return int(st.slider(label, least, most, usual, step, key=key, width=260, **BIND))


def shown(dissection: Dissection, width: int) -> None:
    """Show the whole overview."""
    side = compared_model.of_dissection(dissection)
    layers = {path: path for path in (ALL, *side.layers)}
    with toolbar.line():
        with toolbar.tool("Layer", links.present("concept_layer", layers, ALL)):
            layer = st.selectbox("Layer", tuple(layers), key="concept_layer", width=260, **BIND)
        counted, threshold = rule()
        most = several("Shown", "concepts_shown", "Concepts shown", (10, 50, 20, 5))
    path = "" if layer == ALL else layer
    _frequent(dissection, side, path, counted, threshold, most, width)
    _layers(dissection, side, counted, threshold, width)
    for note in dissection.notes:
        st.warning(escape(note), icon=":material/info:")
    downloads.report(dissection)


def _frequent(
    dissection: Dissection,
    side: compared_model.Side,
    layer: str,
    counted: str,
    threshold: float,
    most: int,
    width: int,
) -> None:
    """Show which concepts describe the most units."""
    counts = counts_of(side.counted(counted, layer, threshold))
    ranked = top(counts, most)
    st.header(escape(f"Most frequent concepts, {layer or ALL}"), anchor=False)
    chart = charts.frequent(ranked.ranked, dissection.categories)
    st.plotly_chart(
        bars(chart, width), key="frequent", config=PLAIN, alt=f"Units by concept in {layer or ALL}"
    )
    cut = most - ranked.above
    if ranked.tied > cut:
        st.caption(
            f"{ranked.tied} concepts tie at {ranked.ranked[-1][1]} units; the first {cut} "
            "alphabetically are shown."
        )
    title = f"{side.title}: {layer or ALL}, {compared_model.RULES[counted]}"
    downloads.figure(
        "concepts",
        lambda kind: bars_file(chart, title, caption_of(dissection), kind),
        lambda: frequent_table(counts, dissection.categories, most),
        dissection,
    )


def _layers(
    dissection: Dissection, side: compared_model.Side, counted: str, threshold: float, width: int
) -> None:
    """Show what differs from layer to layer."""
    half = width if frame.is_phone(width) else (width - GAP) // 2
    rows = layers_rows(side, counted, threshold)
    counts = [(row.units, row.labelled, row.distinct) for row in rows if row.layer != "all"]
    names, caption = side.layers, caption_of(dissection)
    values = [units.similarities[~units.inactive, 0] for units in dissection.layers]
    layers = charts.layers(names, counts)
    spread = charts.spread(names, values, dissection.measure)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Layer by layer", anchor=False)
        st.plotly_chart(
            bars(layers, half),
            key="layer_bars",
            config=PLAIN,
            alt="Units, labelled units and distinct concepts of each layer",
        )
        downloads.figure(
            "layers",
            lambda kind: bars_file(layers, side.title, caption, kind),
            lambda: layers_table(rows),
            dissection,
        )
    with right:
        st.header("Similarity of each unit's best word", anchor=False)
        st.plotly_chart(
            boxes(spread, half),
            key="spread",
            config=PLAIN,
            alt="Spread of the similarities in each layer",
        )
        downloads.figure(
            "similarity",
            lambda kind: boxes_file(spread, side.title, caption, kind),
            lambda: similarity_table(dissection),
            dissection,
        )
    st.dataframe(
        [row.as_dict() for row in rows],
        hide_index=True,
        column_config={
            "share labelled": st.column_config.NumberColumn(format="percent"),
            "redundancy": st.column_config.NumberColumn(
                format="percent", help="Units whose word another labelled unit already has."
            ),
            "entropy (nats)": st.column_config.NumberColumn(format="%.2f"),
            "mean similarity": st.column_config.NumberColumn(format="%.3f"),
        },
    )
