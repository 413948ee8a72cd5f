"""The measures of a gallery's maps: what is asked for, and what there is of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.measure.beside import controls_of, random_interval_of
from core.measure.single.table import MEASURES
from core.requests.keys import key_of
from core.requests.maps import AnyMap
from core.requests.measures import MeasureRequest, MeasureSettings, RandomIntervalRequest
from pages.ui.gallery.parts import Part, part

OFFERED = tuple(name for name, measure in MEASURES.items() if not measure.needs)
"""Measures of the map alone: those that make maps anew or need a mask take too long or too much."""
REMEMBERED = 8192
"""Measures whose requests and keys are remembered: a page asks for them in each run."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredMap:
    """One measure of one map, with those of its controls.

    Attributes:
        label: of the method.
        measure: by name.
        own: of the map.
        controls: by name.
        chance: of random maps of the picture; None where that is not asked for.
    """

    label: str
    measure: str
    own: Part
    controls: Mapping[str, Part]
    chance: Part | None = None

    @property
    def all(self) -> tuple[Part, ...]:
        """What there is of each."""
        return (self.own, *self.controls.values(), *([self.chance] if self.chance else []))

    @property
    def failure(self) -> str:
        """Why there is no number, or empty."""
        return next((part.failure.reason for part in self.all if part.failure), "")

    @property
    def whole(self) -> bool:
        """Whether the number is there beside all of its controls."""
        return all(part.result is not None for part in self.all)


def measured_maps(
    maps: Sequence[AnyMap],
    names: Sequence[str],
    settings: MeasureSettings,
    pictures: int,
    *,
    ask: bool,
) -> tuple[MeasuredMap, ...]:
    """Return what there is of each measure of each map.

    Args:
        maps: of one picture.
        names: of the measures.
        settings: of the measures.
        pictures: in the gallery.
        ask: whether to start the work for what is missing.
    """
    made: dict[str, Part] = {}  # the maps of a picture share their controls
    found = []
    for name in names:
        for map_ in maps:
            asked = _requests(map_, name, settings, pictures)
            for key, request in asked.requests.items():
                if key not in made:
                    made[key] = part(request, ask=ask, key=key)
            controls = {control: made[key] for control, key in asked.controls.items()}
            chance = made[asked.chance] if asked.chance else None
            found.append(MeasuredMap(map_.label, name, made[asked.own], controls, chance))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Requests:
    """What one measure of one map asks for, by key, and which key is whose."""

    requests: Mapping[str, MeasureRequest | RandomIntervalRequest]
    own: str
    controls: Mapping[str, str]
    chance: str


@lru_cache(REMEMBERED)
def _requests(map_: AnyMap, name: str, settings: MeasureSettings, pictures: int) -> _Requests:
    own = MeasureRequest(map=map_, measure=name, settings=settings)
    controls = controls_of(own)
    chance = random_interval_of(own, pictures)
    requests = {key_of(each): each for each in (own, *controls.values())}
    keys = {control: key_of(each) for control, each in controls.items()}
    beside = {key_of(chance): chance} if chance else {}
    return _Requests({**requests, **beside}, key_of(own), keys, next(iter(beside), ""))
