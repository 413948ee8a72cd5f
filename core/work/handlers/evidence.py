"""What a prediction rests on: the evidence, its causal check, and the dial of a concept."""

from __future__ import annotations

from collections.abc import Mapping

from core.concepts.check.ablation import ChannelCheck, check_channels
from core.concepts.check.dial import Dialled, dialled
from core.concepts.check.matched_sets import SETS
from core.concepts.evidence import Evidence, evidence_for
from core.requests.dissections import ChannelCheckRequest, DialRequest, EvidenceRequest
from core.work.asking import where_loaded
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources

DIAL_PASSES = 7.0
"""Cost of a dial: the head, the rest twice, and a gradient of it twice."""


def _evidence(request: EvidenceRequest, resources: Resources, link: Link[Evidence]) -> Evidence:
    subject = resources.subject(request.picture, request.model, request.fit, link)
    return evidence_for(
        subject.classifier, subject.prepared, request.target, request.layer, link, how=request.how
    )


@where_loaded
def _evidence_cost(request: EvidenceRequest, resources: Resources) -> float:
    """Return the passes: one, or one for each channel."""
    classifier = resources.loaded(request.model)
    if request.how == "gradient" or classifier is None:
        return 1.0
    return 1.0 + classifier.layer(request.layer).shape[0]


def _check(
    request: ChannelCheckRequest, resources: Resources, link: Link[ChannelCheck]
) -> ChannelCheck:
    subject = resources.subject(request.picture, request.model, request.fit, link)
    return check_channels(
        subject.classifier,
        subject.prepared,
        request.target,
        request.layer,
        request.channels,
        request.seed,
        link,
    )


def _dial(request: DialRequest, resources: Resources, link: Link[Dialled]) -> Dialled:
    subject = resources.subject(request.picture, request.model, request.fit, link)
    return dialled(
        subject.classifier,
        subject.prepared,
        request.target,
        request.layer,
        request.channels,
        request.factor,
        link,
    )


@where_loaded
def _check_cost(request: ChannelCheckRequest, resources: Resources) -> float:
    """Return the passes at most; behind the last layer each costs nearly nothing."""
    classifier = resources.loaded(request.model)
    last = classifier is not None and request.layer == classifier.default_layer
    return 3.0 if last else SETS + 3.0


HANDLERS: Mapping[type, AnyHandler] = {
    EvidenceRequest: Handler(
        run=_evidence, title=lambda request: "The evidence", cost=_evidence_cost
    ),
    ChannelCheckRequest: Handler(run=_check, title=lambda request: "The check", cost=_check_cost),
    DialRequest: Handler(
        run=_dial, title=lambda request: "The map", cost=lambda request, resources: DIAL_PASSES
    ),
}
