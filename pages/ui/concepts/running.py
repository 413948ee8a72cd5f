"""The dissection that this visit has started: it goes on, whichever view is looked at."""

from __future__ import annotations

import streamlit as st

from core.concepts.run import disk_blocks, library
from core.concepts.run.dissect import Request
from core.requests.keys import content_key
from pages.ui.concepts import chooser
from pages.ui.parts import jobs

_STARTED = "dissecting"


def start(name: str, request: Request) -> None:
    """Begin a dissection at the next run; what was computed of it before is not done again.

    Args:
        name: from `kept.name_of`.
        request: what is asked; it is held here, so that the controls may change meanwhile.
    """
    st.session_state[_STARTED] = (name, request)
    st.session_state["dissect_tries"] = tries() + 1


def tries() -> int:
    """Return how many dissections this visit has begun: an estimate holds until the next."""
    count: int = st.session_state.get("dissect_tries", 0)
    return count


def name() -> str:
    """Return the name of the dissection that has begun and is not finished; empty without one."""
    held: tuple[str, Request] | None = st.session_state.get(_STARTED)
    return held[0] if held else ""


def line(view: str) -> None:
    """Show how far the dissection is; when it is done, keep it and draw the page again.

    Args:
        view: that is looked at; the result is shown at once only where nothing else is.
    """
    held: tuple[str, Request] | None = st.session_state.get(_STARTED)
    if held is None:
        return
    key, request = held
    root = disk_blocks.default_root()
    job = jobs.want(
        content_key(kind="dissect", name=key),
        lambda link: library.dissect_and_keep(request, link, root),
        2.0 * len(request.probes),  # the model sees each picture, and the encoder
        title="The dissection",
    )
    given_up = job.state in ("failed", "stopped") or job.stopped_by(jobs.visitor())
    if given_up and view != chooser.RUN:
        return
    if jobs.watch([job]):
        del st.session_state[_STARTED]
        chooser.remember(key, job.result(), show=view == chooser.RUN)
        st.rerun()
    if root is None:
        st.warning(disk_blocks.NOT_SAVED)
    else:
        st.caption("Progress is saved; after a stop it resumes where it left off.")
