"""Where methods agree: masks, overlap, and what chance alone would give."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/agreement.py"):
    from core.requests.studies import StudyRequest
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.agreement import show as agree_show
    from pages.ui.maps import wanted_maps
    from pages.ui.parts import layer_picker, pickers, predicted
    from pages.ui.parts.picture_page import opened

page = opened("Agreement")
with page.fold("Layer and methods"):
    layers = layer_picker.layers(page.model, page.last)
    methods = agree_choices.methods()

with st.container():
    prediction = page.prediction()
    guesses = prediction.guesses if prediction else ()
    with page.below:
        classes = pickers.classes(page.model.names, guesses, versus=False)
        predicted.bars(guesses, classes[0] if classes else None)
        precision = pickers.precision()
    if not methods:
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
def compared() -> None:
    """Compare what is there; only this runs again when a threshold moves."""
    assert prediction is not None
    rules = agree_choices.rules(methods)
    agree_show.compared(plan, page.picture, prediction.box, rules, page.width)


compared()
