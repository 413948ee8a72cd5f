"""The controls of the agreement page: methods, and what each of them marks."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.measure import COMPARED
from core.measure.masks import PARTS, marks_superpixels
from core.requests.studies import TOP, Rule
from pages.ui.parts import pickers
from pages.ui.parts.pickers import BIND, method_labels

MOST = 6
MARKS = {"top pixels": "top", "value": "value", "Otsu": "otsu"}


def methods() -> tuple[str, ...]:
    """Pick two to six methods, in the order of the table."""
    text = "Two to six. You can add a method twice, with and without smoothing."
    chosen = pickers.several("Methods", "compare", COMPARED, text, MOST)
    if len(chosen) < 2:
        st.info("Choose at least two methods to compare.")
    return chosen


def rules(labels: Sequence[str]) -> dict[str, Rule]:
    """Pick what counts as marked, for all methods alike or for each.

    Args:
        labels: of the methods, also of those whose map is still to come, so that nothing jumps.

    Returns:
        A rule for each label.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
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
    cams = [label for label in labels if not marks_superpixels(label)]
    own = len(cams) < len(labels)
    names = [] if kind == "Otsu" else cams if each else ["all"]
    places = iter(st.columns(max(3, min(4, len(names) + 2 * own)), gap="medium") * 3)
    amounts: dict[str, float] = {}
    for name in names:
        with next(places):
            amounts[name] = _amount(MARKS[kind or "top pixels"], name)
    parts, against = PARTS, False
    if own:
        with next(places):
            parts = st.slider("LIME marks superpixels", 1, 20, PARTS, key="parts", **BIND)
        with next(places):
            against = st.toggle("Include superpixels that oppose the class", key="any", **BIND)
    lime = Rule("superpixels", parts, "any" if against else "positive")
    return {
        label: lime
        if marks_superpixels(label)
        else _rule(kind, amounts.get(label, amounts.get("all")))
        for label in labels
    }


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
