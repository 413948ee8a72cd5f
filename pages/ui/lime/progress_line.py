"""The line under the sample slider: what will be done, how far it is, what it took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.explain.perturb.settling import FIRST
from core.requests.settings_text import LIME_OPTIONS
from core.work.handlers.models import ModelSummary
from core.work.job import Job
from pages.ui.lime import jobs as lime_jobs
from pages.ui.lime.jobs import PlannedLime
from pages.ui.lime.sampling import ENOUGH, PRESETS, QUICK, STEP
from pages.ui.parts import jobs, leaving, toolbar
from pages.ui.parts.text import escape


def presets(plan: PlannedLime) -> None:
    """Offer usual numbers of samples; each starts at once."""
    for name, count in {"Quick": _quick(plan), **PRESETS}.items():
        st.button(
            f"{name} {count:,}",
            key=f"preset {name}",
            on_click=lime_jobs.start,
            args=(plan.samples, count),
            width="content",
        )


def _quick(plan: PlannedLime) -> int:
    """Return few samples, but enough for so many superpixels."""
    superpixels = plan.superpixels.count if plan.superpixels else 0
    enough = math.ceil(ENOUGH * superpixels / STEP) * STEP
    return min(max(QUICK, enough), int(LIME_OPTIONS["samples"].high or enough))


def line(plan: PlannedLime, model: ModelSummary) -> None:
    """Draw the line at a fixed height, and look again while something is to come."""
    with toolbar.status():
        if plan.open or plan.stale:
            st.session_state["lime_drawn"] = plan.stood
            st.fragment(_moving, run_every=jobs.interval())(plan, model)
        else:
            _content(plan, model)  # its buttons change the whole page, so they are in no fragment


def _moving(plan: PlannedLime, model: ModelSummary) -> None:
    for job in plan.open:
        job.touch(jobs.visitor())
    leaving.ask(plan.open, jobs.visitor())
    if jobs.stand(plan.jobs) != st.session_state.get("lime_drawn"):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        _content(plan, model)


def _content(plan: PlannedLime, model: ModelSummary) -> None:
    still = plan.open  # asked once: a job may end between two looks
    failed = [job for job in plan.jobs if job.error is not None]
    stopped = [job for job in plan.jobs if job.stopped_by(jobs.visitor())]
    if failed:
        st.error(escape(str(failed[0].error)))
        _again(failed, "Try again")
    elif stopped:
        done = plan.shown.samples.samples if plan.shown else 0
        of = "" if plan.until_settled else f" of {plan.samples.samples:,}"
        st.markdown(f"Stopped after {done:,}{of} samples.")
        _again(stopped, "Resume")
    elif still:
        _progress(still)
    elif plan.growth is None:
        _offer(plan)
    else:
        st.markdown(_took(plan, model))


def _progress(still: Sequence[Job[Any]]) -> None:
    job = still[0]
    st.progress(job.fraction, f"{job.title}: {jobs.words(job)}")
    st.button("Stop", key="stop", on_click=_stop, args=(still,), width=jobs.BUTTON)


def _offer(plan: PlannedLime) -> None:
    """Say how many superpixels there are and offer to begin; nothing heavy has run yet."""
    if plan.superpixels is None:
        st.markdown("Upload a label image above, or choose another segmentation.")
        return
    if plan.lime is not None:
        st.button(
            "Explain",
            type="primary",
            key="start",
            on_click=lime_jobs.start,
            args=(plan.samples,),
            width=jobs.BUTTON,
        )
    count = f"{FIRST} to {plan.samples.most:,}" if plan.until_settled else f"{plan.samples.most:,}"
    cost = f"This needs {count} passes through the model."
    st.markdown(f"**{plan.superpixels.count} superpixels.** {_few(plan) or cost}")


def _few(plan: PlannedLime) -> str:
    """Return a warning when there are few samples for so many superpixels, else nothing."""
    superpixels, samples = plan.superpixels.count if plan.superpixels else 0, plan.samples.samples
    if plan.until_settled or samples >= ENOUGH * superpixels:
        return ""
    return (
        f":orange[:material/warning: {samples:,} samples are too few for {superpixels:,} "
        f"superpixels: use at least {ENOUGH * superpixels:,}, or larger superpixels.]"
    )


def _took(plan: PlannedLime, model: ModelSummary) -> str:
    """Return what the samples took, and how many were reused."""
    growth, superpixels = plan.growth, plan.superpixels
    assert growth is not None
    assert superpixels is not None
    precision = {"exact": "float32", "fast": "bfloat16"}[plan.samples.precision]
    took = (
        f"**{growth.count:,} samples** of {superpixels.count:,} superpixels: {growth.passes:,} "
        f"passes in {growth.seconds:.1f} s, {growth.reused:,} reused; {precision} on "
        f"{escape(model.device)}."
    )
    return f"{took} {_few(plan)}"


def _stop(still: Sequence[Job[Any]]) -> None:
    for job in still:
        job.stop(jobs.visitor())


def _again(ended: Sequence[Job[Any]], label: str) -> None:
    st.button(label, key="again", on_click=_forget, args=(ended,), width=jobs.BUTTON)


def _forget(ended: Sequence[Job[Any]]) -> None:
    for job in ended:
        jobs.runner().forget(job.key, jobs.visitor())
