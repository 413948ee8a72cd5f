"""How far maps of one picture agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.measure import agreement
from core.measure.agreement import Likeness, OverlapCurves, Pair
from core.measure.masks import common_size, marked
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.studies import OverlapRequest, ThresholdsRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import explained, map_cost
from core.work.job import Link
from core.work.resources import Resources


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """What maps of one picture have in common.

    Attributes:
        pairs: every two of them, in order.
        spearman: rank correlation of each pair's raw maps.
        likeness: what else there is to say of each pair.
        band: of each pair, 95 % of the IoU over all shifts of one mask.
        consensus: uint8 (h, w), how many maps mark each pixel.
        count: of the maps.
    """

    pairs: tuple[Pair, ...]
    spearman: tuple[float, ...]
    likeness: tuple[Likeness, ...]
    band: tuple[tuple[float, float], ...]
    consensus: npt.NDArray[np.uint8]
    count: int


def _overlap(request: OverlapRequest, resources: Resources, link: Link[Overlap]) -> Overlap:
    maps = [explained(each, resources, link) for each in request.maps]
    pairs = agreement.pairs(maps, request.rules)
    size = common_size(*maps)
    masks = [marked(one, rule, size).mask for one, rule in zip(maps, request.rules, strict=True)]
    return Overlap(
        pairs=pairs,
        spearman=tuple(pair.spearman for pair in pairs),
        likeness=tuple(pair.likeness for pair in pairs),
        band=tuple(pair.band for pair in pairs),
        consensus=agreement.consensus(masks),
        count=len(maps),
    )


def _thresholds(
    request: ThresholdsRequest, resources: Resources, link: Link[OverlapCurves]
) -> OverlapCurves:
    first, second = (explained(each, resources, link) for each in (request.first, request.second))
    return agreement.overlap_curves(first, second)


def maps_cost(maps: Sequence[AnyMap], resources: Resources) -> float:
    """Return the passes of the maps that are no longer there, and one for the comparison."""
    return 1.0 + sum(
        map_cost(each, resources) for each in maps if key_of(each) not in resources.results
    )


HANDLERS: Mapping[type, AnyHandler] = {
    OverlapRequest: Handler(
        run=_overlap,
        title=lambda request: "The comparison",
        cost=lambda request, resources: maps_cost(request.maps, resources),
    ),
    ThresholdsRequest: Handler(
        run=_thresholds,
        title=lambda request: "The comparison",
        cost=lambda request, resources: maps_cost((request.first, request.second), resources),
    ),
}
