"""Work for the pages: one runner and one cache of models for the whole process.

A page asks for results again each time it is drawn and gets jobs; it shows what is done, and
draws again when more is.

    job = work.want(key, lambda link: compute(link), cost=12, title="The table")
    if work.watch([job]):
        show(job.result())

`watch` waits a moment, so that quick work needs no bar, then shows one line for each job with the
stage, the estimate and a Stop button, and looks again until all have ended. Work runs in threads
that know no page: it must not call Streamlit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from core.caching.store import Store
from core.explain.base import Explanation, Method, Request
from core.explain.map_key import key_of
from core.work.job import Job, Lane, Link, wait_for
from core.work.runner import Runner

T = TypeVar("T")

RESULTS = 512 * 2**20
"""Bytes of finished results kept for everybody."""
AT_ONCE = 0.2
"""Seconds to wait before a bar is drawn: most quick work ends within, and nothing flashes."""
POLL = 0.4
"""Seconds between two looks at running work."""
BUTTON = 110
"""Width in pixels of the buttons beside a bar: one may take the place of another."""


@st.cache_resource(show_spinner=False, on_release=Runner.close)
def runner() -> Runner:
    """Return the runner of this process."""
    return Runner(Store(RESULTS))


def visitor() -> str:
    """Return a token of this visit; a visit's jobs go on while its page looks at them."""
    token: str = st.session_state.setdefault("visitor", secrets.token_hex(8))
    return token


def want(
    key: str,
    work: Callable[[Link[T]], T],
    cost: float,
    *,
    title: str,
    lane: Lane = "compute",
    keep: bool = True,
) -> Job[T]:
    """Start or join the work of that key; what failed or this visit stopped stays so.

    Args:
        key: from `content_key` or `key_of`.
        work: called in a worker with a `Link`, which is a `Tick`.
        cost: forward passes.
        title: what it computes, to begin a sentence with.
        lane: `network` for downloads.
        keep: whether the result goes to the store.
    """
    st.session_state.setdefault("asked", set()).add(key)
    return runner().submit(
        key,
        work,
        cost,
        title=title,
        visitor=visitor(),
        lane=lane,
        keep=keep,
        again=False,
    )


def explain(method: Method, request: Request) -> Job[Explanation]:
    """Ask for one map."""
    return want(
        key_of(request, method.name),
        lambda link: method.run(request, link),
        method.cost(request),
        title=method.title,
    )


def drop_all_but(keys: Sequence[str] = ()) -> None:
    """Give up what this visit asked for earlier; others who wait for it still get it.

    Kept are these keys and all that was asked for since the last call, so a page calls this once
    in each run, after it has asked for everything.
    """
    asked: set[str] = st.session_state.setdefault("asked", set())
    runner().release(visitor(), {*asked, *keys})
    asked.clear()


def watch(jobs: Sequence[Job[Any]], *, quiet: bool = False) -> bool:
    """Show how far the jobs are until all have ended, then draw the page again.

    Also draws the page again when a job has published a new partial result. What failed is shown
    as an error, what was stopped as a line, both with a button to start again.

    Args:
        jobs: from `want`.
        quiet: draw only what went wrong; for work that is short and has its own place to wait.

    Returns:
        Whether all jobs are done.
    """
    before = stand(jobs)
    if wait_for(jobs, AT_ONCE):
        for job in jobs:
            progress(job)
        return all(job.state == "done" for job in jobs)
    _look(jobs, before, quiet)
    return False


@st.fragment(run_every=POLL)
def _look(jobs: Sequence[Job[Any]], drawn: tuple[object, ...], quiet: bool) -> None:
    for job in jobs:
        job.touch(visitor())
        if not quiet:
            progress(job)
    if stand(jobs) != drawn:
        st.rerun()


def stand(jobs: Sequence[Job[Any]]) -> tuple[object, ...]:
    """Return how jobs stand: what was drawn from them is out of date once this has changed.

    Ask before their results are read. A job may end in between, and whoever asked afterwards
    would wait for ever for a change that has been.
    """
    me = visitor()
    return tuple((job.key, job.version, job.ended or job.stopped_by(me)) for job in jobs)


def progress(job: Job[Any]) -> None:
    """Draw one line: the share done and a Stop button, or what went wrong. Done draws nothing."""
    if job.state == "done":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.error is not None:
            st.error(str(job.error))
        elif job.ended or job.stopped_by(visitor()):
            st.caption(f"{job.title} was stopped.")
        else:
            st.progress(job.fraction, f"{job.title}: {words(job)}")
        if job.ended or job.stopped_by(visitor()):
            st.button(
                "Try again" if job.error else "Start again",
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
