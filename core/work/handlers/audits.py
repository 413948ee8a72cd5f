"""What an audit asks of single pictures."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from core.concepts.evidence import evidence_for, groups_of
from core.explain.base import part
from core.explain.base_pictures import base_picture
from core.measure.audit.concepts import Drivers
from core.measure.audit.places import Covered, place_map
from core.measure.audit.rows import Facts, facts_of
from core.requests.audits import CoverRequest, DriversRequest, FactsRequest
from core.requests.maps import PredictionRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import predicted
from core.work.job import Link
from core.work.kept_dissections import kept_dissection
from core.work.resources import Resources

CONCEPTS = 8
"""Concepts that are kept of a picture."""


def facts(request: FactsRequest, resources: Resources, link: Link[Facts]) -> Facts:
    """Return what is kept of all probabilities; no pass where the prediction is there."""
    asked = PredictionRequest(picture=request.picture, model=request.model, fit=request.fit)
    return facts_of(predicted(asked, resources, link).probabilities, request.truth)


def drivers(request: DriversRequest, resources: Resources, link: Link[Drivers]) -> Drivers:
    """Return the concepts that the evidence for a class comes from."""
    asked = request.evidence
    names = kept_dissection(request.dissection).names(asked.layer)
    subject = resources.subject(asked.picture, asked.model, asked.fit, link)
    evidence = evidence_for(
        subject.classifier, subject.prepared, asked.target, asked.layer, link, how=asked.how
    )
    named = [group for group in groups_of(evidence, names) if group.concept and group.share > 0]
    return Drivers(tuple((group.concept, group.share) for group in named[:CONCEPTS]))


def cover(request: CoverRequest, resources: Resources, link: Link[Covered]) -> Covered:
    """Return what the model says while places are covered, one at a time."""
    subject = resources.subject(request.picture, request.model, request.fit, link)
    classifier, batch = subject.classifier, subject.prepared.batch
    asked = PredictionRequest(picture=request.picture, model=request.model, fit=request.fit)
    before = predicted(asked, resources, part(link, 0.0, 0.2)).probabilities
    base = base_picture(classifier, batch, request.base)
    height, width = batch.shape[-2:]
    places = torch.from_numpy(place_map(int(height), int(width))).to(batch.device)
    chosen = torch.tensor(request.places, device=batch.device).view(-1, 1, 1, 1)
    shares = classifier.activated(classifier.logits(torch.where(places == chosen, base, batch)))
    return Covered(
        before=float(before[request.target]),
        probabilities=tuple(float(each) for each in shares[:, request.target]),
        guesses=tuple(int(each) for each in shares.argmax(1)),
    )


HANDLERS: Mapping[type, AnyHandler] = {
    FactsRequest: Handler(run=facts, title=lambda request: "The prediction"),
    DriversRequest: Handler(
        run=drivers, title=lambda request: "The evidence", cost=lambda request, resources: 3.0
    ),
    CoverRequest: Handler(
        run=cover,
        title=lambda request: "The covered picture",
        cost=lambda request, resources: 1.0 + len(request.places),
    ),
}
