"""A check: one measure of one map beside its controls, and what that says of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core import Heat
from core.explain.ranks import ranks
from core.measure.overlap import pearson
from core.measure.single.base import UNDEFINED, Measure, Measured, no_passes
from core.measure.single.comparison import Interval
from core.measure.single.controls import random_map
from core.measure.single.random_class import RANDOM_CLASS
from core.measure.single.randomisation import RANDOMISATION
from core.requests.measures import RANDOM_MAPS

UNKNOWN = Interval(UNDEFINED, UNDEFINED, UNDEFINED)
ALIKE = 0.9
"""Rank correlation from which on two maps count as nearly the same."""
STAYS = (
    "The map stays when the model's last layer is random: it shows what the model notices, not why "
    "it chose this class."
)
VERDICT = (
    "✓ better than at least 48 of 50 random maps, ✗ not shown to be, grey: no verdict, or not "
    "compared yet. Random weights: ✓ the maps of random networks are as unlike it as unrelated "
    f"maps, and a random last layer alone leaves a rank correlation below {ALIKE:g}. Another "
    f"class: ✓ a rank correlation below {ALIKE:g}. One picture is weak evidence."
)
"""What the signs mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """What a measure says of a map, and of those that know no model.

    Attributes:
        measure: that was taken.
        measured: the number and how it came about.
        layer: module paths of the map, joined by commas; empty without one.
        seconds: of the measure, without those of the map and of its controls.
        chance: where 50 random maps lie; NaN where that was not asked for or says nothing.
        controls: values of maps that know no model, by name; NaN where undefined.
    """

    measure: Measure
    measured: Measured
    layer: str = ""
    seconds: float = 0.0
    chance: Interval = UNKNOWN
    controls: Mapping[str, float] = field(default_factory=dict)

    @property
    def makes_maps(self) -> bool:
        """Whether the measure makes maps anew, which maps that know no model cannot."""
        return self.measure.explanations is not no_passes

    @property
    def passed(self) -> bool | None:
        """Whether the map is better than random ones; None where that cannot be told.

        Random weights: whether the maps of random networks are as like the map as random ones are,
        and the map does not stay nearly the same while the head alone is random. Another class:
        whether the two maps are not nearly the same; there chance is no measure, as classes that
        look alike rightly have like maps. Of what is 1 or 0 one map says nothing.
        """
        value = self.measured.value
        if self.measure is RANDOM_CLASS:
            return bool(value < ALIKE) if np.isfinite(value) else None
        if self.measure is RANDOMISATION:
            known = np.isfinite([value, self.chance.low, self.chance.high]).all()
            within = bool(self.chance.low <= value <= self.chance.high)
            return within and not self._stays if known else None
        if self.measure.yes_no:
            return None
        return self.chance.beaten_by(value, self.measure.better)

    @property
    def doubt(self) -> str:
        """What a failed check means, in a sentence or two; empty where it did not fail."""
        if self.passed is not False:
            return ""
        if self.makes_maps:
            return STAYS if self._stays else self.measure.doubt
        title = self.measure.title
        return f"{title} cannot tell this map from random ones. {self.measure.doubt}".strip()

    @property
    def _stays(self) -> bool:
        """Whether a random head leaves the map nearly as it is."""
        return self.measured.details.get("head alone", 0.0) >= ALIKE


def chance_of_likeness(shown: Heat, seed: int) -> Interval:
    """Return how like a map random ones are: the rank correlations that mean nothing.

    Args:
        shown: float32 (h, w).
        seed: of the random maps.

    Returns:
        Mean, 2.5th and 97.5th percentile over 50 random maps; NaN for a flat map.
    """
    own, size = ranks(shown), (int(shown.shape[0]), int(shown.shape[1]))
    values = [pearson(own, ranks(random_map(size, seed, number))) for number in range(RANDOM_MAPS)]
    if not np.isfinite(values).all():
        return UNKNOWN
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(np.mean(values)), float(low), float(high))


def seconds_for(passes: float, checks: Sequence[Check]) -> float | None:
    """Return how long so many passes take about, from checks that were made; None without any."""
    known = [check for check in checks if check.measured.passes and check.seconds]
    made = sum(check.measured.passes for check in known)
    return passes * sum(check.seconds for check in known) / made if made else None
