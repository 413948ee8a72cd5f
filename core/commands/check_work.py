"""The work of `dissect --check`: whether what a model says of pictures rests on its concepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.commands.entry_point import complain
from core.commands.faults import FOR_ALL
from core.commands.picture_files import Listing, listed
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.commands.waiting import wait_for
from core.concepts.check.words import ConceptCheck, checkable
from core.concepts.evidence import groups_of
from core.concepts.result.dissection import Dissection
from core.errors import SeeWhyError, UnsupportedLayer
from core.export.concept_checks import CheckRow
from core.pictures.picture import Picture, read
from core.requests.dissections import DissectionRequest, EvidenceRequest
from core.requests.maps import PredictionRequest
from core.requests.references import PictureRef
from core.work.local_executor import LocalExecutor

MOST = 12
"""Concepts of a layer that are checked, those with the largest shares; the page draws as many."""


class Checks:
    """The pictures that a dissection is checked with.

    Attributes:
        rows: what was measured so far.
        faults: how many pictures, or entries of folders, could not be checked; each was printed.
    """

    def __init__(
        self,
        request: DissectionRequest,
        pictures: Sequence[str],
        executor: LocalExecutor,
        progress: Progress,
        stop: Stop,
    ) -> None:
        """Find what is wrong for all pictures alike before anything is computed.

        Args:
            request: the dissection.
            pictures: files and folders, one at least.
            executor: computes.
            progress: drawn on.
            stop: asked while something is computed.

        Raises:
            SeeWhyError: there is no picture, or none of the layers can be checked.
        """
        self.rows: list[CheckRow] = []
        self.faults = 0
        self._request, self._executor = request, executor
        self._progress, self._stop = progress, stop
        self._listing: Listing = listed([Path(name) for name in pictures])
        # Where nothing is left to do, the last fault ends the command like any other error.
        few = self._listing.faults if self._listing.paths else self._listing.faults[:-1]
        for name, fault in few:
            self._add_fault(name, fault)
        if not self._listing.paths:
            raise self._listing.faults[-1][1]
        self._layers = self._checked_layers()

    def run(self, dissection: Dissection) -> None:
        """Check every picture; a bad one is printed and passed over.

        Args:
            dissection: says which channels a concept has.
        """
        total = len(self._listing.paths)
        for number, (path, name) in enumerate(
            zip(self._listing.paths, self._listing.names, strict=True)
        ):
            self._stop.check()
            self._progress(number / total, f"checking {name[:40]}")
            try:
                self.rows += self._of_picture(replace(read(path), name=name), path, dissection)
            except FOR_ALL:
                raise
            except SeeWhyError as error:
                self._add_fault(name, error)

    def _of_picture(self, picture: Picture, path: Path, dissection: Dissection) -> list[CheckRow]:
        for note in picture.notes:
            self._say(f"{picture.name}: {note}")
        resources = self._executor.resources
        resources.offer_picture(picture, lambda: replace(read(path), name=picture.name))
        reference, request = PictureRef.of(picture), self._request
        guesses = self._done(
            PredictionRequest(picture=reference, model=request.model, fit=request.fit)
        ).guesses
        rows = []
        for layer in self._layers:
            own = list(self._of_layer(reference, guesses[0].index, layer, dissection))
            if not own:
                what = f"no labelled channel of {layer} supports {guesses[0].name}"
                self._say(f"{picture.name}: {what}, so there is nothing to check.")
            rows += [CheckRow(picture.name, done) for done in own]
        return rows

    def _of_layer(
        self, picture: PictureRef, target: int, layer: str, dissection: Dissection
    ) -> Iterator[ConceptCheck]:
        """Yield the check of each concept that the class seems to rest on."""
        model, fit = self._request.model, self._request.fit
        asked = EvidenceRequest(picture=picture, model=model, fit=fit, layer=layer, target=target)
        evidence = self._done(asked)
        for group in checkable(groups_of(evidence, dissection.names(layer)), MOST):
            check = asked.check_of(group.channels, self._request.seed)
            yield ConceptCheck(group, self._done(check))

    def _done(self, request: object) -> Any:  # noqa: ANN401 - as the request's handler gives it
        return wait_for(self._executor.submit(request), self._stop)

    def _checked_layers(self) -> tuple[str, ...]:
        """Return the layers at which channels can be switched off.

        Raises:
            SeeWhyError: there is none; the sentence about the last says why.
        """
        self._progress(0.0, f"loading {self._request.model.id}")
        classifier = self._executor.resources.classifier(self._request.model)
        layers, why = [], ""
        for path in self._request.layers or (classifier.default_layer,):
            try:
                checked = classifier.check_layer(path)
            except UnsupportedLayer as error:
                why = str(error)
                continue
            if checked.shape[1:] == (1, 1):
                why = f"{checked.path} has no spatial map (its output is 1 x 1)."
                continue
            layers.append(checked.path)
        if not layers:
            raise UnsupportedLayer(
                f"--check needs a layer with a map, for example {classifier.default_layer}: {why}"
            )
        return tuple(layers)

    def _add_fault(self, name: str, error: SeeWhyError) -> None:
        self._say(str(error) if name in str(error) else f"{name}: {error}")
        self.faults += 1

    def _say(self, sentence: str) -> None:
        self._progress.clear()
        complain(sentence)
