"""The pictures of a gallery: which are wanted, how far each is, what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import streamlit as st

from core.errors import BadPicture, SeeWhyError, UnknownLayer, UnsupportedLayer
from core.explain.base import Explanation
from core.export.reading import SeenPicture
from core.export.record import Explained
from core.measure.masks import marks_superpixels
from core.measure.study import Row
from core.models.card import Guess
from core.pictures import server_folder
from core.requests.keys import key_of
from core.requests.loading import FileRequest
from core.requests.maps import AnyMap
from core.requests.references import PictureRef
from core.requests.studies import OverlapRequest, Rule, StudyRequest
from core.work.handlers.comparisons import Overlap
from core.work.handlers.maps import Prediction
from core.work.job import Job
from pages.ui.parts import jobs as work
from pages.ui.parts import visit_pictures
from pages.ui.parts.text import escape

T = TypeVar("T")

ON_SERVER = "folder/"
"""Before the name of a picture in the server's folder."""
AT_ONCE = 2
"""Pictures whose maps are asked for at a time: others in the room wait no longer than for these."""
MOST = 60
REFUSALS = (UnknownLayer, UnsupportedLayer)
"""Errors that come again however often one tries."""


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """All results of one picture."""

    prediction: Prediction
    explanations: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture failed, and the keys of its jobs where it helps to try them again."""

    reason: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One picture of the gallery.

    Attributes:
        name: as it was picked.
        study: the maps of this picture; None where it cannot be read.
        whole: all that was asked for, or None while some of it is missing.
        requests: of the maps; empty while the prediction is missing.
        jobs: work that is still to come.
        ended_before: whether each of it had ended before its results were read.
        error: why the picture failed, or empty.
        may_end_otherwise: whether it helps to try again.
    """

    name: str
    study: StudyRequest | None = None
    whole: Whole | None = None
    requests: tuple[AnyMap, ...] = ()
    jobs: tuple[Job[Any], ...] = ()
    ended_before: tuple[bool, ...] = ()
    error: str = ""
    may_end_otherwise: bool = False

    @property
    def title(self) -> str:
        """The name for tables and files."""
        return self.study.pictures[0].name if self.study else self.name

    @property
    def ended(self) -> bool:
        """Whether nothing of this picture is to come."""
        return bool(self.error) or self.whole is not None

    @property
    def found(self) -> tuple[Explanation, ...]:
        """The maps, once all of them are there."""
        return self.whole.explanations if self.whole else ()

    def row(self, top: float, superpixels: int) -> Row:
        """Return the picture's comparison; without pairs while it is not whole."""
        if self.whole is None:
            return Row(self.title, error=self.error)
        rules = tuple(
            Rule("superpixels", superpixels) if marks_superpixels(each.label) else Rule("top", top)
            for each in self.requests
        )
        overlap: Overlap = work.finished(OverlapRequest(maps=self.requests, rules=rules))
        return Row(self.title, self._guess(self.whole), overlap.pairs)

    def explained(self) -> Explained:
        """Return the results for files, with the pixels of the picture.

        Raises:
            SeeWhyError: the picture is not there any more.
        """
        assert self.whole is not None
        assert self.study is not None
        picture = work.resources().picture(self.study.pictures[0])
        return Explained(
            SeenPicture(picture, self.study.fit, self.whole.prediction.box),
            self.whole.prediction.guesses,
            self.whole.explanations,
            self.study.prediction(self.study.pictures[0]),
            self.requests,
        )

    @staticmethod
    def _guess(whole: Whole) -> Guess | None:
        index = whole.explanations[0].class_index
        return next((each for each in whole.prediction.guesses if each.index == index), None)


def names() -> tuple[str, ...]:
    """Return what can be picked: built in, this visit's own, the server's folder.

    Where that folder cannot be read, a warning says so.
    """
    try:
        on_server = server_folder.names()
    except BadPicture as error:
        st.warning(escape(str(error)))
        on_server = ()
    return (*visit_pictures.names(), *(f"{ON_SERVER}{name}" for name in on_server))


def title(name: str) -> str:
    """Return what a picture is called on the page."""
    return visit_pictures.title(name)


