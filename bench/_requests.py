"""Requests with what they name, loaded: `method.run(*map_of(...))`."""

from __future__ import annotations

from core.explain.base import Subject
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.maps import (
    LimeRequest,
    MapRequest,
    Precision,
    SamplesRequest,
    SuperpixelsRequest,
)
from core.requests.references import PictureRef


def map_of(
    classifier: Classifier,
    prepared: Prepared,
    method: str,
    target: int,
    precision: Precision = "exact",
) -> tuple[MapRequest, Subject]:
    """Return a request for a map of the model's last layer."""
    request = MapRequest(
        picture=_picture(prepared),
        model=classifier.reference,
        fit=prepared.fit,
        method=method,
        target=target,
        precision=precision,
    )
    return request, Subject(classifier, prepared)


def lime_of(
    classifier: Classifier, prepared: Prepared, target: int, samples: int
) -> tuple[LimeRequest, Subject]:
    """Return a request for LIME with its default settings."""
    parts = SuperpixelsRequest(
        picture=_picture(prepared), model=classifier.reference, fit=prepared.fit
    )
    request = LimeRequest(samples=SamplesRequest(superpixels=parts, samples=samples), target=target)
    return request, Subject(classifier, prepared)


def _picture(prepared: Prepared) -> PictureRef:
    return PictureRef(prepared.picture.sha256, prepared.picture.name)
