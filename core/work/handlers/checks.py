"""A map beside its controls, and what the model sees while pixels are deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core import Pixels
from core.explain.base import part
from core.measure.beside import RANDOM_WEIGHTS, controls_of
from core.measure.single import table
from core.measure.single.base import no_passes
from core.measure.single.check import UNKNOWN, Check, chance_of_likeness
from core.measure.single.curves import at_share
from core.measure.single.randomisation import RANDOMISATION
from core.models.card import Guess
from core.requests.keys import key_of
from core.requests.maps import OfSamples
from core.requests.measures import CheckRequest, MeasureRequest, StepRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import explained, is_cheap
from core.work.handlers.measures import (
    map_again_cost,
    measure_cost,
    measured,
    random_cost,
    random_maps,
    title_of,
    trial_of,
)
from core.work.job import Link
from core.work.resources import Resources
from core.work.schedule import QUICK

CHEAP = 200.0
"""Passes up to which a check is cheap."""
MAP = 8.0
"""Passes that take about as long as a cheap map."""


def check(request: CheckRequest, resources: Resources, link: Link[Check]) -> Check:
    """Measure a map and its controls; the map's own number is published first."""
    measure = table.get(request.measure)
    own, others, untrained = (0.1, 0.2, 0.3) if request.full else (0.5, 0.9, 0.9)
    done = measured(request.of_map, resources, part(link, 0.0, own))
    made = Check(measure, done.measured, done.layer, done.seconds)
    if measure.explanations is not no_passes:
        if measure is RANDOMISATION:
            shown = explained(request.map, resources, link).shown
            return replace(made, chance=chance_of_likeness(shown, request.settings.seed))
        return made
    link.publish(made)
    found: dict[str, float] = {}
    for name, asked in _controls_of(request).items():
        tick = part(link, others, untrained) if name == RANDOM_WEIGHTS else part(link, own, others)
        found[name] = measured(asked, resources, tick).measured.value
    chance = UNKNOWN
    if request.full or _chance_cost(request, resources) <= QUICK:
        chance = random_maps(request.of_random, resources, part(link, untrained, 1.0))
    return replace(made, chance=chance, controls=found)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What the model sees and says while pixels are deleted or inserted.

    Attributes:
        view: uint8 (h, w, 3), what it sees.
        guesses: the most probable classes, the best first.
        probability: of the explained class.
    """

    view: Pixels
    guesses: tuple[Guess, ...]
    probability: float


def _step(request: StepRequest, resources: Resources, link: Link[Step]) -> Step:
    trial = trial_of(request.map, request.map.model, request.settings, resources, link)
    shown = explained(request.map, resources, link).shown
    batch = at_share(shown, trial, request.percent / 100, deletes=request.deletes)
    changed = replace(trial.prepared, batch=batch)
    guesses = trial.classifier.predict(changed, top=len(trial.classifier.names))
    own = next(guess for guess in guesses if guess.index == request.map.target)
    return Step(trial.classifier.colours(batch), guesses[:3], own.probability)


def _controls_of(request: CheckRequest) -> dict[str, MeasureRequest]:
    """Return the controls of a check: one map a control, of random maps there is an interval."""
    every = controls_of(request.of_map)
    skipped = {"random"} if request.full else {"random", RANDOM_WEIGHTS}
    return {name: asked for name, asked in every.items() if name not in skipped}


def _chance_cost(request: CheckRequest, resources: Resources) -> float:
    """Return the passes of random maps that the map itself does not take anyway."""
    shared = table.get(request.measure).shared(request.settings)
    return random_cost(request.of_random, resources) - shared


def check_cost(request: CheckRequest, resources: Resources) -> float:
    """Return the passes of a check with those of its controls, shared ones counted once."""
    measure, settings = table.get(request.measure), request.settings
    cost = measure_cost(request.of_map, resources)
    if measure.explanations is not no_passes:
        return cost
    each = measure.passes(settings) - measure.shared(settings)
    cost += (2 + request.full) * each
    chance = _chance_cost(request, resources)
    if request.full or chance <= QUICK:
        cost += chance
    if request.full:
        cost += map_again_cost(request.map, resources)
    return cost


def check_is_cheap(request: CheckRequest, resources: Resources) -> bool:
    """Return whether a check takes a few seconds at most, so that nobody has to press for it."""
    measure, settings = table.get(request.measure), request.settings
    maps = measure.explanations(settings) + request.full
    if isinstance(request.map, OfSamples) or not is_cheap(request.map, resources):
        return check_cost(request, resources) <= CHEAP
    passes = (2 + request.full) * measure.passes(settings) + maps * MAP
    if measure.explanations is no_passes and request.full:
        passes += random_cost(request.of_random, resources)
    return passes <= CHEAP


def checks_cost(requests: Sequence[CheckRequest], resources: Resources) -> float:
    """Return the passes of several checks, those of the same random maps counted once."""
    cost, seen = 0.0, set()
    for request in requests:
        cost += check_cost(request, resources)
        measure = table.get(request.measure)
        if measure.explanations is not no_passes or not request.full:
            continue
        key = key_of(request.of_random)
        cost -= _chance_cost(request, resources) if key in seen else 0.0
        seen.add(key)
    return cost


HANDLERS: Mapping[type, AnyHandler] = {
    CheckRequest: Handler(run=check, title=title_of, cost=check_cost),
    StepRequest: Handler(run=_step, title=lambda request: "The changed picture"),
}
