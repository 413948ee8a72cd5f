"""What a dissection's request names, loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.vocabulary import Vocabulary, built_in
from core.errors import BadOption
from core.models.classifier import Classifier
from core.models.readout import Tap
from core.requests.dissections import DissectionRequest

if TYPE_CHECKING:
    from core.concepts.encoders.encoder import Encoder


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A request and what it names.

    Attributes:
        request: with its layers spelled out.
        classifier: the model whose units are described.
        taps: its layers, as they are read.
        encoder: puts pictures and words into one space.
        probes: the pictures.
        vocabulary: the words, without those that the encoder does not know.
        left_out: those, in order.
    """

    request: DissectionRequest
    classifier: Classifier
    taps: tuple[Tap, ...]
    encoder: Encoder
    probes: ProbeSet
    vocabulary: Vocabulary
    left_out: tuple[str, ...]

    @property
    def units(self) -> int:
        """How many units the layers have together."""
        return sum(tap.units for tap in self.taps)


def inputs_of(
    request: DissectionRequest,
    classifier: Classifier,
    encoder: Encoder,
    probes: ProbeSet,
    vocabulary: Vocabulary,
) -> Inputs:
    """Find the layers and the words of a request.

    Args:
        request: what is asked for.
        classifier: its model.
        encoder: its encoder.
        probes: its pictures.
        vocabulary: its words.

    Raises:
        UnknownLayer, UnsupportedLayer: a layer cannot be read.
        BadOption: the encoder knows none of the words.
    """
    layers = request.layers or (classifier.default_layer,)
    taps = classifier.readout(layers, request.pool).taps
    left_out = tuple(encoder.unknown(vocabulary.words))
    known = vocabulary.without(left_out)
    if not known.words:
        raise BadOption(
            f"{encoder.title} knows none of the {len(left_out)} words of {vocabulary.name}: give "
            f"other words, or another encoder. {encoder.note}"
        )
    return Inputs(
        replace(request, layers=layers), classifier, taps, encoder, probes, known, left_out
    )


def words_for(encoder: Encoder) -> Vocabulary:
    """Return the words that an encoder knows; SeeWhy's list for one that takes any text."""
    return encoder.vocabulary or built_in()
