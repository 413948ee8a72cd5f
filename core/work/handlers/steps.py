"""How a map is made, step by step."""

from __future__ import annotations

from collections.abc import Mapping

from core.explain import methods
from core.explain.how.steps import Steps
from core.explain.how.table import steps_of
from core.requests.keys import key_of
from core.requests.loading import StepsRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import map_cost
from core.work.job import Link
from core.work.resources import Resources
from core.work.schedule import QUICK


def _steps(request: StepsRequest, resources: Resources, link: Link[Steps]) -> Steps:
    map_ = request.map
    return steps_of(map_, resources.subject(map_.picture, map_.model, map_.fit, link), link)


def _cost(request: StepsRequest, resources: Resources) -> float:
    """Return the passes: few where the map is there, because its answers are kept beside it."""
    there = key_of(request.map) in resources.results
    return QUICK if there else max(QUICK, map_cost(request.map, resources))


def _title(request: StepsRequest) -> str:
    return f"The steps of {methods.get(request.map.method).title}"


HANDLERS: Mapping[type, AnyHandler] = {
    StepsRequest: Handler(run=_steps, title=_title, cost=_cost),
}
