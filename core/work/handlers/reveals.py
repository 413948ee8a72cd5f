"""What a class painted, beside the maps of the picture."""

from __future__ import annotations

from collections.abc import Mapping

from core.explain.base import part
from core.measure.paintings import Reveal, reveal
from core.requests.reveals import RevealRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.comparisons import maps_cost
from core.work.handlers.maps import explained
from core.work.job import Link
from core.work.resources import Resources

MAPS = 0.9
"""Share of the work that the maps take where they are not there yet."""


def _reveal(request: RevealRequest, resources: Resources, link: Link[Reveal]) -> Reveal:
    count = len(request.maps)
    maps = [
        explained(each, resources, part(link, MAPS * at / count, MAPS * (at + 1) / count)).shown
        for at, each in enumerate(request.maps)
    ]
    return reveal(maps, [each.mask for each in request.paintings], part(link, MAPS, 1.0))


HANDLERS: Mapping[type, AnyHandler] = {
    RevealRequest: Handler(
        run=_reveal,
        title=lambda request: "The comparison with what was painted",
        cost=lambda request, resources: maps_cost(request.maps, resources),
    ),
}
