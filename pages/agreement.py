"""Where methods agree: masks, overlap, and what chance alone would give."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/agreement.py"):
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.agreement import show as agree_show
    from pages.ui.maps import wanted_maps
    from pages.ui.parts import layer_picker, pickers, predicted, toolbar
    from pages.ui.parts.picture_page import opened

page = opened("Agreement")
prediction = page.prediction()
page.tell(prediction)
guesses = prediction.guesses if prediction else ()
with toolbar.line():
    layers = layer_picker.layers(page.model)
    methods = agree_choices.methods(page.model, layers)
    classes = pickers.classes(page.model.names, guesses, versus=False)
    rules = agree_choices.rules(methods)
    place = st.container(width="content")  # of the pair, once there is one
with page.below:
    predicted.bars(guesses, classes[0] if classes else None)
    precision = pickers.precision(page.model)
if len(methods) < 2:
    st.info("Choose at least two methods to compare.")
    st.stop()
study = page.study(methods, layers, classes, precision)
plan = wanted_maps.plan(study, classes, page.model.names, hold=True)
wanted_maps.progress(plan)
if prediction is None:
    st.stop()
seen = agree_show.Seen(page.picture, page.model, prediction.box, page.width)
agree_show.compared(plan, seen, rules, place)
