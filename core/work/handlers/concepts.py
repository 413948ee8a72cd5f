"""Dissections and what they need, and what a prediction rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.concepts.encoders.load import reference_of
from core.concepts.evidence import Evidence, evidence_for
from core.concepts.probes.open import open_probes
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.probes.uploaded import from_upload
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.concepts.run.dissect import Estimate, estimate
from core.concepts.run.inputs import Inputs, inputs_of
from core.explain.base import Tick
from core.requests.dissections import DissectionRequest, EvidenceRequest
from core.requests.loading import EncoderRequest, EstimateRequest, ProbesRequest
from core.requests.references import EncoderRef, ProbesRef, WordsRef
from core.work.concept_resources import ENCODERS_WORDS
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import UNKNOWN
from core.work.handlers.models import LOADING
from core.work.job import Link
from core.work.resources import Resources


@dataclass(frozen=True, slots=True)
class NamedEncoder:
    """What requests call an encoder, and the words that it knows."""

    reference: EncoderRef
    words: WordsRef


def _encoder(
    request: EncoderRequest, resources: Resources, link: Link[NamedEncoder]
) -> NamedEncoder:
    link(0.0, "reading the weights")
    reference = reference_of(request.spec, request.device)
    resources.concepts.encoder(reference, link)
    return NamedEncoder(reference, resources.concepts.find_words(ENCODERS_WORDS, reference))


def _probes(request: ProbesRequest, resources: Resources, link: Link[ProbesRef]) -> ProbesRef:
    def open_set() -> ProbeSet:
        if resources.offers.find(request.digest) is None:
            return open_probes(request.name)
        return from_upload(
            resources.offers.content(request.digest, Path, request.name), request.name
        )

    return resources.concepts.open_probes(open_set, request.name)


def _inputs(request: DissectionRequest, resources: Resources, tick: Tick) -> Inputs:
    """Load what a dissection names, the quickest to refuse first."""
    concepts = resources.concepts
    probes = concepts.probes(request.probes)
    words = concepts.words(request.words, request.encoder)
    classifier = resources.classifier(request.model, tick)
    encoder = concepts.encoder(request.encoder, tick)
    return inputs_of(request, classifier, encoder, probes, words)


def _dissect(
    request: DissectionRequest, resources: Resources, link: Link[Dissection]
) -> Dissection:
    inputs = _inputs(request, resources, link)
    return library.dissect_and_keep(inputs, link, disk_blocks.default_root())


def _estimate(request: EstimateRequest, resources: Resources, link: Link[Estimate]) -> Estimate:
    return estimate(_inputs(request.dissection, resources, link), disk_blocks.default_root())


def _dissection_cost(request: DissectionRequest, resources: Resources) -> float:
    """Return the passes: the model sees each picture, and the encoder."""
    pictures = resources.concepts.pictures(request.probes)
    return UNKNOWN if pictures is None else 2.0 * pictures


def _evidence(request: EvidenceRequest, resources: Resources, link: Link[Evidence]) -> Evidence:
    subject = resources.subject(request.picture, request.model, request.fit, link)
    return evidence_for(
        subject.classifier, subject.prepared, request.target, request.layer, link, how=request.how
    )


def _evidence_cost(request: EvidenceRequest, resources: Resources) -> float:
    """Return the passes: one, or one for each channel."""
    classifier = resources.loaded(request.model)
    if request.how == "gradient" or classifier is None:
        return 1.0
    return 1.0 + classifier.layer(request.layer).shape[0]


HANDLERS: Mapping[type, AnyHandler] = {
    EvidenceRequest: Handler(
        run=_evidence, title=lambda request: "The evidence", cost=_evidence_cost
    ),
    EncoderRequest: Handler(
        run=_encoder,
        title=lambda request: "The encoder",
        cost=lambda request, resources: LOADING,
    ),
    ProbesRequest: Handler(
        run=_probes,
        title=lambda request: "The probe pictures",
        cost=lambda request, resources: LOADING,
    ),
    EstimateRequest: Handler(
        run=_estimate,
        title=lambda request: "The estimate",
        cost=lambda request, resources: LOADING,
    ),
    DissectionRequest: Handler(
        run=_dissect, title=lambda request: "The dissection", cost=_dissection_cost
    ),
}
