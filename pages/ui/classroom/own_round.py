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
    painted = st.segmented_control(
        "Painted is",
        ("model", "object"),
        default="model",
        required=True,
        format_func={"model": "where the model looks", "object": "where the object is"}.__getitem__,
        key="round_paint",
    )
    if not pictures or not maps:
        st.caption("Choose one picture and one map at least.")
        return None
    pairs = [
        *(("picture", shared.get(name, visit_pictures.title(name))) for name in pictures),
        ("model", model),
        *(("maps", name) for name in maps),
    ]
    return (
        "title: Guess, paint, reveal\nminutes: 15\n\n# Guess and paint\n"
        f"view: heatmaps?{urlencode(pairs)}\nguess: yes\npaint: {painted}\n"
    )
