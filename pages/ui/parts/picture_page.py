"""How every page about one picture begins: title, sentence, pickers, the loaded model."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.models.classifier import Classifier, Fit, Guess
from core.pictures.picture import Picture
from pages.ui.maps import show
from pages.ui.parts import frame, models, pickers


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a page goes on with.

    Attributes:
        picture, classifier, fit: as picked.
        width: of the content in pixels.
        below: the side bar under the pickers.
        said: the sentence under the title.
    """

    picture: Picture
    classifier: Classifier
    fit: Fit
    width: int
    below: DeltaGenerator
    said: DeltaGenerator

    @property
    def phone(self) -> bool:
        """Whether there is room for one column only."""
        return frame.is_phone(self.width)

    def tell(self, guesses: tuple[Guess, ...]) -> None:
        """Say under the title what the model sees."""
        self.said.caption(show.sentence(self.picture, self.classifier, guesses))

    def fold(self, label: str) -> DeltaGenerator:
        """Return a place for controls, folded away on a phone."""
        return st.expander(label) if self.phone else st.container()


def opened(title: str) -> Opened:
    """Draw the beginning; ends the run while the model is not there."""
    width = frame.width()
    st.title(title, anchor=False)
    said = st.empty()
    with st.sidebar:
        picture = pickers.picture()
        model, device, fit = pickers.model(), pickers.device_name(), pickers.fit()
        below = st.container()
    said.caption(show.sentence(picture))
    classifier = models.classifier(model, device)
    if classifier is None:
        st.stop()
    return Opened(picture, classifier, fit, width, below, said)
