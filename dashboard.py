"""Overview: pick a picture and a model, see the prediction, go on to a page."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("dashboard.py"):
    from pages.ui import choices, pick, show, work

st.title("SeeWhy", anchor=False)
st.caption("See what an image classifier looks at: choose a picture and a model, then ask why.")
left, right = st.columns([3, 2], gap="large")

with left:
    st.header("Picture", anchor=False)
    picture = choices.picture("collapsed")
    pick.pictures(picture)

with right:
    st.header("Model", anchor=False)
    model = choices.model("collapsed")
    pick.status(model)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fit, device = choices.fit(), choices.device_name()
    pick.own_weights(model)
    st.header("Prediction", anchor=False)
    classifier = work.classifier(model, device)
    if classifier is None:
        st.stop()
    above = st.container()  # stays where it is while the line of a slow prediction comes and goes
    prepared, guesses = work.prediction(classifier, picture, fit)
    with above:
        show.seen(prepared, guesses)
        show.links()
