"""Many pictures: how far methods agree on each, and where the model deserves a second look."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/gallery.py"):
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.gallery import jobs, show
    from pages.ui.parts import models, pickers

width = frame.width()
phone = frame.is_phone(width)

st.title("Gallery", anchor=False)
st.caption(
    "Explain many pictures with the same methods: where they agree, how that compares with chance, "
    "and a report to take home."
)
with st.sidebar:
    model, device, fit = pickers.model(), pickers.device_name(), pickers.fit()
    below = st.container()
chosen = show.pictures()
classifier = models.classifier(model, device)
if classifier is None:
    st.stop()
with st.expander("Layer and methods") if phone else st.container():
    layers = pickers.layers(classifier)
    labels = agree_choices.methods()
with below:
    precision = pickers.precision()
    pickers.module()
if len(labels) < 2 or not chosen:
    st.stop()

wish = jobs.Wish(classifier, fit, layers, labels, precision)
items = jobs.items(wish, chosen, running=show.running())
show.progress(items)
show.results(wish, items, width)
