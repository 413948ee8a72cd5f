"""Requests for dissections of what a test has loaded already."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from core.concepts.encoders.encoder import Encoder
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run.inputs import Inputs, inputs_of
from core.concepts.vocabulary import Vocabulary
from core.models.classifier import Classifier
from core.requests.dissections import DissectionRequest
from core.requests.references import EncoderRef, ModelRef, Preprocess, ProbesRef, WordsRef


def inputs(
    classifier: Classifier,
    encoder: Encoder,
    probes: ProbeSet,
    vocabulary: Vocabulary,
    layers: Sequence[str],
    **settings: Any,
) -> Inputs:
    """A request that names these, with them."""
    request = DissectionRequest(
        model=ModelRef(
            source="bundled",
            id=classifier.id,
            weights=classifier.digest,
            preprocess=Preprocess(size=classifier.input_size, resize=max(classifier.input_size)),
        ),
        layers=tuple(layers),
        encoder=EncoderRef("imagenet_words", hashlib.sha256(encoder.id.encode()).hexdigest()),
        probes=ProbesRef(probes.identity, probes.name),
        words=WordsRef(vocabulary.identity, vocabulary.name),
        **settings,
    )
    return inputs_of(request, classifier, encoder, probes, vocabulary)
