"""Concepts: which words describe single neurons, and which of them a prediction rests on."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/concepts.py"):
    from core.export.dissection import caption_of
    from pages.ui.concepts import (
        chooser,
        evidence,
        new_dissection,
        overview,
        running,
        two_models,
        undissected,
        units,
    )
    from pages.ui.parts import copy_link, jobs, model_picker
    from pages.ui.parts.text import escape

width = frame.width()
copy_link.title("Concepts")
said = st.empty()
with st.sidebar:
    model = model_picker.model()
    chosen = chooser.chosen(model)
    below = st.container()
said.caption(chooser.sentence(chosen))
view = chooser.view(chosen is not None)
chooser.tell_lost()
running.line(view, model)
if chosen is not None and view not in (chooser.RUN, chooser.PAIR) and not chosen.of_model:
    undissected.offer(model, chosen)
if view != chooser.PAIR:
    two_models.leave()

if chosen is None or view == chooser.RUN:
    new_dissection.shown(model, below)
elif view == chooser.UNITS:
    units.shown(chosen.dissection, width)
elif view == chooser.WHY:
    evidence.shown(chosen.dissection, width, below)
elif view == chooser.PAIR:
    two_models.shown(model, chosen, width)
else:
    overview.shown(chosen.dissection, width)
if chosen is not None and view not in (chooser.RUN, chooser.PAIR):
    st.caption(escape(caption_of(chosen.dissection)))
jobs.drop_all_but()
