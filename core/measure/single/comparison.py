"""Whether a map is better than a control: from 50 random maps, or from many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadOption
from core.explain.base import Tick, no_tick
from core.measure.chance import mean_interval
from core.measure.single.base import Better, Measure
from core.measure.single.controls import random_map
from core.measure.single.trial import Trial
from core.requests.measures import RANDOM_MAPS, MeasureSettings


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a control lies.

    Attributes:
        mean: of the control, or of differences to it; NaN where nothing is defined.
        low, high: 95 % interval.
    """

    mean: float
    low: float
    high: float

    def beaten_by(self, value: float, better: Better) -> bool | None:
        """Return whether a value lies on the better side of the interval.

        None where either is undefined; a value inside the interval is not better.
        """
        if not np.isfinite([value, self.low, self.high]).all():
            return None
        return bool(value > self.high if better == "higher" else value < self.low)


def check_random(measure: Measure) -> None:
    """Make sure that random maps can be measured.

    Raises:
        BadOption: the measure makes maps anew.
    """
    if "explain" in measure.needs:
        raise BadOption(f"{measure.title} makes maps anew, and random maps have no method.")


def random_passes(measure: Measure, settings: MeasureSettings, count: int = RANDOM_MAPS) -> int:
    """Return how many pictures go through the whole model for `random_interval`, at most."""
    shared = measure.shared(settings)
    return shared + count * (measure.passes(settings) - shared)


def random_interval(
    measure: Measure, trial: Trial, count: int = RANDOM_MAPS, tick: Tick = no_tick
) -> Interval:
    """Return what random smooth maps reach on one picture.

    Args:
        measure: one that explains nothing anew, because a random map has no method.
        trial: of the picture, with any map of it.
        count: of the random maps.
        tick: told the share done; may raise to stop.

    Returns:
        Mean, 2.5th and 97.5th percentile of the defined values.

    Raises:
        BadOption: the measure makes maps anew.
    """
    check_random(measure)
    bare = trial.of(None)
    values = []
    for number in range(count):

        def part(fraction: float, stage: str = "", number: int = number) -> None:
            tick((number + fraction) / count, f"random map {number + 1} of {count}")

        shown = random_map(trial.size, trial.settings.seed, number)
        values.append(measure.run(shown, bare, part).value)
    known = np.array([value for value in values if np.isfinite(value)], np.float64)
    if not known.size:
        return Interval(*(float("nan"),) * 3)
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(known.mean()), float(low), float(high))


def paired(values: Sequence[float], controls: Sequence[float]) -> Interval:
    """Return the mean difference of a method to a control over the same pictures.

    Pictures where either is undefined do not count. The method is better than the control where
    the interval lies on the better side of 0, which `is_better` tells.

    Args:
        values: of the method, one a picture.
        controls: of the control, for the same pictures.

    Returns:
        Mean and 95 % bootstrap interval of the differences, value minus control.
    """
    differences = [one - two for one, two in zip(values, controls, strict=True)]
    return Interval(*mean_interval(differences))


def is_better(differences: Interval, better: Better) -> bool | None:
    """Return whether paired differences lie on the better side of 0; None where undefined."""
    if not np.isfinite([differences.low, differences.high]).all():
        return None
    return bool(differences.low > 0 if better == "higher" else differences.high < 0)
