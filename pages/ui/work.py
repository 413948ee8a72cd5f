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

from core.errors import SeeWhyError
from core.explain.base import Explanation, Method, Request
from core.jobs import Job, Lane, Link, Runner, settle
from core.keys import content_key, key_of
from core.models import catalog, device
from core.models.cache import Models
from core.models.classifier import Classifier, Fit, Guess, Prepared
from core.models.download import download
from core.models.entry import Entry
from core.models.load import load, missing
from core.models.uploads import Own
from core.picture import Picture
from core.store import Store

T = TypeVar("T")

RESULTS = 512 * 2**20
"""Bytes of finished results kept for everybody."""
AT_ONCE = 0.2
"""Seconds to wait before a bar is drawn: most quick work ends within, and nothing flashes."""
POLL = 0.4
"""Seconds between two looks at running work."""
BUTTON = 110
"""Width in pixels of the buttons beside a bar: one may take the place of another."""
PATIENT = 120.0
"""Seconds for which a download goes on unseen: browsers let hidden pages look once a minute."""
LOADING = 8.0
"""Cost of loading a model: it may use the quick lane, because nothing else can start before."""


@st.cache_resource(show_spinner=False, on_release=Runner.close)
def runner() -> Runner:
    """Return the runner of this process."""
    return Runner(Store(RESULTS))


@st.cache_resource(show_spinner=False)
def models() -> Models:
    """Return the loaded models of this process."""
    return Models()


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
    patience: float | None = None,
    keep: bool = True,
) -> Job[T]:
    """Start or join the work of that key; what failed or this visit stopped stays so.

    Args:
        key: from `content_key` or `key_of`.
        work: called in a worker with a `Link`, which is a `Tick`.
        cost: forward passes.
        title: what it computes, to begin a sentence with.
        lane: `network` for downloads.
        patience: seconds after which the work is given up when no page looks at it.
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
        patience=patience,
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
    if settle(jobs, AT_ONCE):
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


def classifier(model: str, device_name: str = "auto") -> Classifier | None:
    """Return a loaded model, or show its loading, its download button or what is wrong with it.

    Args:
        model: an id from the catalogue, or the title of one of this visit's own models.
        device_name: as `core.models.device.pick` takes it.
    """
    try:
        where = device.pick(device_name)
        own: Own | None = st.session_state.get("own", {}).get(model)
        entry = catalog.find(own.base if own else model)
    except SeeWhyError as error:
        st.error(str(error))
        return None
    status = catalog.status(entry)
    if own is None and status.state in ("downloadable", "missing"):
        _offer_download(entry)
        return None
    key = content_key(
        kind="model",
        id=entry.id,
        device=str(where),
        file=str(own.path) if own else status.digest or str(status.path),
        labels=(own.labels or b"").hex() if own else "",
    )
    path, labels = (own.path, own.labels) if own else (None, None)

    def work(link: Link[str]) -> str:
        link(0.0, "loading weights")
        return models().load(key, lambda: load(entry.id, where, path, labels)).id

    loaded = models().get(key)
    if loaded is None and watch([want(key, work, LOADING, title=entry.title, keep=False)]):
        loaded = models().get(key)
        if loaded is None:  # models of other visits came in the same moment and took its place
            st.rerun()
    return loaded


def choose_model(model: str) -> None:
    """Choose a model at the next run; its weights are fetched where they are not on disk."""
    st.session_state["wanted_model"] = model
    if catalog.status(catalog.find(model)).state == "downloadable":
        st.session_state["download"] = _download_key(catalog.find(model))


def _download_key(entry: Entry) -> str:
    return content_key(kind="download", id=entry.id)


def _offer_download(entry: Entry) -> None:
    """Say which file to put where, with a button that fetches it; once pressed, the progress."""
    key = _download_key(entry)
    if not entry.url or st.session_state.get("download") != key:
        st.info(str(missing(entry)))
        if not entry.url:
            return
        st.button(
            f"Download {entry.size_mb:.0f} MB",
            key="download_button",
            on_click=st.session_state.__setitem__,
            args=("download", key),
        )
        return
    job = want(
        key,
        lambda link: str(download(entry, link)),
        entry.size_mb,
        title=f"Download of {entry.title}",
        lane="network",
        patience=PATIENT,
        keep=False,
    )
    if watch([job]):
        del st.session_state["download"]
        st.rerun()


def predicting(classifier: Classifier, prepared: Prepared) -> Job[tuple[Guess, ...]]:
    """Ask for the five best guesses of one picture."""
    key = _prediction_key(classifier, prepared.picture, prepared.fit)
    return want(key, lambda link: classifier.predict(prepared), 1, title="The prediction")


def _prediction_key(classifier: Classifier, picture: Picture, fit: Fit) -> str:
    return content_key(
        kind="prediction",
        picture=picture.sha256,
        fit=fit,
        model=classifier.id,
        weights=classifier.digest,
        names=classifier.names,
        device=str(classifier.device),
    )


def prediction(
    classifier: Classifier, picture: Picture, fit: Fit
) -> tuple[Prepared, tuple[Guess, ...]]:
    """Return the picture as the model sees it, and its five best guesses, none until they come."""
    key = _prediction_key(classifier, picture, fit)
    held: tuple[str, int, Prepared] | None = st.session_state.get("prepared")
    if held is None or held[:2] != (key, id(classifier)):
        held = (key, id(classifier), classifier.prepare(picture, fit))
        st.session_state["prepared"] = held
    prepared = held[2]
    job = predicting(classifier, prepared)
    return prepared, job.result() if watch([job], quiet=True) else ()
