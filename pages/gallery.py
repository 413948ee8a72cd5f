"""Many pictures: how far methods agree on each, and what they tell of the model."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame, model_picker

with frame.opening("pages/gallery.py"):
    from core.requests.agreements import AgreementRequest
    from core.requests.references import PictureRef
    from core.requests.studies import StudyRequest
    from pages.ui.agreement import choices as agree_choices
    from pages.ui.gallery import audit, choices, grid, pictures, results, show
    from pages.ui.parts import copy_link, layer_picker, method_options, models, pickers, toolbar

width = frame.width()

copy_link.title("Gallery")
st.caption(
    "Explain many pictures with the same methods: where they agree beside chance, how far their "
    "maps can be trusted, and what the pictures tell of the model where their classes are known."
)
with st.sidebar:
    model, device, fit = model_picker.model(), pickers.device_name(), pickers.fit()
    below = st.container()
summary = models.summary(model, device)
if summary is None:
    st.stop()
with toolbar.line():
    is_audit = audit.is_on()
    chosen = pictures.chosen()
    layers = layer_picker.layers(summary)
    picker = audit.methods if is_audit else agree_choices.methods
    methods = picker(summary, layers)
    lime, seed = choices.lime(methods)
    if is_audit:
        many, words = audit.worst(), audit.dissection(summary.reference)
    else:
        top, (measures, settings) = choices.top(), choices.measures()
    truths = pictures.truths(summary.names, audit.typed_before() if is_audit else 0)
with below:
    precision = pickers.precision(summary)
if len(methods) < 2 - is_audit:
    st.info(f"Choose at least {'one method' if is_audit else 'two methods to compare'}.")
if not chosen:
    st.info("Choose at least one picture.")
if len(methods) < 2 - is_audit or not chosen:
    st.stop()

study = StudyRequest(
    pictures=tuple(PictureRef("", name) for name in chosen),
    model=summary.reference,
    fit=fit,
    methods=methods,
    layers=layers,
    precision=precision,
    seed=seed,
    lime=lime,
    options=method_options.given(methods, ()),
)
if is_audit:
    classes = audit.typed(chosen, truths, summary.names)
    audit.shown(study, summary, classes, many, words, width)
    st.stop()
asked = AgreementRequest(study=study, top=top, measures=measures, settings=settings)
items = show.items(asked, truths)
show.progress(items)
grid.maps(items, precision)
results.shown(summary, asked, items, precision, width)
