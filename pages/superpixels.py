"""LIME: superpixels, samples that grow while you look, and how far to trust the answer."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("pages/superpixels.py"):
    from pages.ui import lime_choices, lime_line, lime_show, lime_work, show, work
    from pages.ui.opening import opened

page = opened("Superpixels")
classifier = page.classifier
with page.fold("Superpixels"):
    cut = lime_choices.cut()
row = st.container(horizontal=not page.phone, vertical_alignment="bottom", gap="small")
with row:
    count = lime_choices.samples()
    seed = lime_choices.seed()
    buttons = st.container(horizontal=True, width="stretch" if page.phone else "content")
line = st.container()

prepared, guesses = work.prediction(classifier, page.picture, page.fit)
page.tell(guesses)
with page.below:
    index = lime_choices.explained(classifier.names, guesses)
    show.bars(guesses, index)
    precision = lime_choices.precision(classifier)

with page.fold("Outlines and fit"):
    options, look = lime_choices.outlines()
asked = {**cut, **options, "samples": count}
request = lime_choices.request(classifier, prepared, index, precision, seed, asked)
with buttons:
    lime_line.presets(request)
state = lime_work.state(request, known=index is not None)
with line:
    lime_line.line(state, 110 if page.phone else 64)

lime_show.pictures(state, look, page.width)
left, right = st.columns(2, gap="large")
with left:
    lime_show.bars(state)
with right:
    lime_show.trust(state)
lime_show.downloads(state, look)
