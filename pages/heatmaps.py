"""Class activation maps side by side."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("pages/heatmaps.py"):
    from core.figures.places import per_row_for
    from pages.ui import choices, drawing, maps, show, work
    from pages.ui.opening import opened

page = opened("Heat maps")
with page.fold("Layer and maps"):
    layers = choices.layers(page.classifier)
    labels = choices.methods()

# One line of fixed height: the prediction's progress, then that of the maps.
with st.container():
    prepared, guesses = work.prediction(page.classifier, page.picture, page.fit)
    with page.below:
        classes = choices.classes(page.classifier.names, guesses)
        show.bars(guesses, classes[0] if classes else None)
        precision = choices.precision()
        choices.module()
    plan = maps.plan(page.classifier, prepared, layers, classes, labels, precision)
    if classes:
        maps.progress(plan)
page.tell(guesses)


@st.fragment
def grid() -> None:
    """Draw the maps; only this runs again when the look changes."""
    with page.fold("Look"):
        look = drawing.look(per_row_for(page.width))
    show.grid(plan, look, page.width)
    show.captions(plan, 1 if page.phone else min(3, look.per_row))
    show.downloads(plan, guesses, look)


grid()
