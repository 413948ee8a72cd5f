"""The maps of one picture of a command: what is asked, what is kept, what is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from core.commands.faults import NOT_THE_METHODS, Fault
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.target_classes import TargetClasses, Truth
from core.commands.waiting import wait_for
from core.errors import BadPicture, Cancelled, SeeWhyError
from core.explain import methods
from core.explain.base import Explanation
from core.export.reading import SeenPicture, Stored
from core.export.record import Explained
from core.models.card import Guess
from core.pictures.picture import Picture
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.references import PictureRef
from core.requests.studies import StudyRequest
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from core.work.local_executor import LocalExecutor


class AddFault(Protocol):
    """Reports what is wrong with a picture, or with a method on it."""

    def __call__(self, name: str, error: SeeWhyError, method: str = "") -> Fault:
        """Return what was reported."""
        ...


class MapMaker:
    """Makes the maps that a study asks of each picture.

    Attributes:
        unfinished: the maps that there are of the picture whose work was stopped; None where
            nothing was stopped, or no map was new.
    """

    def __init__(
        self,
        study: StudyRequest,
        executor: LocalExecutor,
        classes: TargetClasses,
        summary: Callable[[], ModelSummary],
        add_fault: AddFault,
        progress: Progress,
        stop: Stop,
        count: int,
    ) -> None:
        """Know what is asked for and who computes it.

        Args:
            study: what is asked of each picture.
            executor: computes.
            classes: which classes are meant.
            summary: loads the model.
            add_fault: told what could not be computed.
            progress: drawn on.
            stop: asked meanwhile.
            count: of all pictures, for the progress.
        """
        self.unfinished: Explained | None = None
        self._study, self._executor, self._classes = study, executor, classes
        self._summary, self._add_fault = summary, add_fault
        self._progress, self._stop, self._count = progress, stop, count

    def explain(
        self,
        picture: Picture,
        path: Path,
        number: int,
        stored: Stored | None,
        *,
        tell: bool = False,
    ) -> Explained:
        """Return the results of one picture, those that are not stored computed.

        A method that fails on it is a fault of its own, and has no result. `tell` is false where
        the faults of its classes were told before.
        """
        reference = PictureRef.of(picture)
        asked = self._study.prediction(reference)
        predictions, box = self._prediction(asked, stored)
        known = stored.truth if stored else None
        truth = self._classes.truth(path, known, is_stored=stored is not None)
        requests, faults = self.requests(picture.name, reference, predictions, truth)
        for error in faults if tell else ():
            self._add_fault(picture.name, error)
        kept = stored.explanations if stored else {}
        maps = {each: kept[key_of(each)] for each in requests if key_of(each) in kept}
        region = SeenPicture(picture, self._study.fit, box)

        def explained() -> Explained:
            made = tuple(each for each in requests if each in maps)
            found = tuple(maps[each] for each in made)
            return Explained(region, predictions, found, asked, made, truth)

        before_this = len(maps)
        if before_this < len(requests):
            self._summary()  # who keeps what there is at a stop needs it, and may not wait then
        costs = self._costs(requests, stored)
        for at, request in enumerate(requests):
            if request in maps:
                continue
            before, share = sum(costs[:at]) / sum(costs), costs[at] / sum(costs)
            try:
                made = self._map(request, f"{picture.name[:40]}, ", number, before, share)
            except Cancelled:
                self.unfinished = explained() if len(maps) > before_this else None
                raise
            except NOT_THE_METHODS:
                raise
            except SeeWhyError as error:
                self._add_fault(picture.name, error, methods.get(request.method).title)
                continue
            maps[request] = made
        return explained()

    def _prediction(
        self, request: object, stored: Stored | None
    ) -> tuple[tuple[Guess, ...], tuple[int, int, int, int]]:
        if stored is not None:
            return stored.predictions, stored.box
        result = wait_for(self._executor.submit(request), self._stop)
        assert isinstance(result, Prediction)
        return result.guesses, result.box

    def requests(
        self,
        name: str,
        picture: PictureRef,
        guesses: Sequence[Guess],
        truth: Truth,
    ) -> tuple[tuple[AnyMap, ...], list[BadPicture]]:
        """Return what is asked of a picture, and which classes it cannot be asked of."""
        targets: list[int] = []
        faults: list[BadPicture] = []
        for text in self._study.targets:
            try:
                targets.append(self._classes.index(text, name, guesses, truth))
            except BadPicture as error:
                faults.append(error)
        requests = (
            self._study.map_of(label, picture, target)
            for label in self._study.methods
            for target in dict.fromkeys(targets)  # the prediction may be the class beside it
        )
        return tuple(requests), faults

    def _costs(self, requests: Sequence[AnyMap], stored: Stored | None) -> list[float]:
        """Return how much of the work each map is; nothing for those that are there."""
        classifier = self._executor.resources.loaded(self._study.model)
        there = set(stored.explanations) if stored else set()
        return [
            1e-9
            if key_of(request) in there
            else float(methods.get(request.method).cost(request, classifier) if classifier else 1)
            for request in requests
        ]

    def _map(
        self, request: AnyMap, name: str, number: int, before: float, share: float
    ) -> Explanation:
        title = methods.get(request.method).title

        def show(fraction: float, stage: str = "") -> None:
            done = (number + before + share * fraction) / self._count
            self._progress(done, f"{name}{title}")

        show(0.0)
        explanation = wait_for(self._executor.submit(request), self._stop, show)
        assert isinstance(explanation, Explanation)
        return explanation
