"""The charts of an audit: calibration, classes, and where the maps of a class lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.charts.rows import Bars, Series
from core.figures.drawing import palette
from core.measure.audit.calibration import Bin
from core.measure.audit.classes import OfClass
from core.measure.audit.findings import Findings
from core.requests.audits import PLACES

CLASSES = 20
"""Classes that a chart shows."""
ROOM = 1.18
"""End of an axis of shares, with the text behind a whole bar."""
SURE, RIGHT = "confidence", "share that is right"
AS_SURE = "as right as it says"


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often a model is right where it is how sure.

    Attributes:
        bins: with their pictures; those without are left out when it is drawn.
        caption: what it says in one number, for below.
    """

    bins: tuple[Bin, ...]
    caption: str

    @property
    def filled(self) -> tuple[Bin, ...]:
        """The bins that have pictures."""
        return tuple(each for each in self.bins if each.right.of)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of all pictures, that are in each filled bin."""
        whole = sum(each.right.of for each in self.filled)
        return tuple(each.right.of / whole for each in self.filled)

    @property
    def readings(self) -> tuple[str, ...]:
        """What the mouse reads at each filled bin."""
        return tuple(
            f"confidence {each.low:.2f} to {each.high:.2f}, mean {each.confidence:.2f}: "
            f"{each.right.count} of {each.right.of} right ({each.right.value:.2f}, "
            f"{each.right.low:.2f} to {each.right.high:.2f})"
            for each in self.filled
        )


def reliability(found: Findings, *, equal_mass: bool = False) -> Reliability:
    """Show calibration over bins of equal width, or of equal mass."""
    made = found.calibration
    error = made.equal_mass if equal_mass else made.equal_width
    return Reliability(
        error.bins,
        f"Expected calibration error {error.value:.3f}; a perfectly calibrated model shows "
        f"{error.chance:.3f} ({error.low:.3f} to {error.high:.3f}) on as many pictures.",
    )


def class_bars(found: Findings) -> Bars:
    """Show recall and precision of the classes that are recognised least often."""
    worst = worst_classes(found.accuracy.classes)[:CLASSES]
    return Bars(
        rows=tuple(found.names[each.index] for each in worst),
        series=(
            _shares([each.recall.value for each in worst], worst, "recall", 0),
            _shares([each.precision.value for each in worst], worst, "precision", 1),
        ),
        axis="share of pictures; lines: 95 % intervals",
        limits=(0.0, ROOM),
        legend={
            "recall: of its pictures": palette.series(0),
            "precision: of its predictions": palette.series(1),
        },
        lines=2.0,
        least=2,
        apart=True,
        percent=True,
        empty="no class with pictures",
    )


def worst_classes(classes: Sequence[OfClass]) -> list[OfClass]:
    """Return the classes that have pictures, those of lowest recall first."""
    there = [each for each in classes if each.recall.of]
    return sorted(there, key=lambda each: (each.recall.value, -each.recall.of, each.index))


def _shares(values: Sequence[float], classes: Sequence[OfClass], name: str, number: int) -> Series:
    rates = [getattr(each, name) for each in classes]
    return Series(
        values=tuple(0.0 if math.isnan(value) else value for value in values),
        colours=(palette.series(number),) * len(values),
        readings=tuple(
            f"{name} {rate.count} of {rate.of}" if rate.of else f"{name} not defined"
            for rate in rates
        ),
        texts=tuple(f"{rate.count} of {rate.of}" if rate.of else "none" for rate in rates),
        ranges=tuple((rate.low, rate.high) if rate.of else None for rate in rates),
    )


def place_bars(found: Findings, guess: int) -> Bars:
    """Show how much of the heat lies in each place: of one class's maps, and of all others."""
    looked = {each.place: each for each in found.looks if each.guess == guess}
    values = [
        tuple(getattr(looked[place], name) for place in range(len(PLACES)) if place in looked)
        for name in ("share", "elsewhere")
    ]
    names = (found.names[guess], "other classes")
    return Bars(
        rows=tuple(PLACES[place] for place in range(len(PLACES)) if place in looked),
        series=tuple(
            Series(
                values=each,
                colours=(palette.series(number),) * len(each),
                readings=tuple(f"{name}: {value:.1%}" for value in each),
                texts=tuple(f"{value:.0%}" for value in each),
            )
            for number, (name, each) in enumerate(zip(names, values, strict=True))
        ),
        axis="share of a map's heat, median over pictures",
        limits=(0.0, min(ROOM, 1.25 * max((*values[0], *values[1], 0.1)))),
        legend={name: palette.series(number) for number, name in enumerate(names)},
        lines=2.0,
        least=2,
        apart=True,
        percent=True,
    )
