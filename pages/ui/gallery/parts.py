"""One result of a gallery: what this visit has kept of it, or the work for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from core.errors import UnknownLayer, UnsupportedLayer
from core.requests.keys import key_of
from core.requests.maps import AnyMap, PredictionRequest
from core.requests.measures import MeasureRequest, RandomIntervalRequest
from core.work.job import Job
from pages.ui.gallery.pictures import MOST
from pages.ui.parts import jobs as work

T = TypeVar("T")
Asked = AnyMap | PredictionRequest | MeasureRequest | RandomIntervalRequest
"""What results of a picture are asked for."""

REFUSALS = (UnknownLayer, UnsupportedLayer)
"""Errors that come again however often one tries."""
METHODS = 12
"""Maps of a picture that are kept: those of a few choices of methods."""
NUMBERS = 120
"""Measures of a picture that are kept: more than the most that can be chosen, with controls."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a result failed, and whether it may come when one tries again."""

    reason: str
    again: bool


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One result of a picture.

    Attributes:
        request: what is asked for.
        key: of the request.
        result: or None while it is not there.
        failure: why there is none, or None.
        job: the work, while it is to come.
        ended_before: whether that had ended before its result was read.
    """

    request: Asked
    key: str
    result: Any = None
    failure: Failure | None = None
    job: Job[Any] | None = None
    ended_before: bool = False

    @property
    def ended(self) -> bool:
        """Whether it is not to come."""
        return self.result is not None or self.failure is not None


def kept_under(place: str) -> dict[Any, Any]:
    """What this visit has finished or seen fail; it outlives the shared store."""
    kept: dict[Any, Any] = st.session_state.setdefault(place, {})
    return kept


def bound(results: dict[T, Any], most: int) -> None:
    """Forget the oldest of more results than may be kept."""
    while len(results) > most:
        results.pop(next(iter(results)))


def forget_failures() -> None:
    """Let what failed be asked for again."""
    kept_under("gallery_failed").clear()


def part(request: Asked, *, ask: bool, key: str = "") -> Part:
    """Return one result: what this visit has, what others have made, or the work for it.

    Args:
        request: what is asked for.
        ask: whether to start or join the work.
        key: of the request, where it is known.
    """
    key = key or key_of(request)
    is_number = isinstance(request, MeasureRequest | RandomIntervalRequest)
    kept = kept_under("gallery_measures" if is_number else "gallery")
    failed = kept_under("gallery_failed")
    if key in kept:
        return Part(request, key, kept[key])
    if key in failed:
        return Part(request, key, failure=failed[key])
    job = _asked_for(request) if ask else work.runner().find(key)
    if job is None:
        return Part(request, key)
    before = job.ended
    if job.state == "done":
        kept[key] = job.result()
        bound(kept, MOST * NUMBERS if is_number else 2 * MOST * METHODS)
        return Part(request, key, kept[key])
    if job.error is not None and ask:
        failed[key] = Failure(str(job.error), not isinstance(job.error, REFUSALS))
        bound(failed, MOST * NUMBERS)
        return Part(request, key, failure=failed[key])
    return Part(request, key, job=job, ended_before=before) if ask else Part(request, key)


def _asked_for(request: object) -> Job[Any]:
    """Ask for a result; what was stopped on another page is started again, as the button said."""
    job = work.submit(request)
    if job.stopped_by(work.visitor()):
        work.runner().forget(job.key, work.visitor())
        job = work.submit(request)
    return job
