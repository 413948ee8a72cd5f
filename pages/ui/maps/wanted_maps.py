"""From choices to jobs: which maps are wanted, and how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.explain.base import Explanation, Method, Precision, Request
from core.explain.methods import METHODS, parse_label
from core.models.classifier import Classifier, Prepared
from core.work.job import Job, wait_for
from core.work.schedule import QUICK
from pages.ui.parts import jobs as work
from pages.ui.parts.pickers import SMOOTHING

AT_ONCE = 0.35
"""Seconds to wait for quick maps before anything is drawn, so that they come without a flash."""
POLL = 0.4
"""Seconds between two looks at running work."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One wanted map.

    Attributes:
        title: the method's name with its smoothing.
        method: from the table of methods.
        class_name: the explained class.
        refusal: one sentence why the method cannot run here, or empty.
        job: the work; None for a refused map.
    """

    title: str
    method: Method
    class_name: str
    refusal: str = ""
    job: Job[Explanation] | None = None

    @property
    def result(self) -> Explanation | None:
        """The finished map, or None."""
        return self.job.result() if self.job and self.job.state == "done" else None

    @property
    def open(self) -> bool:
        """Whether the map is still to come."""
        job = self.job
        return job is not None and not job.ended and not job.stopped_by(work.visitor())

    @property
    def given_up(self) -> bool:
        """Whether the map failed or was stopped."""
        return self.job is not None and not self.open and self.job.state != "done"

    @property
    def state(self) -> str:
        """Where the map stands, in words that do not change from second to second."""
        if self.job is None:
            return "not possible here" if self.refusal else "waiting"
        if self.job.error is not None:
            return "failed, see below"
        if self.given_up:
            return "stopped"
        return {"queued": "waiting", "running": "computing"}.get(self.job.state, self.job.state)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All maps of one view, in the order of the grid."""

    classifier: Classifier
    prepared: Prepared
    classes: tuple[int, ...]
    tiles: tuple[Tile, ...]

    @property
    def mark(self) -> tuple[str, ...]:
        """What the grid would show: when it changes, the grid is drawn again."""
        return tuple(f"{tile.job.key if tile.job else ''} {tile.state}" for tile in self.tiles)


def plan(
    classifier: Classifier,
    prepared: Prepared,
    layers: Sequence[str],
    classes: Sequence[int],
    labels: Sequence[str],
    precision: Precision,
) -> Plan:
    """Ask for every wanted map, drop what this visit wants no more, keep what is done."""
    tiles = tuple(
        tile_of(label, Request(classifier, prepared, tuple(layers), index, precision=precision))
        for label in labels
        for index in classes or (-1,)
    )
    wanted = [tile.job.key for tile in tiles if tile.job]
    work.drop_all_but(wanted)
    wait_for([tile.job for tile in tiles if tile.job and tile.job.cost <= QUICK], AT_ONCE)
    return Plan(classifier, prepared, tuple(classes), tiles)


def tile_of(label: str, request: Request) -> Tile:
    """Ask for one map, or say why it cannot be."""
    name, smooth = parse_label(label)
    method = METHODS[name]
    title = f"{method.title}{SMOOTHING[smooth]}"
    if request.class_index < 0:
        return Tile(title, method, "")
    class_name = request.classifier.names[request.class_index]
    reasons = [method.fits(request.classifier, layer) for layer in request.layers]
    refusal = next(filter(None, reasons), "")
    if refusal:
        return Tile(title, method, class_name, refusal)
    request = replace(request, smooth=smooth)
    return Tile(title, method, class_name, job=work.explain(method, request))


def progress(plan: Plan) -> None:
    """Show in one line of fixed height how far all maps are, with a Stop button."""
    st.session_state["drawn"] = plan.mark  # before anything is looked at; `work.stand` says why
    waiting = any(tile.open for tile in plan.tiles)
    st.fragment(_progress, run_every=POLL if waiting else None)(plan)


def _progress(plan: Plan) -> None:
    """Draw the line; when a map has come, have the page drawn again."""
    jobs = [tile.job for tile in plan.tiles if tile.job]
    left = [tile for tile in plan.tiles if tile.open]
    given_up = [tile.job for tile in plan.tiles if tile.given_up and tile.job]
    for tile in left:
        if tile.job:
            tile.job.touch(work.visitor())
    done = sum(1.0 if job.ended else job.fraction for job in jobs)
    with st.container(horizontal=True, vertical_alignment="center", height=64, border=False):
        st.progress(min(1.0, done / len(jobs)) if jobs else 0.0, _words(plan, left))
        if left or not given_up:
            still = [tile.job for tile in left if tile.job]
            st.button(
                "Stop", key="stop", disabled=not left, on_click=_stop, args=(still,),
                width=work.BUTTON,
            )  # fmt: skip
        else:
            st.button("Start again", key="again", on_click=_again, args=(given_up,),
                      width=work.BUTTON)  # fmt: skip
    if plan.mark != st.session_state.get("drawn"):
        st.rerun()


def _stop(jobs: Sequence[Job[Explanation]]) -> None:
    for job in jobs:
        job.stop(work.visitor())


def _again(jobs: Sequence[Job[Explanation]]) -> None:
    for job in jobs:
        work.runner().forget(job.key, work.visitor())


def _words(plan: Plan, left: Sequence[Tile]) -> str:
    """Return how far the maps are, for the line."""
    total = sum(tile.job is not None for tile in plan.tiles)
    given_up = sum(tile.given_up for tile in plan.tiles)
    if not left:
        return f"{total - given_up} of {total} map{'s' * (total != 1)} finished"
    now = next((tile for tile in left if tile.job and tile.job.state == "running"), left[0])
    stage = work.words(now.job) if now.job else ""
    return f"{total - len(left)} of {total} maps finished. {now.title}: {stage}"
