"""Many pictures through one model: the loop that every explaining command shares."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from core.commands.background import ahead
from core.commands.entry_point import complain
from core.commands.faults import FOR_ALL, NOT_THE_METHODS, Fault
from core.commands.outcome import Known, Outcome, looked_at
from core.commands.picture_files import listed
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.target_classes import Given, TargetClasses, Truth
from core.commands.waiting import wait_for
from core.errors import (
    BadOption,
    BadPicture,
    Cancelled,
    SeeWhyError,
    UnsupportedLayer,
)
from core.explain import methods
from core.explain.base import Explanation
from core.explain.perturb.composition import check_fill
from core.export.reading import Folder, SeenPicture, Stored
from core.export.record import Explained
from core.models.card import Guess
from core.pictures.picture import Picture, read
from core.requests.keys import key_of
from core.requests.loading import SummaryRequest
from core.requests.maps import AnyMap
from core.requests.options import fill_defaults
from core.requests.references import PictureRef
from core.requests.studies import StudyRequest, split_label
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from core.work.local_executor import LocalExecutor


class Batch:
    """The pictures and the model of one command, and the sentences about bad pictures.

    Attributes:
        study: what is asked for.
        faults: one for each picture that could not be explained, in order; each was printed when
            it was found.
        unfinished: the maps that there are of the picture whose work was stopped; None where
            nothing was stopped, or no map was new.
    """

    def __init__(
        self,
        study: StudyRequest,
        executor: LocalExecutor,
        progress: Progress,
        stop: Stop,
        shard: tuple[int, int] = (1, 1),
        given: Given | None = None,
        beside: Collection[Path] = (),
        without: Collection[str] = (),
    ) -> None:
        """Check what can be seen without the model.

        Args:
            study: what is asked for; its pictures are files and folders.
            executor: computes.
            progress: drawn on while models load and maps are made.
            stop: asked while something is computed.
            shard: which part of how many; pictures go by their position among all.
            given: says the true class of a picture, in place of its folder's name.
            beside: files that may lie among the pictures and are none.
            without: names of pictures that are left out.

        Raises:
            SeeWhyError: what is wrong for all pictures alike.
        """
        self.faults: list[Fault] = []
        self.unfinished: Explained | None = None
        self.study = checked(study)
        self._executor, self._progress, self._stop = executor, progress, stop
        self._classes = TargetClasses(study.model, executor.resources, lambda: self.summary, given)
        listing = listed([Path(picture.name) for picture in study.pictures], beside)
        part, parts = shard
        self._listing = listing
        pairs = list(zip(listing.paths, listing.names, strict=True))[part - 1 :: parts]
        own = [pair for pair in pairs if pair[1] not in without]
        self._paths, self._names = [path for path, _ in own], [name for _, name in own]
        # Where nothing is left to do, the last fault ends the command like any other error.
        reported = listing.faults if listing.paths else listing.faults[:-1]
        for name, fault in reported:
            self.add_fault(name, fault)
        if not listing.paths:
            raise listing.faults[-1][1]

    @cached_property
    def summary(self) -> ModelSummary:
        """The model, loaded when it is first needed.

        Raises:
            SeeWhyError: it cannot be loaded.
        """
        self._progress(0.0, f"loading {self.study.model.id}")
        request = SummaryRequest(model=self.study.model)
        summary = wait_for(self._executor.submit(request), self._stop)
        assert isinstance(summary, ModelSummary)
        return summary

    @property
    def count(self) -> int:
        """How many pictures there are, of the shard."""
        return len(self._paths)

    @property
    def total(self) -> int:
        """How many pictures there are of all shards: what is said of one is the same in each."""
        return len(self._listing.paths)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Names and sentences of the faults so far."""
        return [(fault.title, fault.sentence) for fault in self.faults]

    def check(self) -> None:
        """Find what is wrong for all pictures alike before any is explained.

        Raises:
            SeeWhyError: the model cannot be loaded, has no such layer, or a method does not fit it.
        """
        if self._executor.resources.elsewhere is not None:
            return  # whoever has the model there has checked it
        model = self._executor.resources.classifier(self.study.model)
        for label in self.study.methods:
            method = methods.get(split_label(label)[0])
            layers = self.study.layers or (model.default_layer,) if method.layered else ("",)
            for layer in layers:
                if why := method.fits(model, layer):
                    raise UnsupportedLayer(why)

    def explained(self, folder: Folder | None = None) -> Iterator[Explained]:
        """Yield the results of each picture; see `outcomes`."""
        for outcome in self.outcomes(folder):
            yield outcome.whole()

    def outcomes(self, folder: Folder | None = None) -> Iterator[Outcome]:
        """Yield the results of each picture; keep a fault for each that has none.

        Args:
            folder: what it holds is not computed again.
        """
        places = range(len(self._paths))

        def look(at: int) -> Picture | Known:
            return looked_at(self._paths[at], self._names[at], self.study, folder)

        with contextlib.closing(ahead(places, look)) as looking:
            for number in places:
                self._stop.check()
                try:
                    outcome = self._outcome(number, next(looking)(), folder)
                except FOR_ALL:
                    raise
                except SeeWhyError as error:
                    self.add_fault(self._names[number], error)
                    continue
                if outcome.maps:
                    yield outcome

    def _outcome(self, number: int, found: Picture | Known, folder: Folder | None) -> Outcome:
        path, name = self._paths[number], self._names[number]
        self._offer(path, name, found)
        for note in found.notes:  # what was changed of the picture: none of it is a fault
            self.say(f"{name}: {note}")
        stored: Stored | None
        if isinstance(found, Known):
            stored, reference = found.stored, found.reference
            truth = self._classes.truth(path, found.stored.truth, is_stored=True)
            requests, faults = self._requests(name, reference, found.stored.predictions, truth)
            maps = dict(zip(stored.asked, stored.maps, strict=True))
            keys = [key_of(each) for each in requests]
            if all(key in maps for key in keys):
                self._add_faults(name, faults)
                return Outcome(
                    name,
                    self.study.prediction(reference),
                    stored.predictions,
                    requests,
                    tuple(maps[key] for key in keys),
                    truth,
                    stored,
                    lambda: self._explain(replace(read(path), name=name), path, number, stored),
                )
            found = replace(read(path), name=name)
        else:
            key = key_of(self.study.prediction(PictureRef.of(found)))
            stored = folder.find(key) if folder else None
        return Outcome.of(self._explain(found, path, number, stored, tell=True))

    def offer(self, name: str) -> Picture:
        """Read a picture again; requests about it can be computed from now on.

        Args:
            name: what it is called here.

        Raises:
            BadPicture: it cannot be read.
        """
        return self._read(self._paths[self._names.index(name)], name)

    @property
    def paths(self) -> Sequence[Path]:
        """Of the pictures."""
        return self._paths

    def pictures(self, most: int) -> tuple[PictureRef, ...]:
        """Return the first pictures that can be read, `most` of all shards', for a mosaic.

        What is wrong with the others is said when their turn comes.
        """
        found: list[PictureRef] = []
        for path, name in zip(self._listing.paths, self._listing.names, strict=True):
            if len(found) == most:
                break
            self._stop.check()
            with contextlib.suppress(BadPicture):
                found.append(PictureRef.of(self._read(path, name)))
        return tuple(found)

    def _read(self, path: Path, name: str) -> Picture:
        picture = replace(read(path), name=name)
        self._offer(path, name, picture)
        return picture

    def _offer(self, path: Path, name: str, found: Picture | Known) -> None:
        """Make a picture known to the resources."""
        resources = self._executor.resources

        def again() -> Picture:  # several files may have one name: what tells them apart
            return replace(read(path), name=name)

        if isinstance(found, Picture):
            resources.offer_picture(found, again)
        else:
            resources.offer_later(found.reference, again)

    def _explain(
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
        asked = self.study.prediction(reference)
        predictions, box = self._prediction(asked, stored)
        known = stored.truth if stored else None
        truth = self._classes.truth(path, known, is_stored=stored is not None)
        requests, faults = self._requests(picture.name, reference, predictions, truth)
        self._add_faults(picture.name, faults if tell else ())
        kept = stored.explanations if stored else {}
        maps = {each: kept[key_of(each)] for each in requests if key_of(each) in kept}
        region = SeenPicture(picture, self.study.fit, box)

        def explained() -> Explained:
            made = tuple(each for each in requests if each in maps)
            found = tuple(maps[each] for each in made)
            return Explained(region, predictions, found, asked, made, truth)

        before_this = len(maps)
        if before_this < len(requests):
            _ = self.summary  # who keeps what there is at a stop needs it, and may not wait then
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
                self.add_fault(picture.name, error, methods.get(request.method).title)
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

    def _requests(
        self,
        name: str,
        picture: PictureRef,
        guesses: Sequence[Guess],
        truth: Truth,
    ) -> tuple[tuple[AnyMap, ...], list[BadPicture]]:
        """Return what is asked of a picture, and which classes it cannot be asked of."""
        targets: list[int] = []
        faults: list[BadPicture] = []
        for text in self.study.targets:
            try:
                targets.append(self._classes.index(text, name, guesses, truth))
            except BadPicture as error:
                faults.append(error)
        requests = (
            self.study.map_of(label, picture, target)
            for label in self.study.methods
            for target in dict.fromkeys(targets)  # the prediction may be the class beside it
        )
        return tuple(requests), faults

    def _add_faults(self, name: str, faults: Sequence[SeeWhyError]) -> None:
        for error in faults:
            self.add_fault(name, error)

    def _costs(self, requests: Sequence[AnyMap], stored: Stored | None) -> list[float]:
        """Return how much of the work each map is; nothing for those that are there."""
        classifier = self._executor.resources.loaded(self.study.model)
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
            done = (number + before + share * fraction) / len(self._paths)
            self._progress(done, f"{name}{title}")

        show(0.0)
        explanation = wait_for(self._executor.submit(request), self._stop, show)
        assert isinstance(explanation, Explanation)
        return explanation

    def add_fault(self, name: str, error: SeeWhyError, method: str = "") -> Fault:
        """Report a picture, or a method or a measure of it, at once and go on."""
        self._progress.clear()
        fault = Fault(name, str(error), method)
        shown = fault.title in fault.sentence
        complain(fault.sentence if shown else f"{fault.title}: {fault.sentence}")
        self.faults.append(fault)
        return fault

    def say(self, sentence: str) -> None:
        """Print a sentence that is no fault."""
        self._progress.clear()
        complain(sentence)


def checked(study: StudyRequest) -> StudyRequest:
    """Return the study with the labels as the table of methods spells them.

    Raises:
        BadOption: a method, its smoothing or an option of it does not exist.
    """
    labels = []
    for label in study.methods:
        name, smooth = split_label(label)
        method = methods.get(name)
        if smooth not in method.smooths:
            allowed = ", ".join(method.smooths)
            raise BadOption(
                f"{name} does not support smoothing {smooth!r}: choose one of {allowed}."
            )
        labels.append(label)
    names = {split_label(label)[0] for label in labels}
    check_fill(study.lime.fill)
    for of, option, value in study.options:
        if of not in names:
            raise BadOption(f"--option {of}.{option} needs {of} among --methods.")
        fill_defaults(methods.get(of).options, {option: value})
    return replace(study, methods=tuple(dict.fromkeys(labels)))
