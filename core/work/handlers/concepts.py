"""Concepts: what a prediction rests on."""

from __future__ import annotations

from collections.abc import Mapping

from core.concepts.evidence import Evidence, evidence_for
from core.requests.dissections import EvidenceRequest
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources


def _evidence(request: EvidenceRequest, resources: Resources, link: Link[Evidence]) -> Evidence:
    subject = resources.subject(request.picture, request.model, request.fit, link)
    return evidence_for(
        subject.classifier, subject.prepared, request.target, request.layer, link, how=request.how
    )


def _cost(request: EvidenceRequest, resources: Resources) -> float:
    """Return the passes: one, or one for each channel."""
    classifier = resources.loaded(request.model)
    if request.how == "gradient" or classifier is None:
        return 1.0
    return 1.0 + classifier.layer(request.layer).shape[0]


HANDLERS: Mapping[type, AnyHandler] = {
    EvidenceRequest: Handler(run=_evidence, title=lambda request: "The evidence", cost=_cost),
}
