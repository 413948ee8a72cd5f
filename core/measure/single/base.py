"""The words that all measures of one map share: Measure, Card, Measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core import Heat, Pixels
from core.errors import BadOption
from core.explain.base import Tick, no_tick
from core.measure.single.trial import Numbers, Trial
from core.requests.measures import MeasureSettings

Better = Literal["higher", "lower"]
Need = Literal["truth", "explain", "others"]
UNDEFINED = float("nan")

NEEDS: Mapping[Need, str] = {
    "truth": "needs a truth mask: mark where the object is.",
    "explain": "explains changed pictures or models, which cannot be done for this map.",
    "others": "needs three pictures of other classes that the model knows.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What has to be known of a number; short sentences for a person.

    Attributes:
        definition: how it is computed.
        base: what replaces removed pixels, or what the number is compared with.
        units: of the value.
        seed: what is random, and how it is fixed.
        ties: what happens to pixels of equal heat.
        not_shown: what the number does not show.
        elsewhere: how other implementations differ, with their faults.
    """

    definition: str
    base: str
    units: str
    seed: str
    ties: str
    not_shown: str
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Numbers along which a value comes about.

    Attributes:
        name: what `y` is, for example `probability`.
        along: what `x` is, for example `share of pixels deleted`.
        x: float64 (n,), rising.
        y: float64 (n,).
        labels: a name for each point where `x` only counts them; else empty.
    """

    name: str
    along: str
    x: Numbers
    y: Numbers
    labels: tuple[str, ...] = ()

    @property
    def area(self) -> float:
        """Area under the curve by trapezoids over the true `x`."""
        return float(np.trapezoid(self.y, self.x))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What a measure says of one map.

    Attributes:
        value: the number; NaN where it is undefined, and a note says why.
        passes: pictures that went through the whole model, those that several measures share
            counted in each; passes of explanations that were made anew not among them.
        curves: how the value came about.
        details: further numbers by name; NaN where undefined.
        notes: sentences for the person.
        maps: maps that were made anew, by what they are of, float32 (h, w) in [0, 1].
        picture: uint8 (h, w, 3), what the model saw in them, where it was another picture.
    """

    value: float
    passes: int = 0
    curves: tuple[Curve, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    maps: Mapping[str, Heat] = field(default_factory=dict)
    picture: Pixels | None = None


Compute = Callable[[Heat, Trial, Tick], Measured]
Count = Callable[[MeasureSettings], int]


def no_passes(settings: MeasureSettings) -> int:
    """Return the cost of a measure that only looks at the map."""
    return 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measure:
    """One measure of one map. Pages and the command line show whatever the table holds.

    Attributes:
        name: command-line name, for example `single-deletion`.
        title: for people.
        sentence: what it asks, in one sentence for a learner.
        paper: authors, year and what of it.
        link: address of the paper.
        better: which direction speaks for the map.
        low, high: range of the value; infinite where it has no bound.
        card: what has to be known of the number.
        compute: does it, for a map that was checked.
        needs: what the trial must hold.
        passes: pictures through the whole model at most, those that several measures share
            counted in each.
        shared: those of them that the maps of one picture share.
        explanations: maps that are made anew at most.
        doubt: what else is said of a map that failed the check, in a sentence or two.
        yes_no: whether one map has 1 or 0, which 50 random maps have too: no verdict on it.
    """

    name: str
    title: str
    sentence: str
    paper: str
    link: str
    better: Better
    low: float
    high: float
    card: Card
    compute: Compute
    needs: tuple[Need, ...] = ()
    passes: Count = no_passes
    shared: Count = no_passes
    explanations: Count = no_passes
    doubt: str = ""
    yes_no: bool = False

    def fits(self, trial: Trial) -> str:
        """Return an empty string, or one sentence why the measure cannot run."""
        has = {
            "truth": trial.truth is not None,
            "explain": trial.explain is not None,
            "others": len(trial.others) >= 3,
        }
        lacks = next((need for need in self.needs if not has[need]), None)
        return "" if lacks is None else f"{self.title} {NEEDS[lacks]}"

    def run(self, shown: Heat, trial: Trial, tick: Tick = no_tick) -> Measured:
        """Measure a map.

        Args:
            shown: float32 (h, w) in [0, 1] at the model's input size.
            trial: what it is tried on.
            tick: told the share done; may raise to stop.

        Raises:
            BadOption: the trial lacks what the measure needs, or the map or the mask has another
                size than the model's input.
            Cancelled: raised by `tick`.
        """
        if sentence := self.fits(trial):
            raise BadOption(sentence)
        for values, what in ((shown, "map"), (trial.truth, "truth mask")):
            if values is not None and values.shape != trial.size:
                raise BadOption(
                    f"The {what} has {values.shape} places and the model's input {trial.size}: "
                    "give it at that size."
                )
        tick(0.0, self.title)
        measured = self.compute(shown, trial, tick)
        tick(1.0, "done")
        return measured
