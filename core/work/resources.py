"""What requests name, loaded: each once, bounded by bytes.

A request holds digests. `Resources` knows where the content of a digest can be had: from what was
offered to it (a visitor's picture, a weights file on disk), from SeeWhy's own pictures and models,
and from the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar, cast

from core import Mask
from core.caching.once import Once
from core.caching.store import Store
from core.errors import BadPicture, BadTruth, BadWeights
from core.explain.base import Explanation, Subject, Tick, no_tick
from core.explain.shared_pass import SharedPass
from core.measure.truth.truth_file import TruthFile
from core.models import catalog, load
from core.models.cache import default_limit
from core.models.catalog_entry import RANDOM
from core.models.classifier import Classifier
from core.models.device import ours
from core.models.files import file_digest
from core.models.input import Prepared
from core.models.reference import digest_of
from core.pictures import built_in
from core.pictures.picture import Picture, read
from core.requests.keys import content_key, key_of
from core.requests.maps import AnyMap, Fit
from core.requests.references import ModelRef, PictureRef, TruthFileRef, TruthRef
from core.work.concept_resources import ConceptResources
from core.work.offers import Offers
from core.work.paces import Paces

T = TypeVar("T")

PICTURES = 256 << 20
PREPARED = 64 << 20
TRUTHS = 64 << 20
SAMPLES = 256 << 20
RESULTS = 512 << 20
PASSES = 256 << 20
TRIALS = 8
"""Pictures whose measures share what they compute: a picture's are asked for one after another."""


class Elsewhere(Protocol):
    """Who knows what other processes hold."""

    def answer(self, question: str, request: object) -> object | None:
        """Return the answer to a question of `core.work.asking`; None where nobody knows it now."""
        ...


