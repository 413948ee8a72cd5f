"""How every page about one picture begins: title, sentence, pickers, the loaded model."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.browser.predictions import confidence
from core.pictures.picture import Picture
from core.requests.maps import Fit, PredictionRequest
from core.requests.references import PictureRef
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.parts import frame, model_picker, models, pickers
from pages.ui.parts.text import escape


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a page goes on with.

    Attributes:
        picture, model, fit: as picked.
        width: of the content in pixels.
        below, last: the side bar under the pickers, and its end.
        said: the sentence under the title.
    """

    picture: Picture
    model: ModelSummary
    fit: Fit
    width: int
    below: DeltaGenerator
    last: DeltaGenerator
    said: DeltaGenerator

    @property
    def phone(self) -> bool:
        """Whether there is room for one column only."""
        return frame.is_phone(self.width)

    @property
    def asked(self) -> PredictionRequest:
        """The picture and the model as a request."""
        return PredictionRequest(
            picture=PictureRef(self.picture.sha256, self.picture.name),
            model=self.model.reference,
            fit=self.fit,
        )

    def prediction(self) -> Prediction | None:
        """Return what the model says about the picture, None until it does."""
        return models.prediction(self.asked)

    def tell(self, prediction: Prediction | None) -> None:
        """Say under the title what the model predicts."""
        self.said.caption(sentence(self.picture, self.model, prediction))

    def fold(self, label: str) -> DeltaGenerator:
        """Return a place for controls, folded away on a phone."""
        return st.expander(label) if self.phone else st.container()


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
    st.title(heading, anchor=False)
    said = st.empty()
    with st.sidebar:
        picture = pickers.picture()
        model, device, fit = model_picker.model(), pickers.device_name(), pickers.fit()
        below, last = st.container(), st.container()
    said.caption(sentence(picture))
    summary = models.summary(model, device)
    if summary is None:
        st.stop()
    return Opened(picture, summary, fit, width, below, last, said)
