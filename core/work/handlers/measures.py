"""How far one map can be trusted: a measure of it, of a control beside it, of random maps."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core import Heat
from core.caching.pauses import working_seconds
from core.explain import methods
from core.explain.base import Explanation, Subject, Tick, no_tick
from core.measure.single import controls, table
from core.measure.single.base import Measured
from core.measure.single.comparison import Interval, check_random, random_interval, random_passes
from core.measure.single.grid_pointing import chosen_others
from core.measure.single.localisation import fitted
from core.measure.single.trial import Explain, Trial
from core.models.input import Prepared
from core.pictures.picture import Picture
from core.requests.keys import content_key, key_of
from core.requests.maps import AnyMap, Fit, MapRequest, OfSamples, PredictionRequest
from core.requests.measures import (
    CheckRequest,
    ControlRequest,
    Measurable,
    MeasureRequest,
    MeasureSettings,
    RandomIntervalRequest,
)
from core.requests.references import ModelRef, PictureRef, TruthRef
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import explained, map_cost, predicted
from core.work.resources import Resources


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A finished measure.

    Attributes:
        measured: the number and how it came about.
        seconds: of the computation, without those of the map.
        layer: module paths of the map, joined by commas; empty without one.
    """

    measured: Measured
    seconds: float
    layer: str


def _measure(request: MeasureRequest, resources: Resources, link: Tick) -> Measurement:
    measure = table.get(request.measure)
    asked = request.map
    trial = trial_of(
        asked, request.on or asked.model, request.settings, resources, link, request.truth
    )
    heat: Heat | None = None
    layer = ""
    if isinstance(asked, ControlRequest):
        shown = control_map(asked, trial.prepared)
    else:
        made: Explanation = explained(asked, resources, link)
        shown, layer = made.shown, made.layer
        heat = made.heat if made.signed else None
    trial = replace(
        trial,
        heat=heat,
        others=_others(request, resources, link) if "others" in measure.needs else (),
        explain=None if isinstance(asked, ControlRequest) else _again(asked, link),
    )
    started = working_seconds()
    measured = measure.run(shown, trial, link)
    return Measurement(measured, working_seconds() - started, layer)


def _candidates(request: MeasureRequest) -> tuple[PredictionRequest, ...]:
    """Return what asks for the predictions of the pictures that a mosaic may take."""
    asked = request.map
    model = request.on or asked.model
    return tuple(
        PredictionRequest(picture=other, model=model, fit=asked.fit)
        for other in request.others
        if other.digest != asked.picture.digest
    )


def _others(request: MeasureRequest, resources: Resources, link: Tick) -> tuple[Picture, ...]:
    """Return three pictures of other classes that the model knows.

    Raises:
        TooFewPictures: there are fewer.
        BadPicture: one of the pictures is not here any more.
    """
    asked = _candidates(request)
    guesses = []
    for each in asked:
        link(0.0, "predictions of other pictures")
        guesses.append(predicted(each, resources, link).guesses[0])
    chosen = chosen_others(guesses, request.map.target)
    return tuple(resources.picture(asked[place].picture) for place in chosen)


def trial_of(
    of: Measurable | RandomIntervalRequest,
    model: ModelRef,
    settings: MeasureSettings,
    resources: Resources,
    link: Tick,
    truth: TruthRef | None = None,
) -> Trial:
    """Return the trial of a map of a picture; it has no signs and cannot be made again.

    Args:
        of: names the picture and the class.
        model: that is shown pictures.
        settings: of the measures.
        resources: hold what the maps of the picture share.
        link: told what is loaded.
        truth: where the object is.
    """
    subject = resources.subject(of.picture, model, of.fit, link)
    return Trial(
        classifier=subject.classifier,
        prepared=subject.prepared,
        class_index=of.target,
        settings=settings,
        truth=None if truth is None else fitted(resources.truth(truth), subject.prepared),
        memo=_memo(of.picture, model, of.fit, settings, resources),
    )


def measured(request: MeasureRequest, resources: Resources, link: Tick) -> Measurement:
    """Return a measure that another request needs, from the store where it is there."""
    value = resources.results.get(key_of(request))
    if isinstance(value, Measurement):
        return value
    made = _measure(request, resources, link)
    resources.results.put(key_of(request), made)
    return made


def control_map(request: ControlRequest, prepared: Prepared) -> Heat:
    """Return the map of a control, float32 (h, w) in [0, 1] at the model's input size."""
    height, width = (int(side) for side in prepared.batch.shape[-2:])
    if request.control == "random":
        return controls.random_map((height, width), request.seed, request.number)
    if request.control == "sobel":
        return controls.sobel_map(prepared.view)
    return controls.centre_map((height, width))


def _again(request: AnyMap, link: Tick) -> Explain:
    """Return what makes the map again, for another class, picture or model."""

    def explain(subject: Subject, target: int) -> Explanation:
        link(0.0, "")  # so that Stop is heard between the maps of a cascade
        other = replace(request, target=target)
        return methods.get(request.method).run(other, subject, no_tick)

    return explain


def _memo(
    picture: PictureRef, model: ModelRef, fit: Fit, settings: MeasureSettings, resources: Resources
) -> dict[Hashable, Any]:
    """Return what the measures of one picture share.

    Two threads may make the same at once, which is the same twice.
    """
    key = content_key(picture=picture, model=model, fit=fit, settings=settings)
    return resources.trials.get(key, dict)


def random_maps(request: RandomIntervalRequest, resources: Resources, link: Tick) -> Interval:
    """Return where random maps lie, for another request: from the store where it is there."""
    value = resources.results.get(key_of(request))
    if isinstance(value, Interval):
        return value
    made = _random_interval(request, resources, link)
    resources.results.put(key_of(request), made)
    return made


def _random_interval(request: RandomIntervalRequest, resources: Resources, link: Tick) -> Interval:
    measure = table.get(request.measure)
    check_random(measure)
    trial = trial_of(request, request.model, request.settings, resources, link, request.truth)
    return random_interval(measure, trial, tick=link)


def random_cost(request: RandomIntervalRequest, resources: Resources) -> float:
    """Return the passes of all random maps."""
    return float(random_passes(table.get(request.measure), request.settings))


def measure_cost(request: MeasureRequest, resources: Resources) -> float:
    """Return the passes: of the measure, of the maps that it makes anew, of the map itself."""
    measure, asked = table.get(request.measure), request.map
    passes = float(measure.passes(request.settings))
    if "others" in measure.needs:
        passes += sum(key_of(each) not in resources.results for each in _candidates(request))
    if isinstance(asked, ControlRequest):
        return passes
    there = key_of(asked) in resources.results
    passes += 0 if there else map_cost(asked, resources)
    return passes + measure.explanations(request.settings) * map_again_cost(asked, resources)


def map_again_cost(request: AnyMap, resources: Resources) -> float:
    """Return the passes of the same map of another picture or model: samples are new."""
    if isinstance(request, OfSamples):
        return float(request.samples.most)
    return map_cost(request, resources)


def title_of(request: MeasureRequest | CheckRequest) -> str:
    """Return the measure and the method, to begin a sentence with."""
    what = request.map.label
    if isinstance(request.map, MapRequest):
        what = methods.title_of(what)
    return f"{table.get(request.measure).title} of {what}"


HANDLERS: Mapping[type, AnyHandler] = {
    MeasureRequest: Handler(run=_measure, title=title_of, cost=measure_cost),
    RandomIntervalRequest: Handler(
        run=_random_interval,
        title=lambda request: f"{table.get(request.measure).title} of random maps",
        cost=random_cost,
    ),
}
