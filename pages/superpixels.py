"""LIME: superpixels, samples that grow while you look, and how far to trust the answer."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/superpixels.py"):
    from pages.ui.lime import choices, downloads, jobs, progress_line, sampling
    from pages.ui.lime import show as lime_show
    from pages.ui.parts import pickers, predicted, toolbar
    from pages.ui.parts.picture_page import opened

page = opened("Superpixels")
prediction = page.prediction()
guesses = prediction.guesses if prediction else ()
page.tell(prediction)
with toolbar.line():
    segmentation = choices.segmentation()
    sampled, seed, presets = sampling.samples(balanced=True)
    classes = pickers.classes(page.model.names, guesses, versus=False)
    options, look = choices.outlines()
with page.below:
    predicted.bars(guesses, classes[0] if classes else None)
    precision = pickers.precision(page.model, "fast", "numbers")

values = {**segmentation, **options, **sampled}
samples, lime = choices.requests(page.asked, classes, precision, seed, values)
plan = jobs.plan(samples, lime)
with presets:
    progress_line.presets(plan)
progress_line.line(plan, page.model)

lime_show.pictures(plan, page.picture, prediction, look, page.width)
lime_show.checked(plan, page.width)
left, right = st.columns(2, gap="large")
with left:
    lime_show.bars(plan)
with right:
    lime_show.trust(plan)
if prediction:
    downloads.downloads(plan, page.picture, page.model, prediction, look)