def reference(name: str) -> PictureRef:
    """Return a picture by its name from `names`.

    Raises:
        BadPicture: it cannot be read.
    """
    own = visit_pictures.uploads().get(name)
    if own is not None:
        return own
    if not name.startswith(ON_SERVER):
        picture = visit_pictures.load(name)
        return PictureRef(picture.sha256, picture.name)
    file = name.removeprefix(ON_SERVER)
    made: PictureRef = work.finished(
        FileRequest(origin="server", name=file, digest=server_folder.version(file))
    )
    return made


def _kept() -> dict[str, Whole]:
    """What this visit has finished; it outlives the shared store."""
    finished: dict[str, Whole] = st.session_state.setdefault("gallery", {})
    return _bounded(finished)


def _failures() -> dict[str, Failure]:
    """Why pictures of this visit failed: shown also when the gallery runs no more."""
    failures: dict[str, Failure] = st.session_state.setdefault("gallery_failed", {})
    return _bounded(failures)


def _bounded(results: dict[str, T]) -> dict[str, T]:
    while len(results) > 2 * MOST:
        results.pop(next(iter(results)))
    return results


def forget_failures() -> None:
    """Let the pictures that failed be asked for again."""
    for failure in _failures().values():
        for key in failure.jobs:
            work.runner().forget(key, work.visitor())
    _failures().clear()


def items(study: StudyRequest, *, running: bool) -> list[Item]:
    """Return every picture with what is there; ask for more while the gallery runs.

    Args:
        study: what is asked for; its pictures are named and not looked at yet.
        running: whether to ask for what is missing, a few pictures at a time.
    """
    made: list[Item] = []
    for name in (picture.name for picture in study.pictures[:MOST]):
        ahead = sum(bool(item.jobs) and not item.ended for item in made)
        try:
            one = replace(study, pictures=(reference(name),))
            made.append(_item(one, name, ask=running and ahead < AT_ONCE))
        except SeeWhyError as error:
            made.append(Item(name, error=str(error)))
    work.drop_all_but([job.key for item in made for job in item.jobs])
    return made


def _item(study: StudyRequest, name: str, *, ask: bool) -> Item:
    key, picture = key_of(study), study.pictures[0]
    kept = _kept().get(key)
    if kept is not None:
        return Item(name, study, kept, _requests(study, kept.prediction))
    failure = _failures().get(key)
    if failure is not None:
        return _failed(name, study, failure)
    if not ask:
        return Item(name, study)
    predicted = _asked_for(study.prediction(picture))
    before: tuple[bool, ...] = (predicted.ended,)
    if predicted.state != "done":
        if predicted.error is not None:
            return _failed(name, study, _failure(study, [predicted]))
        return Item(name, study, jobs=(predicted,), ended_before=before)
    prediction: Prediction = predicted.result()
    requests = _requests(study, prediction)
    jobs = tuple(map(_asked_for, requests))
    before = tuple(job.ended for job in jobs)
    if all(job.state == "done" for job in jobs):
        whole = _kept()[key] = Whole(prediction, tuple(job.result() for job in jobs))
        return Item(name, study, whole, requests)
    if any(job.error is not None for job in jobs):
        return _failed(name, study, _failure(study, jobs))
    return Item(name, study, None, requests, jobs, before)


def _asked_for(request: object) -> Job[Any]:
    """Ask for a result; what was stopped on another page is started again, as the button said."""
    job = work.submit(request)
    if job.stopped_by(work.visitor()):
        work.runner().forget(job.key, work.visitor())
        job = work.submit(request)
    return job


def _requests(study: StudyRequest, prediction: Prediction) -> tuple[AnyMap, ...]:
    target = prediction.guesses[0].index
    return tuple(study.map_of(label, study.pictures[0], target) for label in study.methods)


def _failure(study: StudyRequest, jobs: Sequence[Job[Any]]) -> Failure:
    """Keep why a picture failed."""
    errors = [job.error for job in jobs if job.error is not None]
    final = all(isinstance(error, REFUSALS) for error in errors)
    again = () if final else tuple(job.key for job in jobs)  # the others may fail yet
    made = _failures()[key_of(study)] = Failure(str(errors[0]), again)
    return made


def _failed(name: str, study: StudyRequest, failure: Failure) -> Item:
    """Return a picture that failed: what else was asked for it is waited for no more."""
    return Item(name, study, error=failure.reason, may_end_otherwise=bool(failure.jobs))
