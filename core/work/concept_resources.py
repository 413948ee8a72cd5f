"""Encoders, probe pictures and words that dissections name, loaded: each once, bounded by bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.caching.once import Once
from core.concepts import vocabulary
from core.concepts.encoders import load
from core.concepts.encoders.encoder import Encoder
from core.concepts.probes.open import open_probes
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run.activations import Tables
from core.concepts.run.dissect import Fill
from core.concepts.run.inputs import words_for
from core.concepts.vocabulary import Vocabulary
from core.errors import BadLabels, BadProbes, BadWeights
from core.explain.base import Tick, no_tick
from core.models.device import ours
from core.requests.keys import key_of
from core.requests.references import EncoderRef, ProbesRef, WordsRef
from core.work.offers import Offers

ENCODERS = 2 << 30
PROBES = 256 << 20
ENCODERS_WORDS, OUR_WORDS = "builtin", "seewhy"
"""Names of word lists that are not files."""


class ConceptResources:
    """Encoders, probe pictures and words of a process. Safe to use from any thread.

    Attributes:
        fill: shows pictures to the model and the encoder of a dissection.
    """

    def __init__(self, offers: Offers) -> None:
        """Start with nothing loaded.

        Args:
            offers: where what people brought along can be had.
        """
        self.fill: Fill = Tables.fill
        self._offers = offers
        self._encoders = Once(ENCODERS)
        self._probes = Once(PROBES)

    def encoder(self, reference: EncoderRef, tick: Tick = no_tick) -> Encoder:
        """Return an encoder, loaded when it is first needed.

        Raises:
            SeeWhyError: it cannot be loaded, or its weights are others than those that are meant.
        """

        def make() -> Encoder:
            tick(0.0, "loading the encoder")
            if load.reference_of(reference.name).weights != reference.weights:
                raise BadWeights(f"The weights of {reference.spec} have changed: choose it again.")
            return load.load(reference.name, device=ours(reference.device))

        return self._encoders.get(key_of(reference), make)

    def open_probes(self, open_set: Callable[[], ProbeSet], name: str) -> ProbesRef:
        """Open a probe set and return its reference.

        Args:
            open_set: opens it; called again when it is no longer in memory.
            name: what it was found by.

        Raises:
            BadProbes: nothing in it can be used.
        """
        probes = open_set()
        self._offers.add(probes.identity, open_set)
        self._probes.get(probes.identity, lambda: probes)
        return ProbesRef(probes.identity, name)

    def probes(self, reference: ProbesRef) -> ProbeSet:
        """Return a probe set.

        Raises:
            BadProbes: it is not here any more, or has changed.
        """

        def make() -> ProbeSet:
            offered = self._offers.find(reference.digest)
            probes: ProbeSet = offered() if offered else open_probes(reference.name)
            if probes.identity != reference.digest:
                raise BadProbes(f"{probes.name} has changed since it was chosen: choose it again.")
            return probes

        return self._probes.get(reference.digest, make)

    def upload(self, reference: ProbesRef) -> Path | None:
        """Return the file of a probe set that a visitor brought; None for all other sets.

        Raises:
            BadProbes: it is not here any more.
        """
        offered = self._offers.find(reference.digest) is not None
        return self.probes(reference).upload if offered else None

    def pictures(self, reference: ProbesRef) -> int | None:
        """Return how many pictures a probe set has that is in memory, else None."""
        probes = self._probes.find(reference.digest)
        return len(probes) if isinstance(probes, ProbeSet) else None

    def offer_words(self, words: Vocabulary, name: str) -> WordsRef:
        """Keep a word list and return its reference.

        Args:
            words: the list.
            name: what it was found by.
        """
        self._offers.add(words.identity, lambda: words)
        return WordsRef(words.identity, name)

    def find_words(self, name: str, encoder: EncoderRef) -> WordsRef:
        """Return the reference of a word list.

        Args:
            name: `builtin` for what the encoder knows, `seewhy` for SeeWhy's list, or a file.
            encoder: whose words are meant.

        Raises:
            SeeWhyError: the file or the encoder cannot be read.
        """
        return self.offer_words(self._named_words(name, encoder), name)

    def words(self, reference: WordsRef, encoder: EncoderRef) -> Vocabulary:
        """Return a word list.

        Raises:
            BadLabels: it is not here any more, or has changed.
        """
        offered = self._offers.find(reference.digest)
        words = offered() if offered else self._named_words(reference.name, encoder)
        if not isinstance(words, Vocabulary) or words.identity != reference.digest:
            raise BadLabels(f"{reference.name} has changed since it was chosen: choose it again.")
        return words

    def _named_words(self, name: str, encoder: EncoderRef) -> Vocabulary:
        if name == ENCODERS_WORDS:
            return words_for(self.encoder(encoder))
        return vocabulary.built_in() if name == OUR_WORDS else vocabulary.read(Path(name))
