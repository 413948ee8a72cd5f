"""What the model says about a picture, and the way on to the pages that say why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.figures.browser import predictions
from core.models.card import Guess
from core.work.handlers.maps import Prediction
from pages.ui.parts import frame
from pages.ui.parts.figures import drawn

GUESSES = 5
"""Best guesses of a prediction; a model with fewer classes has fewer."""
STILL = {"displayModeBar": False, "staticPlot": True}


def bars(guesses: Sequence[Guess], chosen: int | None = None, rows: int = GUESSES) -> None:
    """Show the model's best guesses; while there are none, their place of so many rows."""
    rows = len(guesses) or rows
    st.plotly_chart(
        drawn("prediction", lambda: predictions.bars(guesses, chosen, rows), guesses, chosen, rows),
        key="prediction",
        config=STILL,
        alt=f"Top predictions: {predictions.spoken(guesses)}" if guesses else "No prediction yet",
    )


def seen(prediction: Prediction) -> None:
    """Show what the model saw next to what it says."""
    with st.container(key="seen"):
        picture, guesses = st.columns([2, 3], gap="medium")
    with picture:
        st.image(
            prediction.view,
            caption="Model input",
            width="stretch",
            alt="The picture as the model sees it",
        )
    with guesses:
        bars(prediction.guesses)


def links() -> None:
    """Lead on to the pages that say why."""
    with st.container(horizontal=True, key="links"):
        for page in frame.PAGES[1:]:
            st.page_link(page.path, label=f"{page.title}: {page.question}", icon=page.icon)
