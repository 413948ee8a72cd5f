"""How far maps can be trusted: measures of one picture beside maps that know no model."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/trust.py"):
    from pages.ui.maps import wanted_maps
    from pages.ui.parts import layer_picker, pickers, predicted, toolbar
    from pages.ui.parts.picture_page import opened
    from pages.ui.trust import choices, deleted, downloads, mosaic, objects, randomised, table

page = opened("Trust")
prediction = page.prediction()
page.tell(prediction)
guesses = prediction.guesses if prediction else ()
with toolbar.line():
    layers = layer_picker.layers(page.model)
    methods = choices.methods(page.model, layers)
    classes = pickers.classes(page.model.names, guesses, versus=False)
    measures, settings = choices.measures()
    truth = objects.truth(page.picture, page.model.names[classes[0]] if classes else "")
with page.below:
    predicted.bars(guesses, classes[0] if classes else None)
    precision = pickers.precision(page.model)
if not methods or not measures:
    st.info("Choose at least one method and one measure.")
    st.stop()
study = page.study(methods, layers, classes, precision)
plan = wanted_maps.plan(study, classes, page.model.names, hold=True)
wanted_maps.progress(plan)
if prediction is None:
    st.stop()
others = mosaic.others() if mosaic.NAME in measures else ()
checked = table.plan(plan, measures, settings, truth, others)
table.progress(checked)
table.show(checked)
deleted.section(checked, settings, page.width)
randomised.section(checked, page.picture, prediction.box, page.width)
mosaic.section(checked, page.width)
downloads.section(checked, settings, page.picture, page.model)
