"""The dissection that this visit has started: it goes on, whichever view is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.requests.dissections import DissectionRequest
from core.work.job import Job
from pages.ui.concepts import chooser, kept
from pages.ui.parts import jobs

_STARTED, _THEN = "dissecting", "dissecting_then"
_PICTURE = re.compile(r"picture ([\d,]+) of [\d,]+")
"""A dissection's stage while pictures are shown: how many of the set are through."""


@dataclass(frozen=True, slots=True)
class Then:
    """What follows when a dissection is done.

    Attributes:
        model: in use, whose first dissection it is: shown unless another one was chosen since.
        second: whether it becomes the second of two models.
    """

    model: str = ""
    second: bool = False


def start(request: DissectionRequest, then: Then | None = None) -> None:
    """Begin a dissection at the next run; what was computed of it before is not done again.

    Args:
        request: what is asked for; it is kept here, so that the controls may change meanwhile.
        then: what follows; without it the result is shown where its settings are still looked at.
    """
    st.session_state[_STARTED] = request
    st.session_state[_THEN] = then or Then()
    st.session_state["dissect_tries"] = tries() + 1


def tries() -> int:
    """Return how many dissections this visit has begun: an estimate holds until the next."""
    count: int = st.session_state.get("dissect_tries", 0)
    return count


def name() -> str:
    """Return the name of the dissection that has begun and is not finished; empty without one."""
    request: DissectionRequest | None = st.session_state.get(_STARTED)
    return library.name_of(request) if request else ""


def model() -> str:
    """Return the model in use whose first dissection has begun; empty without one."""
    then: Then | None = st.session_state.get(_THEN) if name() else None
    return then.model if then else ""


def is_dissecting(model: str) -> bool:
    """Return whether a dissection of a model goes on that this visit has started.

    Args:
        model: in use, as the picker of models returns it.
    """
    request: DissectionRequest | None = st.session_state.get(_STARTED)
    if request is None or not kept.is_of(request.model, model):
        return False
    job = jobs.submit(request)
    return not job.ended and not job.stopped_by(jobs.visitor())


def line(view: str, model: str) -> None:
    """Show how far the dissection is; when it is done, keep it and draw the page again.

    Args:
        view: that is looked at.
        model: in use.
    """
    request: DissectionRequest | None = st.session_state.get(_STARTED)
    if request is None:
        return
    then: Then = st.session_state[_THEN]
    job = jobs.submit(request)
    if job.state in ("failed", "stopped") or job.stopped_by(jobs.visitor()):
        begun_here = (then.model == model, view == chooser.PAIR, view == chooser.RUN)
        if not begun_here[0 if then.model else 1 if then.second else 2]:
            return
    words = _words(job, f"The dissection of {kept.title_of(request.model)}")
    if jobs.watch([job], line=words):
        del st.session_state[_STARTED]
        _keep(library.name_of(request), job.result(), view, model, then)
        st.rerun()
    if disk_blocks.default_root() is None:
        st.warning(disk_blocks.NOT_SAVED)
    else:
        st.caption(f"Saved every {disk_blocks.BLOCK} pictures; after a stop it resumes from there.")


def _words(job: Job[Dissection], title: str) -> jobs.Line:
    """Return what the line of a dissection says, of a stopped one how far it came.

    Args:
        job: of the dissection.
        title: what it is called.
    """
    at = _PICTURE.fullmatch(job.stage)
    if job.state != "stopped" or (at is None and not job.fraction):
        return jobs.Line(title)  # it goes on for others, or was still loading
    saved = disk_blocks.default_root() is not None
    if at is None:
        return jobs.Line(
            title, f"{title} stopped after all pictures.", "Resume" if saved else "Start again"
        )
    if saved and int(at[1].replace(",", "")) >= disk_blocks.BLOCK:
        return jobs.Line(title, f"{title} stopped at {job.stage}.", "Resume")
    before = f", before the first {disk_blocks.BLOCK} were saved" if saved else ""
    return jobs.Line(title, f"{title} stopped at {job.stage}{before}.")


def _keep(name: str, made: Dissection, view: str, model: str, then: Then) -> None:
    """Keep a finished dissection, and show it where nothing else was chosen meanwhile."""
    kept.remember(name, made)
    if then.second:
        st.session_state["second_chosen"] = name
    elif view == chooser.RUN:
        chooser.show(name)
        st.session_state["wanted_view"] = chooser.OVER
    elif then.model == model and not chooser.is_by_hand():
        st.session_state["wanted_dissection_name"] = name
