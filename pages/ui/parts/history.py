"""The browser's history: one step for each page, so that Back is one press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SHARED = (
    *("picture", "model", "fit", "layer", "layers", "average", "module", "smooth", "class"),
    "precision",
)
"""Parameters that several pages have."""

# Streamlit makes a step of its own of every parameter that a page puts into the address when it is
# opened, and some of them while the address still is that of the page before. So a step is made
# only where the path changes, and the page before keeps the address that it had when a person
# last pressed something.
_SCRIPT = """
export default function() {
  if (window.seewhyHistory) return;
  window.seewhyHistory = true;
  const push = history.pushState.bind(history);
  let before = null;
  const note = () => { before = location.href; };
  for (const event of ["pointerdown", "click", "keydown"]) {
    document.addEventListener(event, note, true);
  }
  window.addEventListener("popstate", () => { before = null; });
  history.pushState = (state, title, address) => {
    if (new URL(address ?? "", location.href).pathname === location.pathname) {
      return history.replaceState(state, title, address);
    }
    if (before !== null && new URL(before).pathname === location.pathname) {
      history.replaceState(history.state, "", before);
    }
    before = null;
    push(state, title, address);
  };
}
"""


def arrive(path: str) -> None:
    """Note which page this run draws; call it first."""
    st.session_state["arrived"] = st.session_state.get("page") != path
    st.session_state["page"] = path


def just_arrived() -> bool:
    """Return whether this run is the first on a page; bound controls may start with defaults."""
    return bool(st.session_state.get("arrived"))


def one_step_a_page() -> None:
    """Let the browser's Back lead to the page before, with what was chosen there."""
    st.components.v2.component("seewhy.history", html="<i></i>", js=_SCRIPT)(key="history")


def opens(parameters: Mapping[str, Sequence[str]]) -> None:
    """Let the address alone decide what is chosen on the page that the next run opens.

    Args:
        parameters: of its address.
    """
    st.session_state["opens"] = dict(parameters), tuple(st.query_params)
    if (context := get_script_run_ctx()) is not None:
        with context.session_state.query_params() as bound:  # else they could not be changed
            bound.remove_stale_bindings(frozenset())


def take_back() -> None:
    """On the way back through the history, let the address alone decide what is chosen.

    Streamlit takes from the address of a page what a control of the page before is bound to, as a
    rest of that page: but on the way back it belongs to the page that is opened. Call it before
    the first control is drawn.
    """
    context = get_script_run_ctx()
    led = st.session_state.pop("opens", None)
    if context is None or not (context.is_history_navigation or led):
        return
    wanted, before = led or (parse_qs(context.query_string, keep_blank_values=True), ())
    for key in {*_SHARED, *before, *(wanted if led else ())}:
        for name in (key, f"kept_{key}"):
            st.session_state.pop(name, None)
    if led:  # from here on as if the browser's history had led here
        context.is_history_navigation = True
    st.query_params.from_dict(wanted)
    with context.session_state.query_params() as parameters:
        parameters.set_initial_query_params_from_current()
