"""Checks of maps as jobs: what is cheap starts by itself, what is costly waits for a press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.measure.single import table
from core.measure.single.base import no_passes
from core.measure.single.check import Check
from core.requests.keys import key_of
from core.requests.measures import CheckRequest
from core.work.handlers.checks import check_is_cheap
from core.work.job import Job
from pages.ui.parts import jobs


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One measure of one map.

    Attributes:
        request: what is asked for.
        job: the work; None while it waits for a press.
    """

    request: CheckRequest
    job: Job[Check] | None

    @property
    def check(self) -> Check | None:
        """What is known: the whole check, or the map's own number while controls are to come."""
        if self.job is None or self.job.error is not None:
            return None
        return self.job.result() if self.job.state == "done" else self.job.partial

    @property
    def open(self) -> bool:
        """Whether there is more to come."""
        return self.job is not None and not self.job.ended and not self.stopped

    @property
    def check_makes_maps(self) -> bool:
        """Whether the measure makes maps anew, which maps that know no model cannot."""
        return table.get(self.request.measure).explanations is not no_passes

    @property
    def stopped(self) -> bool:
        """Whether this visit stopped it."""
        return self.job is not None and self.job.stopped_by(jobs.visitor())


def cell(request: CheckRequest) -> Cell:
    """Ask for a check that is cheap, is there, or was asked for by a press."""
    pressed: set[str] = st.session_state.setdefault("pressed", set())
    key = key_of(request)
    known = jobs.runner().find(key) is not None
    if key in pressed or known or check_is_cheap(request, jobs.resources()):
        return Cell(request, jobs.submit(request))
    return Cell(request, None)


def press(requests: Sequence[CheckRequest]) -> None:
    """Ask for costly checks; for a button."""
    pressed: set[str] = st.session_state.setdefault("pressed", set())
    pressed |= {key_of(request) for request in requests}
