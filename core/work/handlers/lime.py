"""The parts of LIME: superpixels, samples, and how far a fit can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.explain.base import Subject
from core.explain.perturb.lime import between_seeds
from core.explain.perturb.lime_trust import Trust, halves_of, trust
from core.explain.perturb.sample_cache import SampleProgress, grow, superpixels_of, view_key
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import Superpixels
from core.requests.loading import SeedsRequest, TrustRequest
from core.requests.maps import LimeRequest, SamplesRequest, SuperpixelsRequest
from core.work.asking import where_loaded
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources

QUICK = 4.0
"""Cost of work without a pass through the model: it takes the quick lane."""


@where_loaded
def kept(request: SamplesRequest, resources: Resources) -> int:
    """Return how many of a request's samples are there; nothing is loaded or computed."""
    held = _held(request, resources)
    return min(len(held), request.most) if held is not None else 0


def _held(request: SamplesRequest, resources: Resources) -> Neighbourhood | None:
    """Return where a request's samples are kept, if they are."""
    model = resources.loaded(request.model)
    if model is not None:
        request = replace(request, precision=model.effective_precision(request.precision))
    held = resources.samples.find(view_key(request))
    return held if isinstance(held, Neighbourhood) else None


@where_loaded
def missing(request: SamplesRequest, resources: Resources) -> int:
    """Return how many passes a request's samples still take; nothing is loaded or computed."""
    held = _held(request, resources)
    return request.most if held is None else held.missing(request.most)


def _superpixels(
    request: SuperpixelsRequest, resources: Resources, link: Link[Superpixels]
) -> Superpixels:
    return superpixels_of(request, _subject(request, resources))


def _samples(
    request: SamplesRequest, resources: Resources, link: Link[SampleProgress]
) -> SampleProgress:
    _, growth = grow(request, _subject(request, resources), link, link.publish)
    return growth


def _trust(request: TrustRequest, resources: Resources, link: Link[Trust | float]) -> Trust | float:
    # None are missing unless they were dropped meanwhile.
    kept, _ = grow(request.lime.samples, _subject(request.lime, resources), link)
    if request.check == "halves":
        return halves_of(request.lime, kept)
    return trust(request.lime, kept)


def _seeds(request: SeedsRequest, resources: Resources, link: Link[float]) -> float:
    subject = _subject(request.lime, resources)
    return between_seeds(request.lime, request.other, subject, link)


def _seeds_cost(request: SeedsRequest, resources: Resources) -> float:
    samples = request.lime.samples
    both = (samples, replace(samples, seed=request.other))
    return QUICK + sum(missing(each, resources) for each in both)


def _subject(
    request: SuperpixelsRequest | SamplesRequest | LimeRequest, resources: Resources
) -> Subject:
    return resources.subject(request.picture, request.model, request.fit)


HANDLERS: Mapping[type, AnyHandler] = {
    SuperpixelsRequest: Handler(
        run=_superpixels,
        title=lambda request: "The search for superpixels",
        cost=lambda request, resources: QUICK,
    ),
    SamplesRequest: Handler(
        run=_samples,
        title=lambda request: "LIME",
        cost=lambda request, resources: float(missing(request, resources)),
        keep=False,
    ),
    TrustRequest: Handler(
        run=_trust,
        title=lambda request: (
            "The two halves" if request.check == "halves" else "The confidence intervals"
        ),
        cost=lambda request, resources: QUICK,
    ),
    SeedsRequest: Handler(
        run=_seeds,
        title=lambda request: f"Seed {request.other}",
        cost=_seeds_cost,
    ),
}
