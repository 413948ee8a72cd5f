"""Where methods agree: masks, overlap, and what chance alone would give."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/agreement.py"):
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.agreement import show as agree_show
    from pages.ui.maps import show, wanted_maps
    from pages.ui.parts import models, pickers
    from pages.ui.parts.picture_page import opened

page = opened("Agreement")
with page.fold("Layer and methods"):
    layers = pickers.layers(page.classifier)
    labels = agree_choices.methods()

with st.container():
    prepared, guesses = models.prediction(page.classifier, page.picture, page.fit)
    with page.below:
        classes = pickers.classes(page.classifier.names, guesses, versus=False)
        show.bars(guesses, classes[0] if classes else None)
        precision = pickers.precision()
        pickers.module()
    plan = wanted_maps.plan(page.classifier, prepared, layers, classes, labels, precision)
    if classes:
        wanted_maps.progress(plan)
page.tell(guesses)


@st.fragment
def compared() -> None:
    """Compare what is there; only this runs again when a threshold moves."""
    rules = agree_choices.rules(labels)
    agree_show.compared(plan, rules, page.width)


compared()
