"""Where methods agree: masks, overlap, and what chance alone would give."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("pages/agreement.py"):
    from pages.ui import agree_choices, agree_show, choices, maps, show, work
    from pages.ui.opening import opened

page = opened("Agreement")
with page.fold("Layer and methods"):
    layers = choices.layers(page.classifier)
    labels = agree_choices.methods()

with st.container():
    prepared, guesses = work.prediction(page.classifier, page.picture, page.fit)
    with page.below:
        classes = choices.classes(page.classifier.names, guesses, versus=False)
        show.bars(guesses, classes[0] if classes else None)
        precision = choices.precision()
        choices.module()
    plan = maps.plan(page.classifier, prepared, layers, classes, labels, precision)
    if classes:
        maps.progress(plan)
page.tell(guesses)


@st.fragment
def compared() -> None:
    """Compare what is there; only this runs again when a threshold moves."""
    rules = agree_choices.rules(labels)
    agree_show.compared(plan, rules, page.width)


compared()
