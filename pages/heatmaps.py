"""Class activation maps side by side."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/heatmaps.py"):
    from core.figures.browser.places import per_row_for
    from core.requests.studies import StudyRequest
    from pages.ui.maps import look as looks
    from pages.ui.maps import show, wanted_maps
    from pages.ui.parts import layer_picker, pickers, predicted
    from pages.ui.parts.picture_page import opened

page = opened("Heat maps")
with page.fold("Layer and maps"):
    layers = layer_picker.layers(page.model, page.last)
    methods = pickers.methods()

# One line of fixed height: the prediction's progress, then that of the maps.
with st.container():
    prediction = page.prediction()
    guesses = prediction.guesses if prediction else ()
    with page.below:
        classes = pickers.classes(page.model.names, guesses)
        predicted.bars(guesses, classes[0] if classes else None)
        precision = pickers.precision()
    if not methods:
        st.info("Choose at least one map.")
        st.stop()
    study = StudyRequest(
        pictures=(page.asked.picture,),
        model=page.model.reference,
        fit=page.fit,
        methods=methods,
        layers=layers,
        targets=tuple(map(str, classes)) or ("auto",),
        precision=precision,
    )
    plan = wanted_maps.plan(study, classes, page.model.names)
    if classes:
        wanted_maps.progress(plan)
page.tell(prediction)
if prediction is None:
    st.stop()


@st.fragment
def grid() -> None:
    """Draw the maps; only this runs again when the look changes."""
    assert prediction is not None
    with page.fold("Look"):
        look = looks.look(per_row_for(page.width))
    show.grid(plan, page.picture, prediction.box, look, page.width)
    show.captions(plan, 1 if page.phone else min(3, look.per_row))
    show.downloads(plan, page.picture, page.model, prediction, look)


grid()
