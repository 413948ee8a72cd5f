"""Where the maps of a class lie: a place that one class alone looks at may be a shortcut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from core import Heat
from core.imports.lazy import library
from core.measure.audit.rates import LEVEL, Beside, Ranked, Rate, Values, false_discovery
from core.measure.audit.rows import AuditRow, Shares
from core.requests.audits import PLACES

Numbers = npt.NDArray[np.int64]

CORNERS, EDGES, CENTRE = (0, 2, 6, 8), (1, 3, 5, 7), 4
QUARTER = 0.25
AREAS = tuple(
    down * across for down in (QUARTER, 0.5, QUARTER) for across in (QUARTER, 0.5, QUARTER)
)
"""Of each place, as shares of the picture: what a map that is equal everywhere has there."""
FEWEST = 5
"""Pictures of a class, and of all others, from which on it is tested."""
CLEAR = 0.8
"""How often a picture of the class must have more heat there than one of another class."""
MOST = 40
"""Pictures of a class whose places are covered."""
MUCH = 0.25
"""Share of the heat that must lie in a place, at least, and twice what an even map has there."""
NEEDED = 0.3
"""Probability that a place must cost the class, beyond what others of its kind cost."""
NONE = Rate(0, 0)


@cache
def place_map(height: int, width: int) -> Numbers:
    """Return the number of the place of each pixel, int64 (height, width)."""
    rows, columns = (
        np.searchsorted([round(side * QUARTER), round(side * (1 - QUARTER))], range(side), "right")
        for side in (height, width)
    )
    return np.asarray(rows[:, None] * 3 + columns[None, :], np.int64)


def shares_of(shown: Heat) -> Shares | None:
    """Return the share of a map's heat in each place, float32 (9,); None for a map without any.

    Args:
        shown: float32 (h, w), 0 or more.
    """
    height, width = shown.shape
    sums = np.bincount(place_map(height, width).ravel(), shown.ravel(), len(PLACES))
    return (sums / sums.sum()).astype(np.float32) if sums.sum() > 0 else None


@dataclass(frozen=True, slots=True)
class Look:
    """How much the maps of one predicted class lie in one place.

    Attributes:
        guess: index of the class.
        place: number of the place.
        pictures: of the class, with a map.
        share: median share of their heat that lies there.
        elsewhere: the same of the maps of all other classes.
        beside: by ranks.
        q: false discovery rate over all classes and places.
        is_alone: whether this class alone looks there: clearly more than others, above what is
            equal everywhere, and no other class with enough pictures half as much.
    """

    guess: int
    place: int
    pictures: int
    share: float
    elsewhere: float
    beside: Beside
    q: float
    is_alone: bool = False


def looks(rows: Sequence[AuditRow]) -> tuple[Look, ...]:
    """Compare each predicted class with all others, place by place; the surest first.

    Args:
        rows: of all pictures; the map of each explains its guess.
    """
    known = [row for row in rows if row.places is not None]
    guesses = np.array([row.guess for row in known])
    shares = np.array([row.places for row in known], np.float64).reshape(-1, len(PLACES))
    tested = [
        int(guess)
        for guess, count in zip(*np.unique(guesses, return_counts=True), strict=True)
        if count >= FEWEST and len(known) - count >= FEWEST
    ]
    medians = {guess: np.median(shares[guesses == guess], 0) for guess in tested}
    ranked = [Ranked(column) for column in shares.T] if tested else []
    found: list[Look] = []
    for guess in tested:
        inside = guesses == guess
        for place in range(len(PLACES)):
            share, count = float(medians[guess][place]), int(inside.sum())
            pair, rest = ranked[place].beside(inside), ranked[place].median_outside(inside)
            found.append(Look(guess, place, count, share, rest, pair, 1.0))
    q = false_discovery([each.beside.p for each in found])
    made = [_judged(each, float(value), medians) for each, value in zip(found, q, strict=True)]
    return tuple(sorted(made, key=lambda each: (each.q, -each.share, each.guess, each.place)))


def _judged(look: Look, q: float, medians: dict[int, Values]) -> Look:
    others = [float(each[look.place]) for guess, each in medians.items() if guess != look.guess]
    is_alone = (
        q <= LEVEL
        and look.beside.higher >= CLEAR
        and look.share >= max(MUCH, 2 * AREAS[look.place])
        and max([look.elsewhere, *others]) <= look.share / 2
    )
    return replace(look, q=q, is_alone=is_alone)


@dataclass(frozen=True, slots=True)
class Covered:
    """What a model says of one picture while places are covered, one at a time.

    Attributes:
        before: probability of the class in the whole picture.
        probabilities: of the class while each place is covered.
        guesses: index of the most probable class then.
    """

    before: float
    probabilities: tuple[float, ...]
    guesses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """How much a class needs a place, beside other places of the same kind.

    Attributes:
        guess: index of the class.
        place: number of the place.
        pictures: in which it was covered.
        before: mean probability of the class in the whole pictures.
        after: the same with the place covered.
        others: the same with another place of its kind covered, mean over those.
        p: of the one-sided signed-rank test that the place costs more than the mean of the others.
        right_before, right_after, right_others: pictures of known classes that are predicted right,
            in the three cases; of `right_others` each picture counts once for each place.
    """

    guess: int
    place: int
    pictures: int
    before: float
    after: float
    others: float
    p: float
    right_before: Rate = NONE
    right_after: Rate = NONE
    right_others: Rate = NONE

    @property
    def is_needed(self) -> bool:
        """Whether the class hangs on the place."""
        return self.p <= LEVEL and self.others - self.after >= NEEDED


def kind_of(place: int) -> tuple[int, ...]:
    """Return the places of the same kind: the corners of a corner, the edges of an edge."""
    return next((kind for kind in (CORNERS, EDGES) if place in kind), (CENTRE,))


def need(guess: int, place: int, covered: Iterable[tuple[AuditRow, Covered]]) -> Need:
    """Say how much a class needs a place.

    Source: the signed-rank test, Wilcoxon 1945.

    Args:
        guess: index of the class.
        place: number of the place, a corner or an edge.
        covered: pictures with that guess, in which the places of `kind_of` were covered in turn.
    """
    kind = kind_of(place)
    at = kind.index(place)
    rest = [number for number in range(len(kind)) if number != at]
    before, after, others = [], [], []
    right: dict[str, list[bool]] = defaultdict(list)
    for row, each in covered:
        before.append(each.before)
        after.append(each.probabilities[at])
        others.append(float(np.mean([each.probabilities[number] for number in rest])))
        if row.is_known:
            right["before"].append(row.is_right)
            right["after"].append(each.guesses[at] == row.truth)
            right["others"] += [each.guesses[number] == row.truth for number in rest]
    rates = {name: Rate(sum(values), len(values)) for name, values in right.items()}
    return Need(
        guess,
        place,
        len(before),
        float(np.mean(before)),
        float(np.mean(after)),
        float(np.mean(others)),
        _costs_more(np.array(after), np.array(others)),
        rates.get("before", NONE),
        rates.get("after", NONE),
        rates.get("others", NONE),
    )


def _costs_more(after: Values, others: Values) -> float:
    """Return the p-value of the test that `after` is below `others`."""
    gaps = others - after
    if not np.any(gaps):
        return 1.0
    return float(library("scipy.stats").wilcoxon(gaps, alternative="greater").pvalue)
