"""LIME: superpixels, samples that grow while you look, and how far to trust the answer."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/superpixels.py"):
    from pages.ui.lime import choices, jobs, progress_line
    from pages.ui.lime import show as lime_show
    from pages.ui.maps import show
    from pages.ui.parts import models
    from pages.ui.parts.picture_page import opened

page = opened("Superpixels")
classifier = page.classifier
with page.fold("Superpixels"):
    cut = choices.cut()
row = st.container(horizontal=not page.phone, vertical_alignment="bottom", gap="small")
with row:
    count = choices.samples()
    seed = choices.seed()
    buttons = st.container(horizontal=True, width="stretch" if page.phone else "content")
line = st.container()

prepared, guesses = models.prediction(classifier, page.picture, page.fit)
page.tell(guesses)
with page.below:
    index = choices.explained(classifier.names, guesses)
    show.bars(guesses, index)
    precision = choices.precision(classifier)

with page.fold("Outlines and fit"):
    options, look = choices.outlines()
asked = {**cut, **options, "samples": count}
request = choices.request(classifier, prepared, index, precision, seed, asked)
with buttons:
    progress_line.presets(request)
state = jobs.state(request, known=index is not None)
with line:
    progress_line.line(state, 110 if page.phone else 64)

lime_show.pictures(state, look, page.width)
left, right = st.columns(2, gap="large")
with left:
    lime_show.bars(state)
with right:
    lime_show.trust(state)
lime_show.downloads(state, look)
