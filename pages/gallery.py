"""Many pictures: how far methods agree on each, and where the model deserves a second look."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame, model_picker

with frame.opening("pages/gallery.py"):
    from core.requests.agreements import AgreementRequest
    from core.requests.references import PictureRef
    from core.requests.studies import StudyRequest
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.gallery import choices, grid, pictures, results, show
    from pages.ui.parts import copy_link, layer_picker, method_options, models, pickers, toolbar

width = frame.width()

copy_link.title("Gallery")
st.caption(
    "Explain many pictures with the same methods: where they agree beside chance, how far their "
    "maps can be trusted, and a report to download."
)
with st.sidebar:
    model, device, fit = model_picker.model(), pickers.device_name(), pickers.fit()
    below = st.container()
summary = models.summary(model, device)
if summary is None:
    st.stop()
with toolbar.line():
    chosen = pictures.chosen()
    layers = layer_picker.layers(summary)
    methods = agree_choices.methods(summary, layers)
    lime, seed = choices.lime(methods)
    top = choices.top()
    measures, settings = choices.measures()
    truths = pictures.truths(summary.names)
with below:
    precision = pickers.precision(summary)
if len(methods) < 2:
    st.info("Choose at least two methods to compare.")
if not chosen:
    st.info("Choose at least one picture.")
if len(methods) < 2 or not chosen:
    st.stop()

asked = AgreementRequest(
    study=StudyRequest(
        pictures=tuple(PictureRef("", name) for name in chosen),
        model=summary.reference,
        fit=fit,
        methods=methods,
        layers=layers,
        precision=precision,
        seed=seed,
        lime=lime,
        options=method_options.given(methods, ()),
    ),
    top=top,
    measures=measures,
    settings=settings,
)
items = show.items(asked, truths)
show.progress(items)
grid.maps(items, precision)
results.shown(summary, asked, items, precision, width)
