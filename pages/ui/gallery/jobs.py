"""The pictures of a gallery: how far each is, and what is kept of them.

Results are kept one by one: another choice of methods or pictures asks only for what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import SeeWhyError
from core.explain.base import Explanation
from core.export.reading import SeenPicture
from core.export.record import Explained
from core.measure.agreement import Pair
from core.measure.masks import marks_superpixels
from core.measure.study import Row
from core.models.true_class import Truth
from core.requests.agreements import AgreementRequest
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.measures import MeasureRequest, RandomIntervalRequest
from core.requests.studies import OverlapRequest, Rule, StudyRequest
from core.work.handlers.comparisons import Overlap
from core.work.handlers.maps import Prediction
from core.work.job import Job
from pages.ui.gallery import parts, pictures
from pages.ui.gallery.measured import MeasuredMap, measured_maps
from pages.ui.gallery.parts import METHODS, Part, bound, kept_under, part
from pages.ui.gallery.pictures import MOST
from pages.ui.parts import jobs as work
from pages.ui.parts import visit_pictures

AT_ONCE = 2
"""Pictures whose maps are asked for at a time: others in the room wait no longer than for these."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One picture of the gallery.

    Attributes:
        name: as it was picked.
        study: the maps of this picture; None where it cannot be read.
        prediction: what the model says, or None while that is not there.
        requests: of the maps, of the first class while the prediction is missing.
        parts: what there is of each map; empty while the prediction is missing.
        first: what there is of the prediction.
        measured: what there is of the measures of the maps; of the first class while the
            prediction is missing.
        truth: the true class, where it is known.
        unread: why the picture cannot be read, or empty.
    """

    name: str
    study: StudyRequest | None = None
    prediction: Prediction | None = None
    requests: tuple[AnyMap, ...] = ()
    parts: tuple[Part, ...] = ()
    first: Part | None = None
    measured: tuple[MeasuredMap, ...] = ()
    truth: Truth | None = None
    unread: str = ""

    @property
    def title(self) -> str:
        """The name for tables and files."""
        return self.study.pictures[0].name if self.study else self.name

    @property
    def _all(self) -> tuple[Part, ...]:
        return (*((self.first,) if self.first else ()), *self.parts)

    @property
    def numbers(self) -> tuple[Part, ...]:
        """What there is of every measure, also of the controls, each once."""
        return tuple({part.key: part for each in self.measured for part in each.all}.values())

    @property
    def jobs(self) -> tuple[Job[Any], ...]:
        """Work that is still to come."""
        every = () if self.error else (*self._all, *self.numbers)
        return tuple(part.job for part in every if part.job)

    @property
    def ended_before(self) -> tuple[bool, ...]:
        """Whether the jobs, in the groups of `ends`, had ended before their results were read."""
        return self._grouped(lambda part: part.ended_before)

    @property
    def ends(self) -> tuple[bool, ...]:
        """Whether each job of a map has ended, and then whether all of the measures have."""
        return self._grouped(lambda part: part.job is not None and part.job.ended)

    def _grouped(self, flag: Callable[[Part], bool]) -> tuple[bool, ...]:
        if self.error:
            return ()
        numbers = [flag(part) for part in self.numbers if part.job]
        maps = [flag(part) for part in self._all if part.job]
        # Measures are many and quick: a page that is drawn again for each would do nothing else.
        return (*maps, *([all(numbers)] if numbers else []))

    @property
    def error(self) -> str:
        """Why the picture failed, or empty."""
        failed = [part.failure for part in self._all if part.failure]
        return self.unread or (failed[0].reason if failed else "")

    @property
    def failed(self) -> bool:
        """Whether something failed that may come when one tries again."""
        every = (*self._all, *self.numbers)
        return any(part.failure and part.failure.again for part in every)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The keys of what has no result."""
        return tuple(part.key for part in (*self._all, *self.numbers) if part.result is None)

    @property
    def whole(self) -> bool:
        """Whether all maps are there."""
        return bool(self.parts) and all(part.result is not None for part in self.parts)

    @property
    def compared(self) -> bool:
        """Whether no map of this picture is to come."""
        return bool(self.error) or self.whole

    @property
    def ended(self) -> bool:
        """Whether nothing of this picture is to come."""
        return bool(self.error) or (self.whole and all(part.ended for part in self.numbers))

    @property
    def missing(self) -> tuple[AnyMap, ...]:
        """The maps that are to come."""
        if self.compared:
            return ()
        present = {id(part.request) for part in self.parts if part.result is not None}
        return tuple(each for each in self.requests if id(each) not in present)

    @property
    def unmeasured(self) -> tuple[MeasureRequest | RandomIntervalRequest, ...]:
        """The measures that are to come."""
        left = () if self.error else self.numbers
        requests = (part.request for part in left if not part.ended)
        kinds = MeasureRequest | RandomIntervalRequest
        return tuple(each for each in requests if isinstance(each, kinds))

    @property
    def running(self) -> tuple[tuple[Job[Any], AnyMap], ...]:
        """The work on maps that goes on, with what is asked for."""
        pairs = zip(self.requests, self.parts, strict=False)
        jobs = [(part.job, request) for request, part in pairs if not self.ended and part.job]
        return tuple((job, request) for job, request in jobs if job.state == "running")

    @property
    def maps(self) -> tuple[Explanation, ...]:
        """The maps that are there."""
        return tuple(part.result for part in self.parts if part.result is not None)

    @property
    def right(self) -> bool | None:
        """Whether the true class is predicted; None where either is not known."""
        if self.truth is None or self.prediction is None:
            return None
        return self.prediction.guesses[0].index == self.truth.index

    def row(self, top: float, superpixels: int) -> Row:
        """Return the picture's comparison; without pairs while it is not whole."""
        guess = self.prediction.guesses[0] if self.prediction else None
        truth = self.truth.name if self.truth else ""
        if self.error or not self.whole:
            row = Row(self.title, None if self.error else guess, error=self.error)
        else:
            row = Row(self.title, guess, _pairs(self.requests, top, superpixels))
        return replace(row, truth=truth, right=None if self.error else self.right)

    def explained(self) -> Explained:
        """Return the results for files, with the pixels of the picture.

        Raises:
            SeeWhyError: the picture is not there any more.
        """
        assert self.study is not None
        assert self.prediction is not None
        picture = work.resources().picture(self.study.pictures[0])
        return Explained(
            SeenPicture(picture, self.study.fit, self.prediction.box),
            self.prediction.guesses,
            self.maps,
            self.study.prediction(self.study.pictures[0]),
            self.requests,
            (self.truth.index, self.truth.name) if self.truth else None,
        )


