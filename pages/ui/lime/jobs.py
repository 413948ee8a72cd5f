"""From choices to jobs: superpixels, samples, fit, trust; and the line that says how far it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.explain.base import Explanation, Request, Value
from core.explain.map_key import key_of
from core.explain.perturb.lime import LIME, between_seeds
from core.explain.perturb.lime_live import FEWEST, Growth, Trust, grow, halves_of, trust, view_key
from core.explain.perturb.lime_request import (
    kept_samples,
    neighbourhood_key,
    superpixels_key,
    superpixels_of,
)
from core.explain.perturb.superpixels import Superpixels
from core.requests.keys import content_key
from core.work.job import Job, wait_for
from pages.ui.parts import jobs as work

POLL = 0.4
"""Seconds between two looks at running work."""
SOON = 0.25
"""Seconds to wait for what needs no samples before anything is drawn."""
MARK = 10
"""Letters in the address that say which samples were asked for."""
QUICK = 4.0
"""Cost of work without a model pass: it takes the quick lane."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where everything stands.

    Attributes:
        request: what is asked.
        jobs: all that is wanted now, in the order in which one needs the other.
        stood: how each of them stood before its result was read.
        parts: the superpixels.
        growth: what it took to have the wanted samples; None while they are to come.
        found: the newest explanation of these superpixels.
        trust: of `found`, when it has all samples.
        halves: overlap of two halves of the samples.
        seeds: overlap with another seed.
        wanted: whether samples are asked for.
    """

    request: Request
    jobs: tuple[Job[Any], ...] = ()
    stood: tuple[object, ...] = ()
    parts: Superpixels | None = None
    growth: Growth | None = None
    found: Explanation | None = None
    trust: Trust | None = None
    halves: float | None = None
    seeds: float | None = None
    wanted: bool = False

    @property
    def count(self) -> int:
        """How many samples are asked for."""
        return int(self.request.options["samples"])

    @property
    def stale(self) -> bool:
        """Whether there is more by now than this says."""
        return work.stand(self.jobs) != self.stood

    @property
    def open(self) -> tuple[Job[Any], ...]:
        """What is still to come."""
        me = work.visitor()
        return tuple(job for job in self.jobs if not job.ended and not job.stopped_by(me))

    def waited_for(self, *jobs: Job[Any], seconds: float = SOON) -> State:
        """Return the state with more jobs, after a moment in which they may end."""
        wait_for(jobs, seconds)
        stood = (*self.stood, *work.stand(jobs))
        return replace(self, jobs=(*self.jobs, *jobs), stood=stood)


def state(request: Request, *, known: bool) -> State:
    """Ask for everything that the choices need and give up what they need no more.

    Args:
        request: the choices.
        known: whether its class is known; without one there is only the preview.
    """
    if request.options["segments"] == "mask" and not request.options["drawn"]:
        work.drop_all_but()
        return State(request)
    cutting = work.want(
        content_key(kind="superpixels", of=superpixels_key(request)),
        lambda link: superpixels_of(request), QUICK, title="The search for superpixels",
    )  # fmt: skip
    found = State(request).waited_for(cutting)
    if cutting.state == "done":
        found = replace(found, parts=cutting.result())
        if known:
            found = _with_samples(found)
    work.drop_all_but()
    return found


def _with_samples(now: State) -> State:
    """Add samples and fit, once a person has asked for them or they are there."""
    request, parts = now.request, now.parts
    assert parts is not None
    near = neighbourhood_key(request, parts)
    asked = view_key(request)[:MARK] in _started() or kept_samples(request) == now.count
    if not asked:
        return now
    now = replace(now, wanted=True, found=_last(near))
    growth, count = _took(request, near), now.count
    if growth is None:
        growing = _growing(request, near)
        now = now.waited_for(growing, seconds=0)
        some = growing.partial
        if growing.state == "done":
            growth = growing.result()
            st.session_state["lime_growth"] = ((near, now.count), growth)
        elif growing.ended:
            count = kept_samples(request)
        else:
            count = min(some.count if some else 0, kept_samples(request))
    now = replace(now, growth=growth)
    return _fitted(now, near, count) if count >= FEWEST else now


def _took(request: Request, near: str) -> Growth | None:
    """Return what the wanted samples took, remembered until others are wanted; None without."""
    held: tuple[tuple[str, int], Growth | None] | None = st.session_state.get("lime_growth")
    count = int(request.options["samples"])
    if held is None or held[0] != (near, count):
        there = kept_samples(request) == count
        held = ((near, count), Growth(count, count, 0, 0.0) if there else None)
        st.session_state["lime_growth"] = held
    return held[1]


def _growing(request: Request, near: str) -> Job[Growth]:
    """Ask for the missing samples."""
    count = int(request.options["samples"])
    return work.want(
        content_key(kind="samples", of=near, count=count),
        lambda link: grow(request, link, link.publish),
        max(1, count - kept_samples(request)),
        title=LIME.title,
    )


def _last(near: str) -> Explanation | None:
    """Return what was shown last of these superpixels, to be shown until the next is there."""
    held: tuple[str, Explanation] | None = st.session_state.get("lime_shown")
    return held[1] if held and held[0] == near else None


def _fitted(now: State, near: str, count: int) -> State:
    """Add the fit of so many samples, then what is to be trusted of it."""
    request = replace(now.request, options={**now.request.options, "samples": count})
    fitting = work.explain(LIME, request)
    now = now.waited_for(fitting)
    if fitting.state != "done":
        return now
    found = fitting.result()
    st.session_state["lime_shown"] = (near, found)
    now = replace(now, found=found)
    return _trusted(now, request, found) if now.growth else now


def _trusted(now: State, request: Request, found: Explanation) -> State:
    """Add intervals, convergence, two halves, and another seed where it was asked for."""
    plain: dict[str, Value] = {
        "superpixels": 5,
        "sign": "any",
        "min_weight": 0.0,
        "hide_rest": False,
    }
    bare = replace(request, options={**request.options, **plain})
    trusting = work.want(
        content_key(kind="trust", of=key_of(bare, LIME.name)),
        lambda link: trust(request, found), QUICK, title="The intervals",
    )  # fmt: skip
    of = key_of(request, LIME.name)
    halving = work.want(
        content_key(kind="halves", of=of), lambda link: halves_of(request), QUICK,
        title="The two halves",
    )  # fmt: skip
    jobs: list[Job[Any]] = [trusting, halving]
    other = None
    if (view_key(request), found.extras["samples"]) == st.session_state.get("lime_other"):
        seed = other_seed(request)
        other = work.want(
            content_key(kind="seeds", of=of, other=seed),
            lambda link: between_seeds(request, seed, link),
            max(1, passes_for(request)), title=f"Seed {seed}",
        )  # fmt: skip
        jobs.append(other)
    return replace(
        now.waited_for(*jobs),
        trust=trusting.result() if trusting.state == "done" else None,
        halves=halving.result() if halving.state == "done" else None,
        seeds=other.result() if other and other.state == "done" else None,
    )


def other_seed(request: Request) -> int:
    """Return the seed that an explanation is compared with."""
    return request.seed + 1 if request.seed < 2**32 - 1 else 0


def passes_for(request: Request) -> int:
    """Return how many passes a comparison with another seed takes."""
    again = replace(request, seed=other_seed(request))
    return int(request.options["samples"]) - kept_samples(again)


def compare(request: Request) -> None:
    """Ask for the comparison with another seed; for a button."""
    st.session_state["lime_other"] = (view_key(request), int(request.options["samples"]))


def _started() -> set[str]:
    """Return which views a person, or the address, has asked samples for."""
    started: set[str] = st.session_state.setdefault("lime_started", set())
    if mark := st.query_params.get("explain"):
        started.add(mark)
    return started


def start(request: Request, count: int | None = None) -> None:
    """Ask for samples; for a button."""
    _started().add(view_key(request)[:MARK])
    st.query_params["explain"] = view_key(request)[:MARK]
    if count is not None:
        st.session_state["wanted_samples"] = count
