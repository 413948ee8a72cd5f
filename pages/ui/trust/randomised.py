"""Random weights: do the maps change when the model knows nothing?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.export.reading import Box
from core.figures.browser import heatmaps
from core.figures.browser.places import per_row_for
from core.figures.browser.trust import curves
from core.figures.charts.maps import HeatmapLook, Panel
from core.figures.charts.trust import Lines
from core.measure.single.randomisation import RANDOMISATION
from core.pictures.picture import Picture
from pages.ui.checks import words
from pages.ui.maps.show import CONFIG, FEW
from pages.ui.parts.figures import drawn
from pages.ui.parts.pickers import BIND
from pages.ui.trust.table import CheckedMaps

NAME = RANDOMISATION.name
PLAIN = {"displayModeBar": False}
ORDERS = {"from the head down": "head down", "from the input up": "input up"}


@st.fragment
def section(checked: CheckedMaps, picture: Picture, box: Box, width: int) -> None:
    """Draw all maps at a stage of random weights, and how like the original they stay.

    Args:
        checked: the checks.
        picture: the explained one.
        box: the part of it that the model saw.
        width: of the page in pixels.
    """
    found = checked.of(NAME)
    if not found:
        return
    st.header("Make the model forget, layer by layer", anchor=False)
    st.caption(
        "Weights become random step by step. A map that explains the model must fall apart; "
        "one that "
        "hardly changes does not depend on what was made random."
    )
    first = found[0][2].measured
    stages = len(first.curves[0].x)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        order = st.segmented_control(
            "Order", tuple(ORDERS), default=next(iter(ORDERS)), required=True, key="order", **BIND
        )
        stage = st.slider("Steps of random weights", 0, stages, 1, key="stage", **BIND)
    way = ORDERS[order or next(iter(ORDERS))]
    curve = 0 if way == "head down" else 2
    # The last stage of both orders is one network, which has no weights left.
    name = f"{way} {stage}" if stage < stages else f"head down {stages}"
    labels = first.curves[curve].labels
    to = "down" if way == "head down" else "up"
    reached = f"random {to} to {labels[stage - 1]}" if stage else "trained"
    panels = []
    for tile, _, check in found:
        shown = check.measured.maps[name] if stage or not tile.result else tile.result.shown
        rho = f"Spearman {words.number(float(check.measured.curves[curve].y[stage - 1]))}"
        panels.append(Panel(tile.title, rho if stage else "the trained model", shown))
    look = HeatmapLook(max(2, per_row_for(width)))
    keys = [cell.job.key for _, cell, _ in found if cell.job]
    figure = drawn(
        "randomised",
        lambda: heatmaps.grid(picture.pixels, box, panels, look, width, picture.sha256),
        keys,
        name,
        stage,
        box,
        width,
    )
    st.markdown(f"Weights: **{reached}**")
    st.plotly_chart(
        figure,
        key="randomised",
        config={**CONFIG, "modeBarButtons": [FEW]},
        alt=f"The maps with the weights {reached}",
    )
    lines = chart(checked, curve, float(stage) if stage else None)
    st.plotly_chart(
        drawn(
            "forgetting",
            partial(curves, lines, width),
            keys,
            [line.place for line in lines.lines],
            way,
            stage,
            width,
        ),
        key="forgetting",
        config=PLAIN,
        alt=f"{lines.what} correlation of each map with that of the trained model, stage by stage",
    )


def chart(checked: CheckedMaps, curve: int = 0, at: float | None = None) -> Lines:
    """Return how like the original the maps stay.

    Args:
        checked: the checks.
        curve: place of the curve among those of the measure.
        at: the stage that is looked at.
    """
    found = [(tile, check.measured.curves[curve]) for tile, _, check in checked.of(NAME)]
    labels = found[0][1].labels
    return Lines(
        "Correlation with the original: 0 is right",
        tuple(checked.line(tile, each) for tile, each in found),
        f"steps of random weights, from {labels[0]} to {labels[-1]}",
        "Spearman",
        (-1.0, 1.0),
        at,
        ticks=labels,
    )
