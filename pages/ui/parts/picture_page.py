"""How every page about one picture begins: title, sentence, pickers, the loaded model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.browser.predictions import confidence
from core.pictures.picture import Picture
from core.requests.maps import Fit, Precision, PredictionRequest
from core.requests.references import PictureRef
from core.requests.studies import AUTO, StudyRequest
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.parts import (
    copy_link,
    frame,
    method_options,
    model_picker,
    models,
    pickers,
    present,
    visit_pictures,
)
from pages.ui.parts.text import escape


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a page goes on with.

    Attributes:
        picture, model, fit: as picked.
        width: of the content in pixels.
        below: the side bar under the pickers.
        said: the sentence under the title.
    """

    picture: Picture
    model: ModelSummary
    fit: Fit
    width: int
    below: DeltaGenerator
    said: DeltaGenerator

    @property
    def phone(self) -> bool:
        """Whether there is room for one column only."""
        return frame.is_phone(self.width)

    @property
    def asked(self) -> PredictionRequest:
        """The picture and the model as a request."""
        return PredictionRequest(
            picture=PictureRef.of(self.picture),
            model=self.model.reference,
            fit=self.fit,
        )

    def study(
        self,
        methods: tuple[str, ...],
        layers: tuple[str, ...],
        classes: Sequence[int],
        precision: Precision,
    ) -> StudyRequest:
        """Return the request for maps of the picture; without classes, of the predicted one."""
        return StudyRequest(
            pictures=(self.asked.picture,),
            model=self.model.reference,
            fit=self.fit,
            methods=methods,
            layers=layers,
            targets=tuple(map(str, classes)) or (AUTO,),
            precision=precision,
            lime=method_options.lime(),
            options=method_options.given(methods, classes),
        )

    def prediction(self) -> Prediction | None:
        """Return what the model says about the picture, None until it does."""
        return models.prediction(self.asked)

    def tell(self, prediction: Prediction | None) -> None:
        """Say under the title what the model predicts."""
        text = sentence(self.picture, self.model, prediction)
        self.said.caption(text)
        if prediction:
            st.session_state["said"] = (self.picture.sha256, text)


def sentence(
    picture: Picture, model: ModelSummary | None = None, prediction: Prediction | None = None
) -> str:
    """Return what the model says about the picture, and what was done to the picture."""
    width, height = picture.original_size
    text = escape(f"{picture.name}, {width} x {height} pixels.")
    if model and prediction:
        best = prediction.guesses[0]
        verb = "sees" if best.activation == "softmax" else "rates"
        text = (
            f"{escape(model.title)} {verb} **{escape(best.name)}** ({confidence(best)}) in {text}"
        )
    return " ".join((text, *map(escape, picture.notes)))


def opened(heading: str) -> Opened:
    """Draw the beginning; ends the run while the model is not there."""
    width = frame.width()
    copy_link.title(heading, present.button)
    with st.container(key="said"):
        said = st.empty()
    notices = st.container()  # not in the side bar, which is closed on phones
    with st.sidebar:
        picture = pickers.picture()
        model, device, fit = model_picker.model(), pickers.device_name(), pickers.fit()
        below = st.container()
    with notices:
        visit_pictures.notice()
    # What was last said of this picture stays until there is more: a shorter sentence would jump.
    last, text = st.session_state.get("said", ("", ""))
    said.caption(text if last == picture.sha256 else sentence(picture))
    summary = models.summary(model, device)
    if summary is None:
        st.stop()
    return Opened(picture, summary, fit, width, below, said)
