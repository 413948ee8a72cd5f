"""Picking a model: where it comes from, then which."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from core.errors import UnknownModel
from core.models import catalog, local_models, picker_order
from core.models.aliases import replacement_note
from core.models.catalog_entry import RANDOM, Entry
from core.models.uploads import Own
from pages.ui.parts import history, visit
from pages.ui.parts.pickers import BIND, before
from pages.ui.parts.text import counted, escape

YOURS = "Your files"
"""Group of the weight files that a visit brought along."""
FORMS = {"timm": "timm:NAME.TAG", "Hugging Face": "hf:OWNER/NAME"}
"""Form of the ids that a group takes beside those listed."""
_OWN_TITLE = re.compile(r".+ \([^()]+, [0-9a-f]{8}\)")
"""What `core.models.uploads.Own.title` looks like, for files of another session too."""


def model() -> str:
    """Pick a model by its id; a short id in the address means the newest weights.

    Where a link asks for a model that is not there, the page says so.
    """
    own = visit.current().models()
    if history.just_arrived():
        st.session_state.pop("lost_model", None)
    _follow(own)
    if wanted := st.session_state.pop("wanted_group", None):
        st.session_state["group"] = wanted
    groups = (*picker_order.groups(), *([YOURS] if own else ()))
    group = st.selectbox("Source", groups, key="group")
    with st.spinner("Reading the list of models"):  # the first time, a library is asked for it
        names = tuple(own) if group == YOURS else picker_order.offered(group)
    names += tuple(name for name in _typed().get(group, ()) if name not in names)
    before("model", names)
    first = group == groups[0]
    if "model" in st.session_state or not first:
        # Removing it instead would let the address decide, which still has what was typed.
        known = st.session_state.get("model") in names
        st.session_state["model"] = st.session_state["model"] if known else next(iter(names), None)
    name: str | None = st.selectbox(
        "Model",
        names,
        # Only what is no default stands in the address, and a link without a model means the first.
        index=0 if first else None,
        key="model",
        # In all groups alike: to Streamlit a control that takes other texts is another control,
        # and a new control's value does not enter the address.
        accept_new_options=True,
        placeholder=f"Type {FORMS[group]}" if group in FORMS else "Nothing here yet",
        help="Type to search" + (f", or enter {FORMS[group]}." if group in FORMS else "."),
        on_change=_enter,
        args=(group, names),
        **BIND,
    )
    if st.session_state.get("kept_model", name) != name:
        st.session_state.pop("lost_model", None)
        st.session_state.pop("replaced_model", None)
    # On the way back through the browser's history the address alone decides.
    if name is None and names:
        st.session_state["wanted_group"] = groups[0]
        st.rerun()
    if name is not None and name not in names:
        _ask_for(name, group)
        st.rerun()
    if lost := st.session_state.get("lost_model"):
        st.warning(escape(lost))
    if replaced := st.session_state.get("replaced_model"):
        st.info(escape(replaced))
    if name is None:
        st.info("Enter a model, or choose where it comes from.")
        st.stop()
    st.session_state["kept_model"] = name
    if name not in own:
        st.caption(escape(_facts(catalog.find(name))))
    return name


def _enter(group: str, names: Sequence[str]) -> None:
    """Ask for what was typed where it is none of the names; called before the page runs."""
    text = st.session_state.get("model")  # none where the page was just led to another address
    if text is not None and text not in names:
        _ask_for(text, group)


def _ask_for(text: str, group: str) -> None:
    """Ask for the model of a typed id in the next run, and for the one before if there is none."""
    text, prefix = text.strip(), picker_order.prefix_of(group)
    ids = [text] if _is_prefixed(text) or not prefix else [f"{prefix}{text}", text]
    if text.startswith(
        (":", ".")
    ):  # the browser leaves the chosen model out when it is typed again
        ids = [f"{st.session_state.get('kept_model', '')}{text}", *ids]
    refusals = []
    for each in ids:
        if _look_up(each):
            st.session_state.pop("lost_model", None)
            return
        refusals.append(st.session_state["lost_model"])
    st.session_state["lost_model"] = refusals[0]  # of the id that was most likely meant
    st.session_state["wanted_model"] = st.session_state.get("kept_model")


def _is_prefixed(text: str) -> bool:
    """Return whether an id names its group."""
    prefixes = filter(None, map(picker_order.prefix_of, picker_order.GROUPS))
    return text.lower().startswith(tuple(prefixes))


def _follow(own: dict[str, Own]) -> None:
    """Show the group of the model that a link, a button or the page before asks for."""
    arriving = "model" not in st.session_state or history.just_arrived()
    linked = st.query_params.get("model", "") if "model" not in st.session_state else ""
    wanted = st.session_state.get("wanted_model") or linked
    if not wanted and "group" not in st.session_state:
        wanted = st.session_state.get("model", "")
    if not wanted and arriving:
        wanted = st.session_state.get("kept_model", "")
    if not wanted:
        return
    if wanted in own:
        st.session_state["wanted_group"] = YOURS
        return
    found = _look_up(wanted)
    if not linked or found == linked:
        return
    # The control would take from the address what it does not offer.
    if found:
        st.query_params["model"] = found
        st.session_state["replaced_model"] = replacement_note(linked)
    else:
        del st.query_params["model"]
    st.rerun()


def _look_up(model_id: str) -> str:
    """Find a model and show its group; return its id, empty where there is none."""
    try:
        if _OWN_TITLE.fullmatch(model_id):
            raise UnknownModel(
                f"{model_id[:80]} belongs to another visitor: upload it to use it here."
            )
        entry = None if local_models.is_path(model_id) else catalog.find(model_id)
        if entry is None or (entry.local and local_models.find(entry.local.name) != entry.local):
            raise UnknownModel(
                f"{model_id[:80]!r} is not in the folder of models that this server offers "
                f"({local_models.VARIABLE}): enter a name without a path."
            )
    except UnknownModel as error:
        st.session_state["lost_model"] = str(error)
        return ""
    group = picker_order.group_of(entry)
    st.session_state["wanted_group"] = group
    st.session_state["wanted_model"] = entry.id
    if entry.id not in picker_order.offered(group):
        _typed().setdefault(group, []).append(entry.id)
    return entry.id


def _typed() -> dict[str, list[str]]:
    """Return the ids that this visit typed or came with, by group."""
    typed: dict[str, list[str]] = st.session_state.setdefault("typed_models", {})
    return typed


def _facts(entry: Entry) -> str:
    """Return what is known of a model before it is loaded."""
    facts = [entry.description.rstrip(".")] if entry.description else []
    if not entry.description and entry.classes:
        facts.append(f"{counted(entry.classes, 'class')} at {entry.input_size} pixels")
    if entry.parameters:
        facts.append(f"{entry.parameters / 1e6:.1f} M parameters")
    if entry.top1 is not None:
        facts.append(f"top-1 accuracy {entry.top1:.1f} %")
    if entry.file is None and entry.weights_name != RANDOM:  # which are nowhere to be found
        facts.append(catalog.status(entry).words)
    return " · ".join(facts)
