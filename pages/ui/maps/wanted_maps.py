"""From a request to jobs: which maps are wanted, and how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import UnknownLayer, UnsupportedLayer
from core.explain.base import Explanation, Method
from core.explain.methods import METHODS
from core.requests.maps import AnyMap
from core.requests.studies import StudyRequest
from core.work.job import Job, wait_for
from core.work.schedule import QUICK
from pages.ui.parts import jobs as work
from pages.ui.parts import leaving, toolbar
from pages.ui.parts.method_picker import method_labels
from pages.ui.parts.text import counted, escape

AT_ONCE = 0.35
"""Seconds to wait for quick maps before anything is drawn, so that they come without a flash."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One wanted map.

    Attributes:
        title: the method's name with its smoothing.
        method: from the table of methods.
        class_name: the explained class.
        request: what is asked for; None while the class is not known.
        job: the work; None likewise, and while a costly map waits for a press.
    """

    title: str
    method: Method
    class_name: str = ""
    request: AnyMap | None = None
    job: Job[Explanation] | None = None

    @property
    def result(self) -> Explanation | None:
        """The finished map, or None."""
        return self.job.result() if self.job and self.job.state == "done" else None

    @property
    def refusal(self) -> str:
        """One sentence why the method cannot run at this layer, or empty."""
        error = self.job.error if self.job else None
        return str(error) if isinstance(error, UnsupportedLayer | UnknownLayer) else ""

    @property
    def held(self) -> bool:
        """Whether the map waits for a press."""
        return self.job is None and self.request is not None

    @property
    def open(self) -> bool:
        """Whether the map is still to come."""
        job = self.job
        return job is not None and not job.ended and not job.stopped_by(work.visitor())

    @property
    def given_up(self) -> bool:
        """Whether the map failed or was stopped."""
        ended = self.job is not None and not self.open and self.job.state != "done"
        return ended and not self.refusal

    @property
    def state(self) -> str:
        """Where the map stands, in words that do not change from second to second."""
        if self.job is None:
            return "press Compute" if self.held else "waiting"
        if self.refusal:
            return "not possible here"
        if self.job.error is not None:
            return "failed, see below"
        if self.given_up:
            return "stopped"
        # One word for queued and running: each change of it draws the whole page again.
        return self.job.state if self.job.ended else "computing"


@dataclass(frozen=True, slots=True, eq=False)
class PlannedMaps:
    """All maps of one view, in the order of the grid.

    Attributes:
        study: what is asked for.
        tiles: a map each; those of one method follow each other.
        classes: how many classes are explained.
    """

    study: StudyRequest
    tiles: tuple[Tile, ...]
    classes: int

    @property
    def subject(self) -> str:
        """What the maps explain, and where: classes and the layers that were chosen.

        A method may take more layers than were chosen, which its own line says.
        """
        classes = dict.fromkeys(tile.class_name for tile in self.tiles if tile.class_name)
        layered = any(tile.result is not None and tile.result.layer for tile in self.tiles)
        where = f" at {', '.join(self.study.layers)}" if layered and self.study.layers else ""
        return " and ".join(classes) + where

    @property
    def mark(self) -> tuple[str, ...]:
        """What the grid would show: when it changes, the grid is drawn again."""
        return tuple(f"{tile.job.key if tile.job else ''} {tile.state}" for tile in self.tiles)


def plan(
    study: StudyRequest,
    targets: Sequence[int],
    names: Sequence[str],
    *,
    hold: bool = False,
    patience: float = AT_ONCE,
) -> PlannedMaps:
    """Ask for every wanted map, drop what this visit wants no more, keep what is done.

    Args:
        study: the maps of one picture.
        targets: indices of the classes; none while the prediction is not known.
        names: of all classes.
        hold: whether a costly map that is not there waits for a press.
        patience: seconds to wait for quick maps.
    """
    tiles = tuple(
        _tile(study, label, target, names[target] if target >= 0 else "", hold=hold)
        for label in study.methods
        for target in targets or (-1,)
    )
    keys = [tile.job.key for tile in tiles if tile.job]
    work.drop_all_but(keys)
    wait_for([tile.job for tile in tiles if tile.job and tile.job.cost <= QUICK], patience)
    return PlannedMaps(study, tiles, len(targets))


def _tile(study: StudyRequest, label: str, target: int, class_name: str, *, hold: bool) -> Tile:
    """Ask for one map; for none while the class is not known."""
    request = study.map_of(label, study.pictures[0], max(target, 0))
    method, title = METHODS[request.method], method_labels()[request.label]
    if target < 0:
        return Tile(title, method)
    if hold and not work.wanted(request):
        return Tile(title, method, class_name, request)
    return Tile(title, method, class_name, request, work.submit(request))


def progress(plan: PlannedMaps, *, every: float = 0.0) -> None:
    """Say in one line of fixed height how far all maps are, or what they show.

    Args:
        plan: the maps.
        every: seconds between two looks at them; 0 for the usual ones.
    """
    st.session_state["drawn"] = plan.mark  # before anything is looked at; `work.stand` says why
    waiting = any(tile.open for tile in plan.tiles)
    with toolbar.status():
        st.fragment(_progress, run_every=(every or work.interval()) if waiting else None)(plan)


def _progress(plan: PlannedMaps) -> None:
    """Draw the line; when a map has come, have the page drawn again."""
    jobs = [tile.job for tile in plan.tiles if tile.job]
    left = [tile for tile in plan.tiles if tile.open]
    given_up = [tile.job for tile in plan.tiles if tile.given_up and tile.job]
    for tile in left:
        if tile.job:
            tile.job.touch(work.visitor())
    leaving.ask(jobs, work.visitor())
    words = escape(_words(plan, left))
    with st.container(horizontal=True, vertical_alignment="center"):
        if left:
            done = sum(1.0 if job.ended else job.fraction for job in jobs)
            st.progress(min(1.0, done / len(jobs)), words)
            still = [tile.job for tile in left if tile.job]
            st.button("Stop", key="stop", on_click=_stop, args=(still,), width=work.BUTTON)
        else:
            st.caption(words)
        held = [tile.request for tile in plan.tiles if tile.held and tile.request]
        if held and not left:
            st.button("Compute", key="compute", on_click=work.want, args=(held,), type="primary")
        if given_up and not left:
            st.button(
                "Start again", key="again", on_click=_again, args=(given_up,), width=work.BUTTON
            )
    if plan.mark != st.session_state.get("drawn"):
        st.rerun()


def _stop(jobs: Sequence[Job[Explanation]]) -> None:
    for job in jobs:
        job.stop(work.visitor())


def _again(jobs: Sequence[Job[Explanation]]) -> None:
    for job in jobs:
        work.runner().forget(job.key, work.visitor())


def _offer(plan: PlannedMaps) -> str:
    """Say which maps wait for a press, and what they cost."""
    held = [tile for tile in plan.tiles if tile.held]
    passes, seconds = work.cost_of([tile.request for tile in held if tile.request])
    verb = "waits" if len(held) == 1 else "wait"
    about = f", {work.seconds(seconds)}" if seconds is not None else ""
    return f"{_and([tile.title for tile in held])} {verb}: {counted(passes, 'pass')}{about}."


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _words(plan: PlannedMaps, left: Sequence[Tile]) -> str:
    """Return how far the maps are, and once all have ended what they explain."""
    jobs = [tile.job for tile in plan.tiles if tile.job]
    if not jobs:
        return "The maps begin once the class is known."
    done = sum(job.state == "done" for job in jobs)
    if not left and any(tile.held for tile in plan.tiles):
        return _offer(plan)
    failed = sum(job.error is not None for job in jobs)
    if not left and done == len(jobs):
        return f"{counted(done, 'map')} of {plan.subject}"
    words = f"{done} of {counted(len(jobs), 'map')} finished" + f", {failed} failed" * bool(failed)
    if not left:
        stopped = any(job.stopped_by(work.visitor()) for job in jobs)
        return f"Stopped: {words}" if stopped else words
    now = next((tile for tile in left if tile.job and tile.job.state == "running"), left[0])
    stage = work.words(now.job) if now.job else ""
    return f"{words}. {now.title}: {stage}"
