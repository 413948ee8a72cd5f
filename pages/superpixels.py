"""LIME: superpixels, samples that grow while you look, and how far to trust the answer."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/superpixels.py"):
    from pages.ui.lime import choices, downloads, jobs, progress_line
    from pages.ui.lime import show as lime_show
    from pages.ui.parts import pickers, predicted
    from pages.ui.parts.picture_page import opened

page = opened("Superpixels")
with page.fold("Superpixels"):
    segmentation = choices.segmentation()
row = st.container(horizontal=not page.phone, vertical_alignment="bottom", gap="small")
with row:
    count = choices.samples()
    seed = choices.seed()
    buttons = st.container(horizontal=True, width="stretch" if page.phone else "content")
line = st.container()

prediction = page.prediction()
guesses = prediction.guesses if prediction else ()
page.tell(prediction)
with page.below:
    classes = pickers.classes(page.model.names, guesses, versus=False)
    predicted.bars(guesses, classes[0] if classes else None)
    precision = choices.precision(page.model)

with page.fold("Outlines and fit"):
    options, look = choices.outlines()
values = {**segmentation, **options, "samples": count}
samples, lime = choices.requests(page.asked, classes, precision, seed, values)
with buttons:
    progress_line.presets(samples)
plan = jobs.plan(samples, lime)
with line:
    progress_line.line(plan, page.model, 110 if page.phone else 64)

lime_show.pictures(plan, page.picture, prediction, look, page.width)
left, right = st.columns(2, gap="large")
with left:
    lime_show.bars(plan)
with right:
    lime_show.trust(plan)
if prediction:
    downloads.downloads(plan, page.picture, prediction, look)
