"""Class activation maps side by side."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/heatmaps.py"):
    from core.figures.browser.places import per_row_for
    from pages.ui.maps import how, show, wanted_maps
    from pages.ui.maps import look as looks
    from pages.ui.parts import (
        layer_picker,
        method_picker,
        pickers,
        predicted,
        present,
        toolbar,
    )
    from pages.ui.parts.picture_page import opened

page = opened("Heat maps")
prediction = page.prediction()
page.tell(prediction)
guesses = prediction.guesses if prediction else ()
with toolbar.line():
    layers = layer_picker.layers(page.model)
    methods = present.one_of(method_picker.methods(page.model, layers))
    classes = pickers.classes(page.model.names, guesses)
    look = looks.look(2 if present.on() else per_row_for(page.width))
    look = replace(look, large=present.on())
with page.below:
    predicted.bars(guesses, classes[0] if classes else None)
    precision = pickers.precision(page.model)
if not methods:
    st.info("Choose at least one map.")
    st.stop()
study = page.study(methods, layers, classes, precision)
plan = wanted_maps.plan(study, classes, page.model.names)
wanted_maps.progress(plan)
if prediction is None:
    st.stop()
show.grid(plan, page.picture, prediction.box, look, page.width)
show.captions(plan, 1 if page.phone else min(3, look.per_row))
if not present.on():
    how.section(plan, page.width)
    show.downloads(plan, page.picture, page.model, prediction, look)
