"""What names on the command line mean: the resolver of the commands."""

from __future__ import annotations

from pathlib import Path

from core.commands.entry_point import complain
from core.concepts.encoders import load as encoders
from core.concepts.probes.open import open_probes
from core.concepts.run import disk_blocks, library
from core.errors import BadLabels, BadOption
from core.explain.base import Tick, no_tick
from core.files.digests import file_digest
from core.measure.truth.open import open_truth
from core.models import efficientnet_lite
from core.models.aliases import replacement_note
from core.models.guess import assumed
from core.models.reference import reference_of
from core.requests.flags import ALONE
from core.requests.keys import key_of
from core.requests.references import (
    DissectionRef,
    EncoderRef,
    ModelRef,
    PictureRef,
    ProbesRef,
    TruthFileRef,
    TruthTableRef,
    WordsRef,
)
from core.work.resources import Resources

DEFAULT_MODEL = efficientnet_lite.DEFAULT


class Names:
    """Files and models by name; what was named can be had from `resources` afterwards."""

    def __init__(
        self, resources: Resources, *, allow_download: bool = False, tick: Tick = no_tick
    ) -> None:
        """Start with nothing named.

        Args:
            resources: told of every file that is named.
            allow_download: whether encoders and probe pictures may be fetched.
            tick: told how far a download is.
        """
        self._resources, self._tick = resources, tick
        self._allow_download = allow_download

    def picture(self, name: str) -> PictureRef:
        """Return a picture file without looking at it: a batch reads one at a time."""
        return PictureRef("", name)

    def model(
        self, id: str, device: str, weights: str, labels: str, input: tuple[str, ...] = ()
    ) -> ModelRef:
        """Return a model; files are read for their digests.

        Says so on the error stream where another model answers for one that is gone.

        Raises:
            SeeWhyError: no such model, device or file.
        """
        if note := replacement_note(id):
            complain(note)
        own, names = (Path(name) if name else None for name in (weights, labels))
        for file in filter(None, (own, names)):
            self._resources.offer_file(file)
        if own is None:
            reference = reference_of(id or DEFAULT_MODEL, device, None, names, input)
            self._resources.offer_model(reference)
            return reference
        reference = reference_of(id, device, own, names, input)
        assumption = assumed(own, id)
        if assumption.is_guess or assumption.notes or assumption.activation != "softmax":
            sentence = assumption.sentence(
                reference.preprocess, reference.activation, named=names is not None
            )
            complain(f"{own.name}: {sentence}")
        return reference

    def encoder(self, spec: str, device: str, model: ModelRef) -> EncoderRef:
        """Return what answers to an encoder's name; its weights are read for their digest.

        Raises:
            SeeWhyError: no such encoder or device, or it may not be fetched.
        """
        choice = encoders.choice(spec, model)
        for note in choice.notes:
            complain(note)
        if self._allow_download:
            encoders.fetch(choice.spec, self._tick)
        return encoders.reference_of(choice.spec, device)

    def probes(self, name: str) -> ProbesRef:
        """Return a probe set, opened.

        Raises:
            SeeWhyError: it cannot be read, or may not be fetched.
        """
        return self._resources.concepts.open_probes(
            lambda: open_probes(name, allow_download=self._allow_download), name
        )

    def truth(self, name: str) -> TruthFileRef:
        """Return a file or folder of truth masks, opened.

        Raises:
            SeeWhyError: it cannot be read.
        """
        return self._resources.offer_truth_file(open_truth(Path(name)), name)

    def words(self, name: str, encoder: EncoderRef) -> WordsRef:
        """Return a word list.

        Raises:
            SeeWhyError: its file, or the encoder whose words are meant, cannot be read.
        """
        return self._resources.concepts.find_words(name, encoder)

    def truth_table(self, name: str) -> TruthTableRef:
        """Return a table of true classes; what is in it is read when the classes are known.

        Raises:
            BadLabels: the file cannot be read.
        """
        path = Path(name)
        try:
            digest = file_digest(path)
        except OSError as error:
            reason = error.strerror or error
            raise BadLabels(f"{path} cannot be read ({reason}): check the path.") from error
        self._resources.offers.add(digest, lambda: path)
        return TruthTableRef(digest, name)

    def dissection(self, name: str, model: ModelRef) -> DissectionRef | None:
        """Return a kept dissection of a model; None where `auto` finds none.

        Raises:
            BadOption: none of that name is here.
        """
        kept = library.finished(disk_blocks.default_root())
        own = [each for each in kept if same_weights(each.request.model, model)]
        found = next((each for each in own if name in (ALONE, each.name)), None)
        if found is not None:
            return DissectionRef(key_of(found.request), found.name)
        if name == ALONE:
            return None
        if any(each.name == name for each in kept):
            raise BadOption(f"The dissection {name!r:.80} is one of another model: choose another.")
        listed = ", ".join(each.name for each in own) or "none: make one with the command dissect"
        raise BadOption(
            f"No dissection {name!r:.80} is kept here. Of this model there is {listed}."
        )


def same_weights(one: ModelRef, two: ModelRef) -> bool:
    """Tell whether two references mean the same network with the same weights."""
    return (one.id, one.weights) == (two.id, two.weights)
