"""What measures of many maps cost together, before they are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.measure.beside import on_model
from core.measure.single import table
from core.requests.maps import AnyMap
from core.requests.measures import (
    RANDOM_MAPS,
    ControlRequest,
    MeasureRequest,
    RandomIntervalRequest,
)
from core.work.handlers.maps import map_cost, map_seconds
from core.work.resources import Resources


def measures_cost(
    requests: Sequence[MeasureRequest | RandomIntervalRequest], resources: Resources
) -> tuple[float, float | None]:
    """Return the passes of measures, and their seconds where these can be estimated.

    Passes that the maps of a picture share count once. Maps of the untrained network are made for
    them, as costly as those of the trained one; the maps themselves are there.

    Args:
        requests: of measures that make no maps anew, and of random maps.
        resources: know what is loaded, and how fast it is.
    """
    groups: dict[RandomIntervalRequest, int] = defaultdict(int)
    untrained: set[AnyMap] = set()
    for each in requests:
        if isinstance(each, RandomIntervalRequest):
            groups[each] += RANDOM_MAPS
            continue
        of = each.map
        group = RandomIntervalRequest(
            picture=of.picture,
            model=each.on or of.model,
            fit=of.fit,
            target=of.target,
            measure=each.measure,
            settings=each.settings,
        )
        groups[group] += 1
        if each.on is not None and not isinstance(of, ControlRequest):
            untrained.add(on_model(of, each.on))
    passes, seconds = 0.0, 0.0
    known = True
    for map_ in untrained:
        passes += map_cost(map_, resources)
        took = map_seconds(map_, resources)
        known, seconds = known and took is not None, seconds + (took or 0.0)
    for one, count in groups.items():
        measure = table.get(one.measure)
        shared = measure.shared(one.settings)
        own = float(shared + count * (measure.passes(one.settings) - shared))
        took = resources.paces.seconds(one.model, "", own)
        passes, known = passes + own, known and took is not None
        seconds += took or 0.0
    return passes, seconds if known else None
