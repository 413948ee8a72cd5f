"""A lesson of pictures that a teacher chooses: guess, paint, reveal."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from core.explain import CLASSICS
from core.models import picker_order
from pages.ui.parts import visit, visit_pictures
from pages.ui.parts.method_picker import method_labels

MOST = 20
"""Pictures of a round."""
FIRST = 2
"""Maps that are chosen where nobody chose; they cost little."""

GUESSED = {"yes": "from four classes", "free": "from all classes", "no": "not"}
PAINTED = {"model": "where the model looks", "object": "where the object is", "no": "nothing"}
"""What is asked, by the word in the lesson's text."""


def text() -> str | None:
    """Pick pictures, a model and maps; return the lesson's text, None while a choice is missing."""
    mine = visit.current()
    shared = mine.received() | mine.shared()
    offered = [*visit_pictures.built_in(), *shared, *visit_pictures.on_server()]
    pictures = st.multiselect(
        "Pictures",
        offered,
        default=offered[:3],
        format_func=visit_pictures.title,
        max_selections=MOST,
        key="round_pictures",
        help="Your own pictures stand here once they are shared: *Share this picture* is below "
        "the picture's name on any page.",
    )
    models = picker_order.offered(picker_order.groups()[0])
    kept = st.session_state.get("kept_model", "")
    model: str = st.selectbox(
        "Model", models, models.index(kept) if kept in models else 0, key="round_model"
    )
    maps = st.multiselect(
        "Maps at the reveal",
        tuple(method_labels()),
        default=CLASSICS[:FIRST],
        format_func=method_labels().__getitem__,
        key="round_maps",
        select_all=False,
    )
    guessed = st.segmented_control(
        "Guess the answer",
        tuple(GUESSED),
        default="yes",
        required=True,
        format_func=GUESSED.__getitem__,
        key="round_guess",
        wrap=True,
    )
    painted = st.segmented_control(
        "Paint",
        tuple(PAINTED),
        default="model",
        required=True,
        format_func=PAINTED.__getitem__,
        key="round_paint",
        wrap=True,
    )
    if not pictures or not maps or guessed == painted == "no":
        st.caption("Choose one picture and one map at least, and something to guess or paint.")
        return None
    pairs = [
        *(("picture", shared.get(name, visit_pictures.title(name))) for name in pictures),
        ("model", model),
        *(("maps", name) for name in maps),
    ]
    return (
        "title: Guess, paint, reveal\nminutes: 15\n\n# Guess and paint\n"
        f"view: heatmaps?{urlencode(pairs)}\nguess: {guessed}\n"
        + ("" if painted == "no" else f"paint: {painted}\n")
    )
