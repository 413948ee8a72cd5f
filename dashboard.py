"""Overview: pick a picture and a model, see the prediction, go on to a page."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("dashboard.py"):
    from core.requests.maps import PredictionRequest
    from core.requests.references import PictureRef
    from pages.ui.parts import (
        copy_link,
        model_picker,
        models,
        overview_pickers,
        own_weights,
        pickers,
        predicted,
        visit_pictures,
    )

frame.width()  # what measures it also closes a phone's side bar behind a link
copy_link.title("SeeWhy")
st.caption("See what an image classifier looks at: choose a picture and a model, then ask why.")
left, right = st.columns([3, 2], gap="large")

with left:
    st.header("Picture", anchor=False)
    picture = pickers.picture("collapsed")
    visit_pictures.notice()
    overview_pickers.pictures(picture)

with right:
    st.header("Model", anchor=False)
    model = model_picker.model()
    overview_pickers.status(model)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fit, device = pickers.fit(), pickers.device_name()
    own_weights.upload(model)
    own_weights.settings(model)
    st.header("Prediction", anchor=False)
    summary = models.summary(model, device)
    if summary is None:
        st.stop()
    above = st.container()  # stays where it is while the line of a slow prediction comes and goes
    asked = PredictionRequest(
        picture=PictureRef(picture.sha256, picture.name), model=summary.reference, fit=fit
    )
    prediction = models.prediction(asked)
    with above:
        if prediction is None:
            rows = min(predicted.GUESSES, len(summary.names))
            predicted.bars((), rows=rows)  # their place, so that nothing jumps when they come
        else:
            predicted.seen(prediction)
            own_weights.assumption(model, summary.reference)
        predicted.links()
