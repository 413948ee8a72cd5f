"""Many pictures: how far methods agree on each, and where the model deserves a second look."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("pages/gallery.py"):
    from pages.ui import agree_choices, choices, gallery_show, gallery_work, work

width = shell.width()
phone = shell.is_phone(width)

st.title("Gallery", anchor=False)
st.caption(
    "Explain many pictures with the same methods: where they agree, how that compares with chance, "
    "and a report to take home."
)
with st.sidebar:
    model, device, fit = choices.model(), choices.device_name(), choices.fit()
    below = st.container()
chosen = gallery_show.pictures()
classifier = work.classifier(model, device)
if classifier is None:
    st.stop()
with st.expander("Layer and methods") if phone else st.container():
    layers = choices.layers(classifier)
    labels = agree_choices.methods()
with below:
    precision = choices.precision()
    choices.module()
if len(labels) < 2 or not chosen:
    st.stop()

wish = gallery_work.Wish(classifier, fit, layers, labels, precision)
items = gallery_work.items(wish, chosen, running=gallery_show.running())
gallery_show.progress(items)
gallery_show.results(wish, items, width)
