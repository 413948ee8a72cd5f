"""Concepts: which words describe single neurons, and which of them a prediction rests on."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell

with shell.opening("pages/concepts.py"):
    from pages.ui import (
        concept_job,
        concept_over,
        concept_pair,
        concept_pick,
        concept_run,
        concept_units,
        concept_why,
        work,
    )

width = shell.width()
st.title("Concepts", anchor=False)
said = st.empty()
with st.sidebar:
    dissection = concept_pick.dissection()
    below = st.container()
said.caption(concept_pick.sentence(dissection))
view = concept_pick.view(dissection is not None)
concept_job.line(view)

if dissection is None or view == concept_pick.RUN:
    concept_run.shown(below)
elif view == concept_pick.UNITS:
    concept_units.shown(dissection, width)
elif view == concept_pick.WHY:
    concept_why.shown(dissection, width, below)
elif view == concept_pick.PAIR:
    concept_pair.shown(dissection, width)
else:
    concept_over.shown(dissection, width)
work.drop_all_but()
