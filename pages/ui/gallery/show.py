"""The line of progress of a gallery, with what is left to compute."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.requests.agreements import AgreementRequest
from core.requests.maps import OfSamples
from core.work.handlers.maps import map_cost
from core.work.measure_cost import measures_cost
from core.work.schedule import QUICK
from pages.ui.gallery import jobs as gallery_work
from pages.ui.gallery.jobs import Item
from pages.ui.gallery.pictures import Truths
from pages.ui.parts import jobs as work
from pages.ui.parts import leaving, toolbar
from pages.ui.parts.text import counted, escape


def running() -> bool:
    """Return whether missing maps are asked for."""
    return bool(st.session_state.get("gallery_on"))


def _run(on: bool, *, stopped: bool = False) -> None:
    st.session_state["gallery_on"], st.session_state["gallery_stopped"] = on, stopped


def items(asked: AgreementRequest, truths: Truths) -> list[Item]:
    """Return every picture with what is there; ask for what was started, or is no work to do."""
    made = gallery_work.items(asked, truths, running=running())
    if not running() and _is_refit(made):
        _run(True)
        made = gallery_work.items(asked, truths, running=True)
    return made


def _is_refit(items: Sequence[Item]) -> bool:
    """Return whether all that is missing is made of samples that are there."""
    missing = [request for item in items for request in item.missing]
    if any(item.unmeasured for item in items):
        return False
    resources = work.resources()
    return bool(missing) and all(
        isinstance(each, OfSamples) and map_cost(each, resources) <= QUICK for each in missing
    )


def progress(items: Sequence[Item]) -> None:
    """Draw the line of progress, and look again while something is to come."""
    left = [item for item in items if not item.ended]
    if not left and running():
        _run(False)
    st.session_state["gallery_drawn"] = tuple(each for item in items for each in item.ended_before)
    polling = work.interval() if left and running() else None
    with toolbar.status():
        st.fragment(_line, run_every=polling)(tuple(items), bool(left))


def _line(items: Sequence[Item], left: bool) -> None:
    jobs = [job for item in items for job in item.jobs]
    for job in jobs:
        job.touch(work.visitor())
    leaving.ask(jobs, work.visitor())
    done = sum(item.ended for item in items)
    line = f"{done} of {counted(len(items), 'picture')} finished{_failed(items)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if left and running():
            share = sum(_share(item) for item in items) / len(items)
            st.progress(min(1.0, share), escape(f"{line}{_left(items)}{_now(items)}"))
            if st.button("Stop", key="gallery_stop", width=work.BUTTON):
                _run(False, stopped=True)
                st.rerun()
        elif left:
            begun = done or any(item.maps for item in items)
            st.caption(escape(f"{line}: {_cost(items)} to go" if begun else _cost(items)))
            missing = sum(not item.ended for item in items)
            verb = "Explain" if any(item.missing for item in items) else "Measure"
            stopped = st.session_state.get("gallery_stopped")
            label = "Resume" if stopped else f"{verb} {missing}"
            if st.button(label, key="gallery_start", type="primary"):
                _run(True)
                st.rerun()
        else:
            st.caption(escape(f"{line}."))
            if any(item.failed for item in items) and st.button("Try again", key="gallery_again"):
                gallery_work.forget_failures(items)
                _run(True)
                st.rerun()
    ends = tuple(each for item in items for each in item.ends)
    if ends != st.session_state.get("gallery_drawn"):
        st.rerun()


def _cost(items: Sequence[Item]) -> str:
    """Return what is left to compute: maps, passes, and the time where it can be estimated."""
    missing = [request for item in items for request in item.missing]
    measures = sum(not each.own.ended for item in items if not item.error for each in item.measured)
    whats = [(len(missing), "map"), (measures, "measure")]
    listed = [counted(count, what) for count, what in whats if count]
    passes, seconds = _estimate(items)
    about = f", {work.seconds(seconds)}" if seconds is not None else ""
    return f"{', '.join([*listed, counted(passes, 'pass')])}{about}"


def _estimate(items: Sequence[Item]) -> tuple[int, float | None]:
    """Return passes and seconds of what is missing, the measures of controls among it."""
    passes, seconds = work.cost_of([request for item in items for request in item.missing])
    measures = [request for item in items for request in item.unmeasured]
    more, longer = measures_cost(measures, work.resources())
    known = seconds is not None and longer is not None
    return passes + round(more), (seconds or 0.0) + (longer or 0.0) if known else None


def _left(items: Sequence[Item]) -> str:
    """Return how long all that is missing takes, where that is known."""
    seconds = _estimate(items)[1]
    if seconds is None:
        return ""
    for job, request in (each for item in items for each in item.running):
        seconds -= job.fraction * (work.cost_of([request])[1] or 0.0)
    return f", {work.seconds(max(0.0, seconds))} left in all"


def _now(items: Sequence[Item]) -> str:
    """Return what is being computed."""
    for item in items:
        for job in item.jobs:
            if job.state == "running":
                return f". {item.title}: {job.title}"
    return "."


def _failed(items: Sequence[Item]) -> str:
    """Return how many pictures failed, to go on with; nothing where none did."""
    failed = sum(bool(item.error) for item in items)
    return f", {failed} with an error" if failed else ""


def _share(item: Item) -> float:
    """Return the share of a picture's work that is done."""
    if item.ended:
        return 1.0
    done = len(item.maps) + sum(part.ended for part in item.numbers)
    under_way = sum(job.fraction for job in item.jobs)
    every = len(item.requests) + len(item.numbers) + (item.prediction is None)
    return (done + under_way) / max(1, every)
