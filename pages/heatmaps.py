"""Class activation maps side by side."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/heatmaps.py"):
    from core.figures.browser.places import per_row_for
    from pages.ui.maps import look as drawing
    from pages.ui.maps import show, wanted_maps
    from pages.ui.parts import models, pickers
    from pages.ui.parts.picture_page import opened

page = opened("Heat maps")
with page.fold("Layer and maps"):
    layers = pickers.layers(page.classifier)
    labels = pickers.methods()

# One line of fixed height: the prediction's progress, then that of the maps.
with st.container():
    prepared, guesses = models.prediction(page.classifier, page.picture, page.fit)
    with page.below:
        classes = pickers.classes(page.classifier.names, guesses)
        show.bars(guesses, classes[0] if classes else None)
        precision = pickers.precision()
        pickers.module()
    plan = wanted_maps.plan(page.classifier, prepared, layers, classes, labels, precision)
    if classes:
        wanted_maps.progress(plan)
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
