"""From requests to jobs: superpixels, samples, fit and trust, and how far each of them is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.explain.base import Explanation, weighted_superpixels
from core.explain.perturb.lime_trust import Trust
from core.explain.perturb.sample_cache import FEWEST, SampleProgress, view_key
from core.explain.perturb.superpixels import Superpixels
from core.requests.keys import key_of
from core.requests.loading import SeedsRequest, TrustRequest
from core.requests.maps import AUTO_SAMPLES, MAX_SEED, LimeRequest, Outline, SamplesRequest
from core.work.handlers.lime import kept, missing
from core.work.job import Job, wait_for
from pages.ui.parts import jobs as work

SOON = 0.25
"""Seconds to wait for what needs no samples before anything is drawn."""
MARK = 10
"""Letters in the address that say which samples were asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class PlannedLime:
    """What is asked for, and what of it is there.

    Attributes:
        samples: the perturbed pictures.
        lime: the explanation; None while its class is not known.
        jobs: all that is asked for now, in the order in which one needs the other.
        stood: how each of them stood before its result was read.
        superpixels: of the picture; None while they are being found.
        growth: what it took to have all samples; None while they are to come.
        shown: request of `explanation`, which may want fewer samples or another class.
        explanation: the newest of these superpixels.
        trust: of `explanation`, when it has all samples.
        halves: overlap of two halves of the samples.
        seeds: overlap with another seed.
        asked: whether samples are asked for.
    """

    samples: SamplesRequest
    lime: LimeRequest | None = None
    jobs: tuple[Job[Any], ...] = ()
    stood: tuple[object, ...] = ()
    superpixels: Superpixels | None = None
    growth: SampleProgress | None = None
    shown: LimeRequest | None = None
    explanation: Explanation | None = None
    trust: Trust | None = None
    halves: float | None = None
    seeds: float | None = None
    asked: bool = False

    @property
    def until_settled(self) -> bool:
        """Whether there are to be as many samples as are needed."""
        return self.samples.samples == AUTO_SAMPLES

    @property
    def counted(self) -> SamplesRequest:
        """The samples with their number, once it is known."""
        return self.shown.samples if self.until_settled and self.shown else self.samples

    @property
    def stale(self) -> bool:
        """Whether there is more by now than this says."""
        return work.stand(self.jobs) != self.stood

    @property
    def open(self) -> tuple[Job[Any], ...]:
        """What is still to come."""
        me = work.visitor()
        return tuple(job for job in self.jobs if not job.ended and not job.stopped_by(me))

    def waited_for(self, *jobs: Job[Any], seconds: float = SOON) -> PlannedLime:
        """Return the plan with more jobs, after a moment in which they may end."""
        wait_for(jobs, seconds)
        stood = (*self.stood, *work.stand(jobs))
        return replace(self, jobs=(*self.jobs, *jobs), stood=stood)


def plan(samples: SamplesRequest, lime: LimeRequest | None) -> PlannedLime:
    """Ask for everything that the choices need and give up what they need no more.

    Args:
        samples: the perturbed pictures.
        lime: the explanation; without one there are only the superpixels.
    """
    now, segmentation = PlannedLime(samples, lime), samples.superpixels.segmentation
    if segmentation.algorithm != "mask" or segmentation.drawn:
        segmenting = work.submit(samples.superpixels)
        now = now.waited_for(segmenting)
        if segmenting.state == "done":
            now = replace(now, superpixels=segmenting.result())
            if lime is not None:
                now = _with_samples(now, lime)
    work.drop_all_but([job.key for job in now.jobs])
    return now


def _with_samples(now: PlannedLime, lime: LimeRequest) -> PlannedLime:
    """Add samples and fit, once a person has asked for them or they are there."""
    if now.until_settled:
        return _until_settled(now, lime)
    samples = now.samples
    there = kept(samples, work.resources())
    if view_key(samples)[:MARK] not in _started() and there < samples.samples:
        return now
    now = replace(_last(now), asked=True)
    growing, count = _growing(samples, there), samples.samples
    if isinstance(growing, SampleProgress):
        now = replace(now, growth=growing)
    else:
        now = now.waited_for(growing, seconds=0)
        partial, there = growing.partial, kept(samples, work.resources())
        if growing.state == "done":
            now = replace(now, growth=growing.result())
        elif growing.ended:
            count = there
        else:
            count = min(partial.count if partial else 0, there)
    if count < FEWEST:
        return now
    return _fitted(now, replace(lime, samples=replace(samples, samples=count)))


