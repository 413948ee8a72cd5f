"""What a dissection is asked for, checked before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run.activations import Source
from core.concepts.run.significance import DRAWS
from core.concepts.run.similarity import SIMILARITIES
from core.concepts.vocabulary import Vocabulary, built_in
from core.errors import BadOption
from core.models.classifier import Classifier
from core.models.readout import POOLS, Pool
from core.requests.maps import Fit

if TYPE_CHECKING:
    from core.concepts.encoders.encoder import Encoder


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """All that a dissection depends on.

    Attributes:
        classifier: the model whose units are described.
        layers: module paths, one at least; any layer that runs once.
        encoder: puts pictures and words into one space.
        probes: the pictures.
        vocabulary: the words; those that the encoder does not know are left out.
        similarity: a name in `SIMILARITIES`.
        pool: `mean` or `max` over a layer's positions.
        fit: how pictures are fitted to the model; `crop` as in its training.
        top_words: words that are kept of each unit.
        top_probes: pictures that are kept of each unit.
        draws: random units for the p-values, at least; wide layers get more, see
            `core.concepts.run.significance`.
        seed: of those draws.
    """

    classifier: Classifier
    layers: tuple[str, ...]
    encoder: Encoder
    probes: ProbeSet
    vocabulary: Vocabulary
    similarity: str = "soft_wpmi"
    pool: Pool = "mean"
    fit: Fit = "crop"
    top_words: int = 5
    top_probes: int = 10
    draws: int = DRAWS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.similarity not in SIMILARITIES:
            known = ", ".join(SIMILARITIES)
            raise BadOption(f"{self.similarity[:40]!r} is no similarity: choose one of {known}.")
        if self.pool not in POOLS:
            raise BadOption(f"{self.pool[:40]!r} is no pooling: choose one of {', '.join(POOLS)}.")
        if not self.layers:
            raise BadOption("A dissection needs a layer: give at least one.")
        limits = {"top_words": (1, 100), "top_probes": (1, 100), "draws": (20, 1_000_000)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise BadOption(f"{name} is {getattr(self, name)}: give {low} to {high}.")


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A request with everything found that it names.

    Attributes:
        request: as it was asked.
        source: what is shown to whom.
        words: the word list without those that the encoder does not know.
        left_out: those, in order.
    """

    request: Request
    source: Source
    words: Vocabulary
    left_out: tuple[str, ...]

    @property
    def units(self) -> int:
        """How many units the layers have together."""
        return sum(tap.units for tap in self.source.taps)


def settle(request: Request) -> Settled:
    """Find the layers and the words of a request.

    Raises:
        UnknownLayer, UnsupportedLayer: a layer cannot be read.
        BadOption: the encoder knows none of the words.
    """
    taps = request.classifier.readout(request.layers, request.pool).taps
    source = Source(
        request.classifier, taps, request.encoder, request.probes, request.pool, request.fit
    )
    left_out = tuple(request.encoder.unknown(request.vocabulary.words))
    words = request.vocabulary.without(left_out)
    if not words.words:
        raise BadOption(
            f"{request.encoder.title} knows none of the {len(left_out)} words of "
            f"{request.vocabulary.name}: give other words, or another encoder."
        )
    return Settled(request, source, words, left_out)


def words_for(encoder: Encoder, given: Vocabulary | None = None) -> Vocabulary:
    """Return the words to use: a person's own, else those that the encoder was taught.

    Args:
        encoder: one that takes any text gets SeeWhy's own list.
        given: a person's own list, or None.
    """
    return given or encoder.vocabulary or built_in()
