"""The table of measures of one map. A new measure is one module and one line here."""

from __future__ import annotations

from difflib import get_close_matches

from core.errors import UnknownMeasure
from core.measure.single.base import Measure
from core.measure.single.curves import DELETION, INSERTION
from core.measure.single.drop import AVERAGE_DROP, INCREASE
from core.measure.single.grid_pointing import GRID_POINTING
from core.measure.single.localisation import ENERGY, POINTING, RANK_ACCURACY, TRUTH_IOU
from core.measure.single.random_class import RANDOM_CLASS
from core.measure.single.randomisation import RANDOMISATION
from core.measure.single.road import ROAD
from core.measure.single.single_deletion import SINGLE_DELETION
from core.measure.single.stability import STABILITY

_IN_ORDER: tuple[Measure, ...] = (
    SINGLE_DELETION,
    DELETION,
    INSERTION,
    ROAD,
    AVERAGE_DROP,
    INCREASE,
    RANDOMISATION,
    RANDOM_CLASS,
    STABILITY,
    GRID_POINTING,
    POINTING,
    ENERGY,
    RANK_ACCURACY,
    TRUTH_IOU,
)

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _IN_ORDER}
"""Every measure by its name, in the order in which they are shown."""


def get(name: str) -> Measure:
    """Return the measure of that name; case does not matter.

    Raises:
        UnknownMeasure: no such measure; the message names the nearest ones.
    """
    measure = MEASURES.get(name.strip().lower())
    if measure is None:
        near = get_close_matches(name.strip().lower(), MEASURES, n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(MEASURES)}."
        )
        raise UnknownMeasure(f"Unknown measure {name!r}: {hint}")
    return measure
