"""A request for the reveal of a class's paintings: how near each came to the maps."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import BadOption
from core.requests.maps import AnyMap
from core.requests.paintings import Painting

MOST_MAPS = 12
MOST_PAINTINGS = 500
"""What one reveal compares at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealRequest:
    """What a class painted, beside the maps of the same picture.

    Paintings and maps lie in one frame, the picture as the model sees it: all maps are of one
    picture and one fit, and what was painted on was that part of it.

    Attributes:
        maps: one at least; the first says who was closest.
        paintings: of the students, in any order; there may be none.
    """

    maps: tuple[AnyMap, ...]
    paintings: tuple[Painting, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.maps) <= MOST_MAPS:
            raise BadOption(
                f"A reveal of {len(self.maps)} maps is not possible: choose 1 to {MOST_MAPS}."
            )
        if len(self.paintings) > MOST_PAINTINGS:
            raise BadOption(
                f"There are {len(self.paintings)} paintings: give {MOST_PAINTINGS} at most."
            )
