"""The dissection that this visit has started: it goes on, whichever view is looked at."""

from __future__ import annotations

import streamlit as st

from core.concepts.run import disk_blocks, library
from core.requests.dissections import DissectionRequest
from pages.ui.concepts import chooser
from pages.ui.parts import jobs

_STARTED = "dissecting"


def start(request: DissectionRequest) -> None:
    """Begin a dissection at the next run; what was computed of it before is not done again.

    Args:
        request: what is asked for; it is kept here, so that the controls may change meanwhile.
    """
    st.session_state[_STARTED] = request
    st.session_state["dissect_tries"] = tries() + 1


def tries() -> int:
    """Return how many dissections this visit has begun: an estimate holds until the next."""
    count: int = st.session_state.get("dissect_tries", 0)
    return count


def name() -> str:
    """Return the name of the dissection that has begun and is not finished; empty without one."""
    request: DissectionRequest | None = st.session_state.get(_STARTED)
    return library.name_of(request) if request else ""


def line(view: str) -> None:
    """Show how far the dissection is; when it is done, keep it and draw the page again.

    Args:
        view: that is looked at; the result is shown at once only where nothing else is.
    """
    request: DissectionRequest | None = st.session_state.get(_STARTED)
    if request is None:
        return
    job = jobs.submit(request)
    given_up = job.state in ("failed", "stopped") or job.stopped_by(jobs.visitor())
    if given_up and view != chooser.RUN:
        return
    if jobs.watch([job]):
        del st.session_state[_STARTED]
        chooser.remember(library.name_of(request), job.result(), show=view == chooser.RUN)
        st.rerun()
    if disk_blocks.default_root() is None:
        st.warning(disk_blocks.NOT_SAVED)
    else:
        st.caption("Progress is saved; after a stop it resumes where it left off.")
