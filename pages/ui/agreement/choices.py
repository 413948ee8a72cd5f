"""The controls of the agreement page: methods, and what each of them marks."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.measure import COMPARED
from core.measure.masks import PARTS, marks_superpixels
from core.requests.studies import TOP, Rule
from core.work.handlers.models import ModelSummary
from pages.ui.parts import links, toolbar
from pages.ui.parts.method_picker import method_labels, several
from pages.ui.parts.pickers import BIND

MOST = 6
MARKS = {"top pixels": "top", "value": "value", "Otsu": "otsu"}


def methods(model: ModelSummary, layers: Sequence[str]) -> tuple[str, ...]:
    """Pick two to six methods, in the order of the table."""
    return several("Methods", "compare", COMPARED, model, layers, MOST)


def rules(labels: Sequence[str]) -> dict[str, Rule]:
    """Pick what counts as marked, for all methods alike or for each.

    Args:
        labels: of the methods, also of those whose map is still to come, so that nothing jumps.

    Returns:
        A rule for each label.
    """
    cams = [label for label in labels if not marks_superpixels(label)]
    own = len(cams) < len(labels)
    with toolbar.tool("Marks", _present()):
        kind = st.segmented_control(
            "A map marks",
            tuple(MARKS),
            default="top pixels",
            required=True,
            key="marks",
            **BIND,
            help="The top share of its pixels, all pixels above a value, or all above Otsu's "
            "threshold, which splits its values into two groups.",
        )
        each = st.toggle("Separate thresholds", key="each", disabled=kind == "Otsu", **BIND)
        names = [] if kind == "Otsu" else cams if each else ["all"]
        amounts = {name: _amount(MARKS[kind or "top pixels"], name) for name in names}
        parts, against = PARTS, False
        if own:
            parts = st.slider("LIME marks superpixels", 1, 20, PARTS, key="parts", **BIND)
            against = st.toggle("Include superpixels that oppose the class", key="any", **BIND)
    lime = Rule("superpixels", parts, "any" if against else "positive")
    return {
        label: lime
        if marks_superpixels(label)
        else _rule(kind, amounts.get(label, amounts.get("all")))
        for label in labels
    }


def _present() -> str:
    """Return what is about to be marked, in a word."""
    kind = links.present("marks", {name: name for name in MARKS}, "top pixels")
    if st.session_state.get("each") and kind != "Otsu":
        return f"{kind}, separate"
    if kind == "top pixels":
        return f"top {st.session_state.get('top', st.query_params.get('top', int(TOP)))} %"
    if kind == "value":
        return f"from {st.session_state.get('value', st.query_params.get('value', 0.5))}"
    return kind


def _amount(kind: str, name: str) -> float:
    """Draw one slider; `all` is that of all maps."""
    title = "All maps" if name == "all" else method_labels()[name]
    ending = "" if name == "all" else name
    if kind == "value":
        label = f"{title}: values from"
        return float(st.slider(label, 0.0, 1.0, 0.5, 0.05, key=f"value{ending}", **BIND))
    label = f"{title}: top % of pixels"
    return float(st.slider(label, 1, 50, int(TOP), key=f"top{ending}", **BIND))


def _rule(kind: str | None, amount: float | None) -> Rule:
    if kind == "Otsu" or amount is None:
        return Rule("otsu", 0)
    return Rule("value", amount) if kind == "value" else Rule("top", amount)