class Resources:
    """Pictures, models, samples and encoders of a process. Safe to use from any thread.

    Attributes:
        results: finished results by the key of their request.
        models, pictures, samples, truths: what is loaded.
        concepts: what dissections need.
        offers: where the content of digests can be had.
        paces: how long maps took.
        trials: what the measures of one picture share.
        elsewhere: who knows what is loaded, where other processes hold the models; else None.
    """

    def __init__(self, results: Store | None = None, pictures: int = PICTURES) -> None:
        """Start with nothing loaded.

        Args:
            results: where finished results stay; one of `RESULTS` bytes when not given.
            pictures: bytes of decoded pictures that are kept.
        """
        self.results = Store(RESULTS) if results is None else results  # an empty one is false
        self.models = Once(default_limit())
        self.pictures = Once(pictures)
        self.samples = Once(SAMPLES)
        self.truths = Once(TRUTHS)
        self.offers = Offers()
        self.concepts = ConceptResources(self.offers)
        self.paces = Paces()
        self.trials = Once(TRIALS, weigher=lambda shared: 1)
        self.elsewhere: Elsewhere | None = None
        self.passes = Store(PASSES)
        self._prepared = Once(PREPARED)

    def offer_picture(self, picture: Picture, again: Callable[[], Picture] | None = None) -> None:
        """Keep a decoded picture while there is room.

        Args:
            picture: just decoded.
            again: decodes it once more; what is not given cannot be had again once it was dropped.
        """
        self.pictures.get(picture.sha256 + picture.file, lambda: picture)
        if again is not None:
            self.offers.add(picture.sha256, again)
            self.offers.add(picture.sha256 + picture.file, again)

    def offer_later(self, reference: PictureRef, again: Callable[[], Picture]) -> None:
        """Say how a picture can be had that is not decoded yet."""
        self.offers.add(reference.digest, again)
        self.offers.add(reference.digest + reference.file, again)

    def offer_picture_file(self, path: Path) -> PictureRef:
        """Decode a picture file and return its reference.

        Raises:
            BadPicture: it cannot be read.
        """
        picture = read(path)
        self.offer_picture(picture, lambda: read(path))
        return PictureRef.of(picture)

    def offer_file(self, path: Path) -> str:
        """Say where a file of weights or names lies; return its digest.

        Raises:
            BadWeights: it cannot be read.
        """
        try:
            digest = file_digest(path)
        except OSError as error:
            reason = error.strerror or error
            raise BadWeights(f"{path} cannot be read ({reason}): check the path.") from error
        self.offers.add(digest, lambda: path)
        return digest

    def offer_model(self, reference: ModelRef) -> None:
        """Remember where a model lies that is a folder or a file of code."""
        if reference.is_local and reference.weights != RANDOM:
            place = Path(reference.weights_name)
            self.offers.add(reference.weights, lambda: place)

    def picture(self, reference: PictureRef) -> Picture:
        """Return a picture, with the name that the reference has and the notes of its file.

        Raises:
            BadPicture: it is not here any more, or its file has changed.
        """
        key = reference.digest + reference.file
        picture = self.pictures.get(key, lambda: self._decoded(reference))
        return replace(picture, name=reference.name)

    def _decoded(self, reference: PictureRef) -> Picture:
        offered = self.offers.find(reference.digest + reference.file)
        for again in [offered] if offered else map(_built_in, built_in.SAMPLES):
            picture = cast("Picture", again())
            if picture.sha256 == reference.digest:
                return picture
        gone = "has changed since it was chosen" if offered else "is not on this machine"
        raise BadPicture(f"{reference.name} {gone}: choose it again.")

    def offer_truth(
        self, mask: Mask, name: str, again: Callable[[], Mask | None] | None = None
    ) -> TruthRef:
        """Keep a truth mask while there is room; return its reference.

        Args:
            mask: bool (H, W), of the whole picture at any resolution.
            name: where it comes from.
            again: makes it once more; what is not given cannot be had again once it was dropped.
        """
        reference = TruthRef.of(mask, name)
        self.truths.get(reference.digest, lambda: mask)
        if again is not None:
            self.offers.add(reference.digest, again)
        return reference

    def truth(self, reference: TruthRef) -> Mask:
        """Return a truth mask, bool (H, W).

        Raises:
            BadTruth: it is not here any more, or its file has changed.
        """

        def make() -> Mask:
            offered = self.offers.find(reference.digest)
            mask: Mask | None = offered() if offered else None
            if mask is None or TruthRef.of(mask, reference.name) != reference:
                raise BadTruth(f"{reference.name} is not on this machine: give the mask again.")
            return mask

        return self.truths.get(reference.digest, make)

    def offer_truth_file(self, file: TruthFile, name: str) -> TruthFileRef:
        """Say what a file of truth masks holds; return its reference.

        Args:
            file: opened.
            name: what it was found by.
        """
        self.offers.add(file.digest, lambda: file)
        return TruthFileRef(file.digest, name)

    def truth_file(self, reference: TruthFileRef) -> TruthFile:
        """Return a file of truth masks.

        Raises:
            BadOption: nobody has opened it.
        """
        return self.offers.content(reference.digest, TruthFile, reference.name)

    def loaded(self, reference: ModelRef) -> Classifier | None:
        """Return a model that is in memory, else None; nothing is loaded."""
        model = self.models.find(key_of(reference))
        return model if isinstance(model, Classifier) else None

    def classifier(self, reference: ModelRef, tick: Tick = no_tick) -> Classifier:
        """Return a model, loaded when it is first needed.

        Raises:
            SeeWhyError: it cannot be loaded.
        """
        key = key_of(reference)
        self.models.weigh(key)  # it may have got faster forms since the last time

        def make() -> Classifier:
            tick(0.0, "loading weights")
            own = reference.source == "own_file"
            weights = self.offers.file(reference.weights, reference.weights_name) if own else None
            self._check_weights(reference, weights)
            names = None
            if reference.labels:
                names = self.offers.file(reference.labels, reference.labels_name).read_bytes()
                if digest_of(names) != reference.labels:
                    raise BadWeights(f"{reference.labels_name} has changed: choose it again.")
            return load.load(
                self._typed(reference),
                ours(reference.device),
                weights,
                names,
                None if self._decides(reference) else reference.preprocess,
                None if self._decides(reference) else reference.activation,
            )

        return self.models.get(key, make)

    def _decides(self, reference: ModelRef) -> bool:
        """Tell whether code may say itself how pictures become its input, and logits shares."""
        return reference.source == "own_code" and not reference.input

    def _typed(self, reference: ModelRef) -> str:
        """Return the id under which the catalogue finds a model, also in a folder."""
        if not reference.is_local:
            return reference.id
        place = self.offers.find(reference.weights)
        path = place() if place else reference.weights_name
        return replace(reference, weights_name=str(path)).name

    def _check_weights(self, reference: ModelRef, own: Path | None) -> None:
        """Make sure that the weights on disk are still those that are meant.

        Raises:
            BadWeights: they are others.
        """
        if own is not None:
            there: str | None = file_digest(own)
        else:
            there = catalog.status(catalog.find(self._typed(reference))).digest
        if there is not None and reference.weights not in (RANDOM, there):
            raise BadWeights(f"The weights of {reference.id} have changed: choose it again.")

    def subject(
        self, picture: PictureRef, model: ModelRef, fit: Fit, tick: Tick = no_tick
    ) -> Subject:
        """Return the loaded model and the picture as it sees it.

        Raises:
            SeeWhyError: one of them cannot be had.
        """
        classifier = self.classifier(model, tick)
        key = content_key(picture=picture, model=model, fit=fit)

        def make() -> Prepared:
            return classifier.prepare(self.picture(picture), fit)

        prepared = self._prepared.get(key, make)
        passes = _PicturePasses(self.passes, picture, model, fit)
        return Subject(classifier, prepared, self.samples, ResultMaps(self.results), passes)


def pass_key(picture: PictureRef, model: ModelRef, fit: Fit, layer: str) -> str:
    """Return the key of a picture's part of a pass that several share."""
    return content_key(shared_pass=layer, picture=picture, model=model, fit=fit)


class _PicturePasses:
    """Shared passes of one picture. See `core.explain.base.KeptPasses`."""

    def __init__(self, passes: Store, picture: PictureRef, model: ModelRef, fit: Fit) -> None:
        self._passes = passes
        self._of = picture, model, fit

    def find(self, layer: str) -> SharedPass | None:
        value = self._passes.get(pass_key(*self._of, layer)) if len(self._passes) else None
        return value if isinstance(value, SharedPass) else None


class ResultMaps:
    """Maps among finished results. See `core.explain.base.KeptMaps`."""

    def __init__(self, results: Store) -> None:
        """Look into these results."""
        self._results = results

    def find(self, request: AnyMap) -> Explanation | None:
        """Return the map, None where it is not there; nothing is computed."""
        value = self._results.get(key_of(request))
        return value if isinstance(value, Explanation) else None

    def keep(self, request: AnyMap, made: Explanation) -> None:
        """Keep a map for whoever asks for it next."""
        self._results.put(key_of(request), made)


def _built_in(sample: built_in.Sample) -> Callable[[], Picture]:
    return lambda: built_in.load(sample.key)
