"""Predictions and maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import Pixels
from core.caching.pauses import working_seconds
from core.errors import SeeWhyError
from core.explain import methods
from core.explain.base import Explanation, Tick
from core.explain.perturb.sampled_method import SampledMethod
from core.models.card import Guess
from core.requests.keys import key_of
from core.requests.maps import (
    AnyMap,
    KernelShapRequest,
    LimeRequest,
    MapRequest,
    OfSamples,
    PredictionRequest,
)
from core.work.asking import where_loaded
from core.work.handler import AnyHandler, Handler
from core.work.handlers.lime import missing
from core.work.job import Link
from core.work.resources import Resources
from core.work.schedule import QUICK

UNKNOWN = 1000.0
"""Cost of a map whose model is not loaded yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model says about a picture, and what it saw of it.

    Attributes:
        guesses: the most probable classes, the best first.
        view: uint8 (h, w, 3), the picture at the model's input size.
        box: (x0, y0, x1, y1) in pixels of the picture, the part that `view` shows.
        probabilities: float32 (K,), of all classes.
    """

    guesses: tuple[Guess, ...]
    view: Pixels
    box: tuple[int, int, int, int]
    probabilities: npt.NDArray[np.float32]


def _predict(
    request: PredictionRequest, resources: Resources, link: Link[Prediction]
) -> Prediction:
    return predicted(request, resources, link)


def predicted(request: PredictionRequest, resources: Resources, link: Tick) -> Prediction:
    """Return a prediction that another request needs, from the store where it is there."""
    value = resources.results.get(key_of(request))
    if isinstance(value, Prediction):
        return value
    subject = resources.subject(request.picture, request.model, request.fit, link)
    prepared = subject.prepared
    shares = subject.classifier.probabilities(prepared)
    guesses = subject.classifier.guesses(shares)
    made = Prediction(guesses, prepared.view, prepared.box, shares)
    resources.results.put(key_of(request), made)
    return made


def explained(request: AnyMap, resources: Resources, link: Tick) -> Explanation:
    """Return a map that another request needs, from the store where it is there."""
    value = resources.results.get(key_of(request))
    if isinstance(value, Explanation):
        return value
    subject = resources.subject(request.picture, request.model, request.fit, link)
    made = methods.get(request.method).run(request, subject, link)
    resources.results.put(key_of(request), made)
    return made


def _explain(request: AnyMap, resources: Resources, link: Link[Explanation]) -> Explanation:
    method = methods.get(request.method)
    subject = resources.subject(request.picture, request.model, request.fit, link)
    wanted, started = map_cost(request, resources), working_seconds()
    if isinstance(method, SampledMethod):
        made = method.run(request, subject, link, link.publish)
    else:
        made = method.run(request, subject, link)
    passes = min(wanted, float(made.passes))  # LIME's may have been there
    seconds = working_seconds() - started
    resources.paces.note(request.model, request.method, passes, seconds, whole=method.whole_passes)
    return made


def map_seconds(request: AnyMap, resources: Resources) -> float | None:
    """Return how long a map will take about; None where nothing like it was computed here."""
    return resources.paces.seconds(request.model, request.method, map_cost(request, resources))


@where_loaded
def map_cost(request: AnyMap, resources: Resources) -> float:
    """Return the passes of a map, from what is known without loading anything."""
    if isinstance(request, OfSamples):
        return max(1.0, missing(request.samples, resources))
    classifier = resources.loaded(request.model)
    if classifier is None:
        return UNKNOWN
    try:
        return float(methods.get(request.method).cost(request, classifier))
    except SeeWhyError:
        return 1.0  # it fails at once, in words


@where_loaded
def is_cheap(request: AnyMap, resources: Resources) -> bool:
    """Return whether a map takes a second or so: few passes, or what is behind the last layer."""
    if map_cost(request, resources) <= QUICK:
        return True
    classifier = resources.loaded(request.model)
    if classifier is None or not isinstance(request, MapRequest):
        return False
    last = not request.layers or request.layers == (classifier.default_layer,)
    return last and not methods.get(request.method).whole_passes


def _title(request: AnyMap) -> str:
    return methods.get(request.method).title


HANDLERS: Mapping[type, AnyHandler] = {
    PredictionRequest: Handler(run=_predict, title=lambda request: "The prediction"),
    MapRequest: Handler(run=_explain, title=_title, cost=map_cost),
    LimeRequest: Handler(run=_explain, title=_title, cost=map_cost),
    KernelShapRequest: Handler(run=_explain, title=_title, cost=map_cost),
}