def _until_settled(now: PlannedLime, lime: LimeRequest) -> PlannedLime:
    """Add the explanation of as many samples as are needed, or of those that there are so far."""
    begun = view_key(now.samples)[:MARK] in _started()
    if not begun and work.runner().find(key_of(lime)) is None:
        return now
    settling = work.submit(lime)
    now = replace(_last(now), asked=True).waited_for(settling)
    done = settling.state == "done"
    explanation = settling.result() if done else settling.partial
    if explanation is None:
        return now
    count = weighted_superpixels(explanation).fit.samples
    counted = replace(lime, samples=replace(lime.samples, samples=count))
    st.session_state["lime_shown"] = (view_key(now.samples), counted, explanation)
    now = replace(now, shown=counted, explanation=explanation)
    if not done:
        return now
    passes = explanation.passes
    growth = SampleProgress(count, count - passes, passes, explanation.seconds)
    return _trusted(replace(now, growth=growth), counted)


def _growing(samples: SamplesRequest, there: int) -> SampleProgress | Job[SampleProgress]:
    """Ask for the missing samples.

    What they took is remembered until others are wanted: the samples may have been dropped
    since, and nothing that is shown needs them.

    Args:
        samples: the perturbed pictures.
        there: how many of them are.

    Returns:
        What it took, or the job that will say so.
    """
    held: tuple[str, SampleProgress | Job[SampleProgress]] | None = st.session_state.get(
        "lime_growth"
    )
    key = key_of(samples)
    if held is None or held[0] != key:
        if there >= samples.samples:
            held = (key, SampleProgress(there, there, 0, 0.0))
        else:
            held = (key, work.submit(samples))
    elif not isinstance(held[1], SampleProgress):
        job = held[1].touch(work.visitor())
        if job.ended and job.state != "done":  # it starts again where that was asked for
            held = (key, work.submit(samples))
    st.session_state["lime_growth"] = held
    return held[1]


def _last(now: PlannedLime) -> PlannedLime:
    """Add what was shown last of these samples, to be shown until the next is there."""
    held: tuple[str, LimeRequest, Explanation] | None = st.session_state.get("lime_shown")
    if held is None or held[0] != view_key(now.samples):
        return now
    return replace(now, shown=held[1], explanation=held[2])


def _fitted(now: PlannedLime, lime: LimeRequest) -> PlannedLime:
    """Add the fit of the samples that are there, then how far it can be trusted."""
    fitting = work.submit(lime)
    now = now.waited_for(fitting)
    if fitting.state != "done":
        return now
    explanation = fitting.result()
    st.session_state["lime_shown"] = (view_key(lime.samples), lime, explanation)
    now = replace(now, shown=lime, explanation=explanation)
    return _trusted(now, lime) if now.growth else now


def _trusted(now: PlannedLime, lime: LimeRequest) -> PlannedLime:
    """Add intervals, convergence, two halves, and another seed where it was asked for."""
    # The requests hold only what their answers depend on, so that the rest computes nothing.
    outline = Outline(superpixels=lime.outline.superpixels, sign=lime.outline.sign)
    trusting = work.submit(TrustRequest(lime=replace(lime, outline=Outline()), check="intervals"))
    alike = replace(lime, outline=outline)
    halving = work.submit(TrustRequest(lime=alike, check="halves"))
    jobs, comparing = [trusting, halving], None
    if _compared(lime.samples) == st.session_state.get("lime_other"):
        comparing = work.submit(SeedsRequest(lime=alike, other=other_seed(lime.samples)))
        jobs.append(comparing)
    return replace(
        now.waited_for(*jobs),
        trust=trusting.result() if trusting.state == "done" else None,
        halves=halving.result() if halving.state == "done" else None,
        seeds=comparing.result() if comparing and comparing.state == "done" else None,
    )


def other_seed(samples: SamplesRequest) -> int:
    """Return the seed that an explanation is compared with."""
    return samples.seed + 1 if samples.seed < MAX_SEED else 0


def passes_for(samples: SamplesRequest) -> int:
    """Return how many passes a comparison with another seed takes."""
    return missing(replace(samples, seed=other_seed(samples)), work.resources())


def compare(samples: SamplesRequest) -> None:
    """Ask for the comparison with another seed; for a button."""
    st.session_state["lime_other"] = _compared(samples)


def _compared(samples: SamplesRequest) -> tuple[str, int]:
    return view_key(samples), samples.samples


def _started() -> set[str]:
    """Return which views a person, or the address, has asked samples for."""
    started: set[str] = st.session_state.setdefault("lime_started", set())
    if mark := st.query_params.get("explain"):
        started.add(mark)
    return started


def start(samples: SamplesRequest, count: int | None = None) -> None:
    """Ask for samples; for a button."""
    mark = view_key(samples)[:MARK]
    _started().add(mark)
    st.query_params["explain"] = mark
    if count is not None:
        st.session_state["wanted_samples"] = count
