"""Work for the pages: one executor for the whole process.

A page asks for results again each time it is drawn and gets jobs; it shows what is done, and
draws again when more is.

    job = jobs.submit(request)
    if jobs.watch([job]):
        show(job.result())

`watch` waits a moment, so that quick work needs no bar, then shows one line for each job with the
stage, the estimate and a Stop button, and looks again until all have ended. Work runs in threads
that know no page: it must not call Streamlit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import SeeWhyError
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.work.engine import engine_here
from core.work.executors import executor_of
from core.work.handlers.maps import is_cheap, map_cost, map_seconds
from core.work.job import Job, wait_for
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources
from core.work.runner import Runner
from pages.ui.parts import leaving
from pages.ui.parts.text import escape

AT_ONCE = 0.2
"""Seconds to wait before a bar is drawn: most quick work ends within, and nothing flashes."""
POLL, SLOWEST = 0.4, 2.0
"""Seconds between two looks at running work, and between two at most on a busy server."""
BUSY = 10
"""Jobs from which on a server is busy: each look costs milliseconds, and every visitor looks."""
BUTTON = 110
"""Width in pixels of the buttons beside a bar: one may take the place of another."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the line of a job says in place of the usual.

    Attributes:
        title: of the work; empty for the job's own.
        stopped: the sentence of a stopped job; empty for "... was stopped."
        again: label of the button that starts a stopped job again.
    """

    title: str = ""
    stopped: str = ""
    again: str = "Start again"


USUAL = Line()


@st.cache_resource(show_spinner=False, on_release=lambda made: made.close())
def _executor() -> LocalExecutor:
    return executor_of(engine_here())


def executor() -> LocalExecutor:
    """Return the executor of this process; a page says why there is none, and ends there.

    Raises:
        SeeWhyError: there is none, and no page asks.
    """
    try:
        return _executor()
    except SeeWhyError as error:
        if get_script_run_ctx(suppress_warning=True) is None:
            raise
        st.error(escape(str(error)))
        st.stop()


def runner() -> Runner:
    """Return the runner of this process."""
    return executor().runner


def resources() -> Resources:
    """Return what is loaded in this process."""
    return executor().resources


def visitor() -> str:
    """Return a token of this visit; a visit's jobs go on while its page looks at them."""
    token: str = st.session_state.setdefault("visitor", secrets.token_hex(8))
    return token


def submit(request: object) -> Job[Any]:
    """Start or join a request; what failed or this visit stopped stays so.

    Args:
        request: of a kind that has a handler.
    """
    job = executor().submit(request, visitor(), again=False)
    st.session_state.setdefault("asked", set()).add(job.key)
    return job


def wanted(request: AnyMap) -> bool:
    """Return whether a map is cheap, is there already, or was asked for by this visit."""
    pressed: set[str] = st.session_state.setdefault("pressed", set())
    key = key_of(request)
    return key in pressed or is_cheap(request, resources()) or runner().find(key) is not None


def want(requests: Sequence[AnyMap]) -> None:
    """Ask for costly maps; for a button."""
    pressed: set[str] = st.session_state.setdefault("pressed", set())
    pressed |= {key_of(request) for request in requests}


def cost_of(requests: Sequence[AnyMap]) -> tuple[int, float | None]:
    """Return the passes of maps, and the seconds where these can be estimated."""
    passes = sum(map_cost(request, resources()) for request in requests)
    each = [map_seconds(request, resources()) for request in requests]
    known = [seconds for seconds in each if seconds is not None]
    return round(passes), sum(known) if len(known) == len(each) else None


def finished(request: object) -> Any:  # noqa: ANN401 - as the request's handler gives it
    """Return the result of a request that is quick, computed in a worker.

    Raises:
        SeeWhyError: it failed.
    """
    job = executor().submit(request, visitor(), again=False)
    while not job.wait(1.0):
        job.touch(visitor())
    return job.result()


def drop_all_but(keys: Sequence[str] = ()) -> None:
    """Give up what this visit asked for earlier; others who wait for it still get it.

    Kept are these keys and all that was asked for since the last call, so a page calls this once
    in each run, after it has asked for everything.
    """
    asked: set[str] = st.session_state.setdefault("asked", set())
    runner().release(visitor(), {*asked, *keys})
    asked.clear()


def watch(jobs: Sequence[Job[Any]], *, quiet: bool = False, line: Line = USUAL) -> bool:
    """Show how far the jobs are until all have ended, then draw the page again.

    Also draws the page again when a job has published a new partial result. What failed is shown
    as an error, what was stopped as a line, both with a button to start again.

    Args:
        jobs: from `submit`.
        quiet: draw only what went wrong; for work that is short and has its own place to wait.
        line: what their lines say.

    Returns:
        Whether all jobs are done.
    """
    before = stand(jobs)
    if wait_for(jobs, AT_ONCE):
        for job in jobs:
            progress(job, line)
        return all(job.state == "done" for job in jobs)
    st.fragment(_look, run_every=interval())(jobs, before, quiet, line)
    return False


def interval() -> float:
    """Return the seconds between two looks at running work, longer the more jobs there are."""
    return min(SLOWEST, POLL * max(1.0, runner().busy / BUSY))


def _look(jobs: Sequence[Job[Any]], drawn: tuple[object, ...], quiet: bool, line: Line) -> None:
    for job in jobs:
        job.touch(visitor())
        if not quiet:
            progress(job, line)
    leaving.ask(jobs, visitor())
    if stand(jobs) != drawn:
        st.rerun()


def stand(jobs: Sequence[Job[Any]]) -> tuple[object, ...]:
    """Return how jobs stand: what was drawn from them is out of date once this has changed.

    Ask before their results are read. A job may end in between, and whoever asked afterwards
    would wait for ever for a change that has been.
    """
    me = visitor()
    return tuple((job.key, job.version, job.ended or job.stopped_by(me)) for job in jobs)


def progress(job: Job[Any], line: Line = USUAL) -> None:
    """Draw one line: the share done and a Stop button, or what went wrong. Done draws nothing."""
    title = line.title or job.title
    if job.state == "done":
        return
    status = f"status-{job.key}"  # `live` reads it out
    with st.container(horizontal=True, vertical_alignment="center", key=status):
        if job.error is not None:
            st.error(escape(str(job.error)))
        elif job.ended or job.stopped_by(visitor()):
            st.caption(escape(line.stopped or f"{title} was stopped."))
        else:
            st.progress(job.fraction, escape(f"{title}: {words(job)}"))
        if job.ended or job.stopped_by(visitor()):
            st.button(
                "Try again" if job.error else line.again,
                key=f"again-{job.key}",
                on_click=runner().forget,
                args=(job.key, visitor()),
                width=BUTTON,
            )
        else:
            st.button(
                "Stop", key=f"stop-{job.key}", on_click=job.stop, args=(visitor(),), width=BUTTON
            )


def words(job: Job[Any]) -> str:
    """Return how far a job is: place in the queue, or stage and seconds left."""
    if job.state == "queued":
        return f"number {job.position} in the queue"
    if job.state != "running":
        return job.state
    estimate = job.estimate
    return job.stage if estimate is None else f"{job.stage}, {seconds(estimate)} left"


def seconds(left: float) -> str:
    """Return a rough duration in words, which do not change too often."""
    if left < 90:
        return f"about {max(1, round(left))} s"
    return f"about {round(left / 60)} min"
