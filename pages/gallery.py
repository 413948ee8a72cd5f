"""Many pictures: how far methods agree on each, and where the model deserves a second look."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame, model_picker

with frame.opening("pages/gallery.py"):
    from core.requests.references import PictureRef
    from core.requests.studies import StudyRequest
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.gallery import jobs, results, show
    from pages.ui.parts import layer_picker, models, pickers

width = frame.width()
phone = frame.is_phone(width)

st.title("Gallery", anchor=False)
st.caption(
    "Explain many pictures with the same methods: where they agree, how that compares with chance, "
    "and a report to download."
)
with st.sidebar:
    model, device, fit = model_picker.model(), pickers.device_name(), pickers.fit()
    below, last = st.container(), st.container()
chosen = show.pictures()
summary = models.summary(model, device)
if summary is None:
    st.stop()
with st.expander("Layer and methods") if phone else st.container():
    layers = layer_picker.layers(summary, last)
    methods = agree_choices.methods()
with below:
    precision = pickers.precision()
if len(methods) < 2 or not chosen:
    st.stop()

study = StudyRequest(
    pictures=tuple(PictureRef("", name) for name in chosen),
    model=summary.reference,
    fit=fit,
    methods=methods,
    layers=layers,
    precision=precision,
)
items = jobs.items(study, running=show.running())
show.progress(items)
results.shown(summary, study, items, width)
