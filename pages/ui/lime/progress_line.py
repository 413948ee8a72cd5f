"""The line under the sample slider: what will be done, how far it is, what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.explain.base import Request
from core.work.job import Job
from pages.ui.lime import jobs as lime_work
from pages.ui.lime.choices import ENOUGH, PRESETS
from pages.ui.lime.jobs import State
from pages.ui.parts import jobs as work


def presets(request: Request) -> None:
    """Offer usual numbers of samples; each starts at once."""
    for name, count in PRESETS.items():
        st.button(
            f"{name} {count}", key=f"preset{count}", on_click=lime_work.start,
            args=(request, count), width="content",
        )  # fmt: skip


def line(state: State, height: int) -> None:
    """Draw the line at a fixed height, and look again while something is to come."""
    with st.container(horizontal=True, vertical_alignment="center", height=height, border=False):
        if state.open or state.stale:
            st.session_state["lime_drawn"] = state.stood
            st.fragment(_moving, run_every=lime_work.POLL)(state)
        else:
            _content(state)  # its buttons change the whole page, so they are in no fragment


def _moving(state: State) -> None:
    for job in state.open:
        job.touch(work.visitor())
    if work.stand(state.jobs) != st.session_state.get("lime_drawn"):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        _content(state)


def _content(state: State) -> None:
    still = state.open  # asked once: a job may end between two looks
    failed = [job for job in state.jobs if job.error is not None]
    stopped = [job for job in state.jobs if job.stopped_by(work.visitor())]
    if failed:
        st.error(str(failed[0].error))
        _again(failed, "Try again")
    elif stopped:
        done = state.found.extras["samples"] if state.found else 0
        st.markdown(f"Stopped: {done} of {state.count} samples are there.")
        _again(stopped, "Go on")
    elif still:
        _progress(still)
    elif state.growth is None:
        _offer(state)
    else:
        st.markdown(_took(state))


def _progress(still: Sequence[Job[Any]]) -> None:
    job = still[0]
    st.progress(job.fraction, f"{job.title}: {work.words(job)}")
    st.button("Stop", key="stop", on_click=_stop, args=(still,), width=work.BUTTON)


def _offer(state: State) -> None:
    """Say what was found and offer to begin; nothing heavy has run yet."""
    if state.parts is None:
        st.markdown("Upload a label image above, or choose another way to find superpixels.")
        return
    st.button(
        "Explain", type="primary", key="start", on_click=lime_work.start, args=(state.request,),
        width=work.BUTTON,
    )  # fmt: skip
    st.markdown(f"**{state.parts.count} superpixels.** {_few(state) or _cost(state)}")


def _cost(state: State) -> str:
    return f"{state.count} samples are as many passes through the model."


def _few(state: State) -> str:
    """Return a warning when there are few samples for so many superpixels, else nothing."""
    parts = state.parts.count if state.parts else 0
    if state.count >= ENOUGH * parts:
        return ""
    return (
        f":orange[:material/warning: {state.count} samples are few for {parts} superpixels: "
        f"take {ENOUGH * parts} or more, or larger superpixels.]"
    )


def _took(state: State) -> str:
    """Return what the samples took, and how many were there already."""
    grown, parts = state.growth, state.parts
    assert grown is not None
    assert parts is not None
    precision = state.found.precision if state.found else ""
    said = (
        f"**{grown.count} samples** of {parts.count} superpixels: {grown.passes} passes in "
        f"{grown.seconds:.1f} s, {grown.reused} reused, {precision} numbers on "
        f"{state.request.classifier.device.type.upper()}."
    )
    return f"{said} {_few(state)}"


def _stop(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.stop(work.visitor())


def _again(jobs: Sequence[Job[Any]], label: str) -> None:
    st.button(label, key="again", on_click=_forget, args=(jobs,), width=work.BUTTON)


def _forget(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        work.runner().forget(job.key, work.visitor())
