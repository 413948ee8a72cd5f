"""Many pictures through one model: the loop that every explaining command shares."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from core.commands.background import ahead
from core.commands.checked_study import checked
from core.commands.entry_point import complain
from core.commands.faults import FOR_ALL, Fault
from core.commands.map_maker import MapMaker
from core.commands.outcome import Known, Outcome, looked_at
from core.commands.picture_files import listed
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.target_classes import Given, TargetClasses
from core.commands.together import run_passes, shares_passes
from core.commands.waiting import wait_for
from core.errors import (
    BadPicture,
    SeeWhyError,
    UnsupportedLayer,
)
from core.explain import methods
from core.export.reading import Folder, Stored
from core.export.record import Explained
from core.pictures.picture import Picture, read
from core.requests.keys import key_of
from core.requests.loading import SummaryRequest
from core.requests.references import PictureRef
from core.requests.studies import StudyRequest, split_label
from core.work.handlers.models import ModelSummary
from core.work.local_executor import LocalExecutor


class Batch:
    """The pictures and the model of one command, and the sentences about bad pictures.

    Attributes:
        study: what is asked for.
        faults: one for each picture that could not be explained, in order; each was printed when
            it was found.
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
        at_once: int = 1,
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
            at_once: pictures whose predictions and gradients come from one pass; 1 for each by
                itself.

        Raises:
            SeeWhyError: what is wrong for all pictures alike.
        """
        self.faults: list[Fault] = []
        self.study = checked(study)
        self._executor, self._progress, self._stop = executor, progress, stop
        self._at_once = at_once if shares_passes(self.study) else 1
        self._classes = TargetClasses(study.model, executor.resources, lambda: self.summary, given)
        listing = listed([Path(picture.name) for picture in study.pictures], beside)
        part, parts = shard
        self._listing = listing
        pairs = list(zip(listing.paths, listing.names, strict=True))[part - 1 :: parts]
        if listing.paths and not pairs:
            count = len(listing.paths)
            self.say(f"Share {part} of {parts} has no picture, because there are only {count}.")
        own = [pair for pair in pairs if pair[1] not in without]
        self._paths, self._names = [path for path, _ in own], [name for _, name in own]
        # Where nothing is left to do, the last fault ends the command like any other error.
        reported = listing.faults if listing.paths else listing.faults[:-1]
        for name, fault in reported:
            self.add_fault(name, fault)
        if not listing.paths:
            raise listing.faults[-1][1]
        self._maker = MapMaker(
            self.study,
            executor,
            self._classes,
            lambda: self.summary,
            self.add_fault,
            progress,
            stop,
            self.count,
        )

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
    def unfinished(self) -> Explained | None:
        """The maps that there are of the picture whose work was stopped; None where none is new."""
        return self._maker.unfinished

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

    def outcomes(self, folder: Folder | None = None) -> Iterator[Outcome]:
        """Yield the results of each picture; keep a fault for each that has none.

        Args:
            folder: what it holds is not computed again.
        """
        places = range(len(self._paths))

        def look(at: int) -> Picture | Known:
            return looked_at(self._paths[at], self._names[at], self.study, folder)

        with contextlib.closing(ahead(places, look, self._at_once)) as looking:
            for first in places[:: self._at_once]:
                chunk = places[first : first + self._at_once]
                self._stop.check()
                found = [_caught(next(looking)) for _ in chunk]
                self._run_passes(chunk, found)
                for number, each in zip(chunk, found, strict=True):
                    self._stop.check()
                    try:
                        if isinstance(each, SeeWhyError):
                            raise each
                        outcome = self._outcome(number, each, folder)
                    except FOR_ALL:
                        raise
                    except SeeWhyError as error:
                        self.add_fault(self._names[number], error)
                        continue
                    if outcome.maps:
                        yield outcome

    def _run_passes(
        self, chunk: Sequence[int], found: Sequence[Picture | Known | SeeWhyError]
    ) -> None:
        """Run the passes that the pictures which are not known share."""
        if self._at_once < 2:
            return
        pictures: list[PictureRef] = []
        targets: list[list[int]] = []
        for number, each in zip(chunk, found, strict=True):
            if isinstance(each, Picture):
                path, name = self._paths[number], self._names[number]
                self._offer(path, name, each)
                pictures.append(PictureRef.of(each))
                targets.append(self._classes.named(self.study.targets, path, name))
        run_passes(self._executor, self.study, pictures, targets, self._stop)

    def _outcome(self, number: int, found: Picture | Known, folder: Folder | None) -> Outcome:
        path, name = self._paths[number], self._names[number]
        self._offer(path, name, found)
        for note in found.notes:  # what was changed of the picture: none of it is a fault
            self.say(f"{name}: {note}")
        reference = found.reference if isinstance(found, Known) else PictureRef.of(found)
        # Looked for now, although it was seen before: an earlier picture may have got its files.
        key = key_of(self.study.prediction(reference))
        stored = folder.find(key, name) if folder else None
        if isinstance(found, Known):
            if stored is not None and (kept := self._kept(number, reference, stored)) is not None:
                return kept
            found = replace(read(path), name=name)
        return Outcome.of(self._maker.explain(found, path, number, stored, tell=True))

    def _kept(self, number: int, reference: PictureRef, stored: Stored) -> Outcome | None:
        """Return the results of a picture that the folder holds; None where one is missing."""
        path, name = self._paths[number], self._names[number]
        truth = self._classes.truth(path, stored.truth, is_stored=True)
        requests, faults = self._maker.requests(name, reference, stored.predictions, truth)

        def whole() -> Explained:
            return self._maker.explain(replace(read(path), name=name), path, number, stored)

        prediction = self.study.prediction(reference)
        kept = Outcome.kept(name, prediction, requests, truth, stored, whole)
        for error in faults if kept else ():
            self.add_fault(name, error)
        return kept

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

    @property
    def all_paths(self) -> Sequence[Path]:
        """Of the pictures of all shards."""
        return self._listing.paths

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


def _caught(look: Callable[[], Picture | Known]) -> Picture | Known | SeeWhyError:
    """Return what was read, or why it could not be: its turn to be told comes later."""
    try:
        return look()
    except SeeWhyError as error:
        return error
