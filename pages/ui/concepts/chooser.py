"""Which dissection the page is about, and which view of it."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.concepts.result.compared_model import SURE, of_dissection
from core.concepts.result.dissection import Dissection, title_of
from core.concepts.result.summary import counts_of
from core.concepts.run import disk_blocks, library
from core.export.dissection import caption_of
from pages.ui.parts.pickers import BIND, before
from pages.ui.parts.text import counted, escape

OVER, UNITS, WHY, PAIR, RUN = VIEWS = (
    "Overview",
    "Units",
    "Why this class",
    "Two models",
    "New dissection",
)
MOST = 6
"""Dissections kept for a visit; the oldest goes first and is still found by its link."""
_PARAMETER = "dissection"


def _made() -> dict[str, Dissection]:
    """Return the dissections of this visit by name."""
    made: dict[str, Dissection] = st.session_state.setdefault("dissected", {})
    return made


def remember(name: str, dissection: Dissection, *, show: bool) -> None:
    """Keep a dissection for this visit.

    Args:
        name: from `kept.name_of`.
        dissection: finished.
        show: whether to show it at the next run.
    """
    made = _made()
    made[name] = dissection
    while len(made) > MOST:
        made.pop(next(iter(made)))
    st.session_state.pop("lost_dissection", None)
    if show:
        st.session_state["wanted_dissection_name"] = name
        st.session_state["wanted_view"] = OVER


@st.cache_resource(show_spinner=False)
def _shipped() -> Dissection | None:
    return library.find(library.SHIPPED)


def offered() -> dict[str, Dissection]:
    """Return what can be chosen, by name: the one that comes with SeeWhy, then this visit's."""
    shipped = _shipped()
    return ({library.SHIPPED: shipped} if shipped else {}) | _made()


def dissection() -> Dissection | None:
    """Pick a dissection; None where there is none yet."""
    asked = st.query_params.get(_PARAMETER, "")
    fresh = "dissection_name" not in st.session_state
    if asked and asked not in offered() and fresh:
        linked = library.find(asked, disk_blocks.default_root())
        if linked is None:
            st.session_state["lost_dissection"] = asked
        else:
            _made()[asked] = linked
    if st.session_state.get("lost_dissection"):
        st.info("The dissection in this link is not on this server. Run it again here.")
    found, titled = offered(), titles()
    if not found:
        return None
    if asked in found and fresh:
        st.session_state["dissection_name"] = asked
    before("dissection_name", tuple(found))
    name: str = st.selectbox(
        "Dissection",
        tuple(found),
        format_func=titled.__getitem__,
        key="dissection_name",
        help="Model and layers. Start another with New dissection.",
    )
    if st.session_state.get("kept_dissection_name", name) != name:
        st.session_state.pop("lost_dissection", None)
    st.session_state["kept_dissection_name"] = name
    _address(name)
    return found[name]


def _address(name: str) -> None:
    """Let the address of the page name the dissection."""
    if name != library.SHIPPED and st.query_params.get(_PARAMETER) != name:
        st.query_params[_PARAMETER] = name
    elif name == library.SHIPPED and _PARAMETER in st.query_params:
        del st.query_params[_PARAMETER]


def titles() -> dict[str, str]:
    """Return what each dissection is called in pickers, by name; no two are called the same."""
    own = {name: title_of(given) for name, given in offered().items()}
    counts = Counter(own.values())
    noted = {}
    for name, title in own.items():
        if name == library.SHIPPED:
            title = f"{name} (built in)"
        elif counts[title] > 1:
            title += f" ({name[:4]})"
        noted[name] = title
    return noted


def view(some: bool) -> str:
    """Pick a view; without a dissection there is only one.

    Args:
        some: whether there is a dissection.
    """
    if not some:
        return RUN
    chosen = before("view", VIEWS, OVER)
    picked = st.segmented_control(
        "View",
        VIEWS,
        default=None if chosen else OVER,
        required=True,
        key="view",
        label_visibility="collapsed",
        wrap=True,
        **BIND,
    )
    return picked or OVER


def sentence(given: Dissection | None) -> str:
    """Say what was dissected, how much of it is labelled, and what named the concepts."""
    if given is None:
        return "Which word describes a neuron, and which concepts a prediction rests on."
    side = of_dissection(given)
    sure = side.counted(SURE)
    layers = counted(len(side.layers), "layer")
    return escape(
        f"{len(side.labels)} units in {layers}, {len(sure)} of them labelled "
        f"with {len(counts_of(sure))} concepts. {caption_of(given)}"
    )