def _pairs(requests: Sequence[AnyMap], top: float, superpixels: int) -> tuple[Pair, ...]:
    """Return how far each two maps agree; asked for are those that were not compared yet."""
    rules = tuple(
        Rule("superpixels", superpixels) if marks_superpixels(each.label) else Rule("top", top)
        for each in requests
    )
    places = [(a, b) for a in range(len(requests)) for b in range(a + 1, len(requests))]
    marks = [f"{key_of(each)} {rule.text}" for each, rule in zip(requests, rules, strict=True)]
    compared: dict[tuple[str, str], Pair] = kept_under("gallery_pairs")
    keys = [(marks[a], marks[b]) for a, b in places]
    if any(key not in compared for key in keys):
        overlap: Overlap = work.finished(OverlapRequest(maps=tuple(requests), rules=rules))
        compared.update(zip(keys, overlap.pairs, strict=True))
        bound(compared, MOST * METHODS * METHODS // 2)
    return tuple(compared[key] for key in keys)


def forget_failures(items: Sequence[Item]) -> None:
    """Let what failed be asked for again, also what failed after a picture had been given up."""
    for item in items:
        for key in item.unfinished if item.failed else ():
            work.runner().forget(key, work.visitor())
    parts.forget_failures()


def items(asked: AgreementRequest, truths: pictures.Truths, *, running: bool) -> list[Item]:
    """Return every picture with what is there; ask for more while the gallery runs.

    Args:
        asked: the gallery; its pictures are named and not looked at yet.
        truths: the true classes that are known.
        running: whether to ask for what is missing, a few pictures at a time.
    """
    made: list[Item] = []
    for name in (picture.name for picture in asked.study.pictures[:MOST]):
        ahead = sum(bool(item.jobs) and not item.ended for item in made)
        try:
            item = _item(asked, name, ask=running and ahead < AT_ONCE)
            made.append(replace(item, truth=truths.of(item.title)))
        except SeeWhyError as error:
            made.append(Item(name, unread=str(error)))
    work.drop_all_but([job.key for item in made for job in item.jobs])
    return made


def _item(asked: AgreementRequest, name: str, *, ask: bool) -> Item:
    study = replace(asked.study, pictures=(visit_pictures.reference(name),))
    picture = study.pictures[0]
    first = part(study.prediction(picture), ask=ask)
    prediction: Prediction | None = first.result
    target = prediction.guesses[0].index if prediction else 0
    requests = tuple(study.map_of(label, picture, target) for label in study.methods)
    parts = tuple(part(each, ask=ask) for each in requests) if prediction else ()
    # Measures of a map that is still to come would make it themselves, unseen.
    ready = bool(parts) and all(each.result is not None for each in parts)
    count = len(asked.study.pictures[:MOST])
    numbers = measured_maps(requests, asked.measures, asked.settings, count, ask=ask and ready)
    return Item(name, study, prediction, requests, parts, first, numbers)
