"""Concepts: which words describe single neurons, and which of them a prediction rests on."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/concepts.py"):
    from pages.ui.concepts import (
        chooser,
        evidence,
        new_dissection,
        overview,
        running,
        two_models,
        units,
    )
    from pages.ui.parts import jobs

width = frame.width()
st.title("Concepts", anchor=False)
said = st.empty()
with st.sidebar:
    dissection = chooser.dissection()
    below = st.container()
said.caption(chooser.sentence(dissection))
view = chooser.view(dissection is not None)
running.line(view)

if dissection is None or view == chooser.RUN:
    new_dissection.shown(below)
elif view == chooser.UNITS:
    units.shown(dissection, width)
elif view == chooser.WHY:
    evidence.shown(dissection, width, below)
elif view == chooser.PAIR:
    two_models.shown(dissection, width)
else:
    overview.shown(dissection, width)
jobs.drop_all_but()
