"""Single errors of an audit, looked at closely: what is kept of them for a page and a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.explain.base import Explanation
from core.explain.methods import title_of
from core.export.record import PreparedPicture
from core.export.thumbs import thumb_uris
from core.figures.drawing.overlay import OverlayLook
from core.measure.audit.rows import AuditRow
from core.measure.pair_rows import PairRow
from core.measure.single.check import Check
from core.measure.single.comparison import Interval

THUMB = 260
"""Longest side of a picture in pixels."""


@dataclass(frozen=True, slots=True)
class MapCheck:
    """Single deletion of one map, and of maps that know no model.

    Attributes:
        value: of the map, rank correlation in [-1, 1]; NaN where undefined.
        chance, low, high: mean, 2.5th and 97.5th percentile of 50 random maps; NaN where undefined.
        controls: values of the picture's edges and centre, by name; NaN where undefined.
    """

    value: float
    chance: float
    low: float
    high: float
    controls: tuple[tuple[str, float], ...] = ()

    @property
    def verdict(self) -> str:
        """What that says of the map, in a few words."""
        interval = Interval(self.chance, self.low, self.high)
        beaten = interval.beaten_by(self.value, "higher")
        if beaten is None:
            return "cannot be told"
        return "better than random maps" if beaten else "not better than random maps"


def map_check(check: Check) -> MapCheck:
    """Return the numbers of a check."""
    return MapCheck(
        value=float(check.measured.value),
        chance=float(check.chance.mean),
        low=float(check.chance.low),
        high=float(check.chance.high),
        controls=tuple((name, float(value)) for name, value in sorted(check.controls.items())),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ErrorDetail:
    """One error.

    Attributes:
        row: of the picture.
        is_worst, is_surest: why it was chosen.
        figures: address and caption of the picture and of each map.
        pairs: how far the maps of the predicted class agree.
        check: of the first map of the predicted class; None where it failed.
        wrong_concepts: words with their share of the evidence for the predicted class.
        true_concepts: the same for the true class.
        notes: sentences, for example on methods that failed.
    """

    row: AuditRow
    is_worst: bool
    is_surest: bool
    figures: tuple[tuple[str, str], ...] = ()
    pairs: tuple[PairRow, ...] = ()
    check: MapCheck | None = None
    wrong_concepts: tuple[tuple[str, float], ...] = ()
    true_concepts: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = field(default=())


def figures_of(
    seen: PreparedPicture, maps: Sequence[Explanation], look: OverlayLook
) -> tuple[tuple[str, str], ...]:
    """Return the picture and each map over it as addresses, with captions.

    Args:
        seen: the picture with the part that the model saw.
        maps: to draw.
        look: how.
    """
    addresses = thumb_uris(seen, maps, look, THUMB)
    captions = ("Picture", *(f"{title_of(each.label)}, {each.class_name}" for each in maps))
    return tuple(zip(addresses, captions, strict=True))


def number(value: float) -> str:
    """Return a number with two decimals, or words for none."""
    return f"{round(value, 2) + 0.0:.2f}" if math.isfinite(value) else "not defined"
