"""Which dissection the page is about, and which view of it.

It is that of the model in use, whenever another model is chosen; one that a person or a link chose
since then stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.concepts.result.compared_model import SURE, of_dissection
from core.concepts.result.dissection import Dissection
from core.concepts.result.summary import counts_of
from core.concepts.run import library
from core.concepts.run.library import Finished
from pages.ui.concepts import kept
from pages.ui.parts import history, links
from pages.ui.parts.pickers import BIND, before
from pages.ui.parts.text import counted, escape

OVER, UNITS, WHY, PAIR, RUN = VIEWS = (
    "Overview",
    "Units",
    "Why this class",
    "Two models",
    "New dissection",
)
_KEY, _PARAMETER = "dissection_name", "dissection"
_FOLLOWED, _BY_HAND, _LOST = "dissected_model", "dissection_by_hand", "lost_dissection"


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What is shown.

    Attributes:
        name: as in the address.
        about: what a list says of it.
        dissection: itself.
        found: all that could be chosen, as `kept.listed` gives it.
        of_model: whether the model in use has a dissection, or a person chose another model's.
    """

    name: str
    about: Finished
    dissection: Dissection
    found: Mapping[str, Finished]
    of_model: bool


def show(name: str) -> None:
    """Show a dissection at the next run, as if it was chosen by hand; for a button."""
    st.session_state[f"wanted_{_KEY}"] = name
    _by_hand()


def chosen(model: str) -> Chosen | None:
    """Pick a dissection; None where there is none at all.

    Args:
        model: in use, as the picker of models returns it.
    """
    _follow_link(model)
    found = kept.listed()
    _follow_model(model, found)
    if not found:
        return None
    before(_KEY, tuple(found))
    titled = kept.titles(found)
    name: str = st.selectbox(
        "Dissection",
        tuple(found),
        format_func=titled.__getitem__,
        key=_KEY,
        help="Model and layers. Start another with New dissection.",
        on_change=_by_hand,
    )
    made = kept.load(name)
    if made is None:  # removed by another process in this moment
        st.session_state[_LOST] = True
        st.session_state[f"wanted_{_KEY}"] = library.SHIPPED
        st.rerun()
    st.session_state[f"kept_{_KEY}"] = name
    mine = kept.of_model(model, found)
    of_model = bool(mine) or bool(st.session_state.get(_BY_HAND))
    _address(name, needed=of_model and (name != library.SHIPPED or name not in mine))
    return Chosen(name, found[name], made, found, of_model)


def tell_lost() -> None:
    """Say that the link names a dissection that is not there, until another one is chosen."""
    if st.session_state.get(_LOST):
        links.say("The dissection in this link is not on this server: run it again here.")


def _by_hand() -> None:
    st.session_state[_BY_HAND] = True
    st.session_state.pop(_LOST, None)


def is_by_hand() -> bool:
    """Return whether a person or a link chose the dissection since the model was chosen."""
    return bool(st.session_state.get(_BY_HAND))


def _follow_link(model: str) -> None:
    """Take the dissection that the address names when the page is opened."""
    asked = st.query_params.get(_PARAMETER, "")
    if history.just_arrived():
        st.session_state.pop(_LOST, None)
    if not asked or (_KEY in st.session_state and not history.just_arrived()):
        return
    if kept.follow(asked):
        st.session_state[f"wanted_{_KEY}"] = asked
        st.session_state[_FOLLOWED] = model
        st.session_state[_BY_HAND] = True
    else:
        st.session_state[_LOST] = True


def _follow_model(model: str, found: Mapping[str, Finished]) -> None:
    """Show the newest dissection of a model that was chosen since the last time."""
    if st.session_state.get(_FOLLOWED) == model:
        return
    st.session_state[_FOLLOWED] = model
    st.session_state[_BY_HAND] = False
    if mine := kept.of_model(model, found):
        st.session_state[f"wanted_{_KEY}"] = mine[-1]


def _address(name: str, *, needed: bool) -> None:
    """Let the address of the page name the dissection, where it does not follow from the model."""
    if needed and st.query_params.get(_PARAMETER) != name:
        st.query_params[_PARAMETER] = name
    elif not needed and _PARAMETER in st.query_params:
        del st.query_params[_PARAMETER]


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


def sentence(given: Chosen | None) -> str:
    """Say whose units were dissected, how many of them are labelled, and what named them."""
    if given is None:
        return "Which word describes a neuron, and which concepts a prediction rests on."
    side = of_dissection(given.dissection)
    sure = side.counted(SURE)
    layers = counted(len(side.layers), "layer")
    return (
        f"**{escape(kept.model_title(given.about))}**: {len(side.labels)} units in {layers}, "
        f"{len(sure)} of them labelled with {len(counts_of(sure))} concepts by "
        f"{escape(given.dissection.encoder.partition(':')[0])}."
    )
