"""Superpixels and samples, kept for the next request: what is there is never computed again.

Growing knows nothing of the class or the fit, so that a changed class never disturbs it, and
thirty people who look at one picture share its samples whatever they ask of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.caching.pauses import working_seconds
from core.explain.base import Subject, Tick, no_tick
from core.explain.perturb.composition import base_view, check_fill
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import Share, Superpixels, segment
from core.requests.keys import content_key, key_of
from core.requests.maps import ALGORITHMS, SamplesRequest, Segmentation, SuperpixelsRequest, flat

EVERY = 0.8
"""Seconds between two published counts."""
FEWEST = 50
"""Samples below which nothing is fitted."""


@dataclass(frozen=True, slots=True)
class SampleProgress:
    """What it took to have the wanted samples.

    Attributes:
        count: samples that are there.
        reused: of them, those that were kept from before.
        passes: forward passes that were made.
        seconds: wall-clock time.
    """

    count: int
    reused: int
    passes: int
    seconds: float


def superpixels_of(request: SuperpixelsRequest, subject: Subject) -> Superpixels:
    """Return the superpixels of a request, found once.

    Raises:
        BadOption: they are one or too many.
    """

    def find() -> Superpixels:
        view = base_view(subject.prepared, subject.classifier.input_size)
        settings = request.segmentation
        return segment(
            view, settings.algorithm, flat(settings), settings.drawn, _shown_part(subject)
        )

    return subject.samples.get(superpixels_key(request), find)


def neighbourhood_of(request: SamplesRequest, subject: Subject) -> Neighbourhood:
    """Return the kept neighbourhood of a request; it may hold fewer samples than are wanted.

    Raises:
        BadOption: no such fill, or as for the superpixels.
    """
    fill, parts = check_fill(request.fill), superpixels_of(request.superpixels, subject)
    model, prepared = subject.classifier, subject.prepared
    precision = model.effective_precision(request.precision)
    return subject.samples.get(
        neighbourhood_key(request, subject),
        lambda: Neighbourhood(
            model, prepared, parts, request.seed, fill, precision, request.sampling
        ),
    )


def kept_samples(request: SamplesRequest, subject: Subject) -> int:
    """Return how many of a request's samples are there already; nothing is computed."""
    held = subject.samples.find(neighbourhood_key(request, subject))
    return min(len(held), request.most) if isinstance(held, Neighbourhood) else 0


def grow(
    request: SamplesRequest,
    subject: Subject,
    tick: Tick = no_tick,
    publish: Callable[[SampleProgress], None] | None = None,
) -> tuple[Neighbourhood, SampleProgress]:
    """Return a neighbourhood with all samples that a request wants, without fitting anything.

    Whoever goes on with the samples holds the neighbourhood: the cache may drop it at any time.

    Args:
        request: what is perturbed and how often.
        subject: the loaded model and the picture that the request names.
        tick: told the share of the missing samples that is done; may raise to stop, what was
            computed stays kept then.
        publish: told about every `EVERY` seconds what is there.

    Raises:
        BadOption: an option is out of range.
        Cancelled: raised by `tick`.
    """
    started, last = working_seconds(), working_seconds()
    count = request.most
    check_fill(request.fill)  # before anything takes time
    tick(0.0, "finding superpixels")
    superpixels_of(request.superpixels, subject)
    had = kept_samples(request, subject)
    neighbourhood = neighbourhood_of(request, subject)
    count = min(count, neighbourhood.most)

    def share(whole: float, stage: str = "") -> None:
        tick((whole * count - had) / max(1, count - had), stage)

    def grown(there: int) -> None:
        nonlocal last
        now = working_seconds()
        if publish is not None and now - last >= EVERY and there < count:
            publish(SampleProgress(there, had, max(0, there - had), now - started))
            last = now

    try:
        passes = neighbourhood.grow(subject.classifier, count, share, grown)
    finally:
        subject.samples.weigh(neighbourhood_key(request, subject))
    return neighbourhood, SampleProgress(count, had, passes, working_seconds() - started)


def superpixels_key(request: SuperpixelsRequest) -> str:
    """Return the key of the superpixels, which models that see the same picture share.

    Settings of other algorithms do not matter.
    """
    return content_key(
        kind="superpixels",
        picture=request.picture,
        fit=request.fit,
        preprocess=request.model.preprocess,
        segmentation=_essential(request).segmentation,
    )


def view_key(request: SamplesRequest) -> str:
    """Return the key of what is sampled, from the request alone: it can stand in an address."""
    return key_of(replace(request, superpixels=_essential(request.superpixels), samples=FEWEST))


def neighbourhood_key(request: SamplesRequest, subject: Subject) -> str:
    """Return the key of the samples, whatever their number."""
    precision = subject.classifier.effective_precision(request.precision)
    return view_key(replace(request, precision=precision))


def _essential(request: SuperpixelsRequest) -> SuperpixelsRequest:
    """Return the request with the defaults of all settings that its algorithm does not use."""
    settings = request.segmentation
    used = {name: getattr(settings, name) for name in ALGORITHMS[settings.algorithm]}
    essential = Segmentation(algorithm=settings.algorithm, **used)
    return replace(request, segmentation=essential)


def _shown_part(subject: Subject) -> Share:
    """Return the part of the picture that the model sees."""
    height, width = subject.prepared.picture.pixels.shape[:2]
    left, top, right, bottom = subject.prepared.box
    return left / width, top / height, right / width, bottom / height
