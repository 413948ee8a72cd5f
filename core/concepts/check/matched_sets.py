"""Random sets of as many channels with as much activation: what chance is for a concept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.explain.base import Tick, no_tick

Activations = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SETS = 50
"""Random sets that are wanted."""
FEWEST = 20
"""Sets below which no interval is given."""
TOLERANCES = (0.05, 0.1, 0.2)
"""How far a set's total activation may be off, as a share; the first that gives enough sets."""
TRIES = 4
"""Draws for each wanted set: few sets that fit are drawn again and again."""
HOPELESS = 5
"""Draws without a single set after which a tolerance is given up."""
GUESSES = 4
"""Places that are looked at before all free ones are listed."""
SWEEPS = 40
"""Rounds in which a set that does not fit yet is changed before it is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSets:
    """Sets of channels that are like one set in number and in total activation.

    Attributes:
        sets: int64 (n, k), the channels of each set, rising; all differ. n is 0 where fewer than
            `FEWEST` were found.
        tolerance: share by which their total activation may be off.
        reason: one sentence where n is 0, else empty.
    """

    sets: Places = field(default_factory=lambda: np.empty((0, 0), np.int64))
    tolerance: float = 0.0
    reason: str = ""


def matched_sets(
    activation: Activations,
    channels: Sequence[int],
    seed: int,
    count: int = SETS,
    tick: Tick = no_tick,
) -> MatchedSets:
    """Draw random sets of other channels, as many and with the same total activation.

    A set starts as k different channels drawn evenly from those outside `channels`. Then one
    channel after the other is drawn again, evenly among the free ones with which the total lies
    within the tolerance of that of `channels`; where there is none, among the free ones with which
    it comes nearer to it. The set is done after a round in which the total fitted at every
    channel. Such rounds are Gibbs sampling: their limit is the even distribution over all sets
    that fit. The tolerance is 5 %, and 10 or 20 % only where a smaller one does not give `count`
    different sets.

    Args:
        activation: float64 (C,), of each channel, 0 or more.
        channels: the k channels of the concept, one at least, all different.
        seed: drives every draw.
        count: sets that are wanted.
        tick: told the share done; may raise to stop.
    """
    size, target = len(channels), math.fsum(activation[list(channels)].tolist())
    others = np.setdiff1d(np.arange(len(activation)), channels)
    if target <= 0:
        return MatchedSets(reason="They are silent for this picture, and so is any set like them.")
    if len(others) < size:
        return MatchedSets(reason=_too_few(len(others), size))
    order = others[np.argsort(activation[others], kind="stable")]
    values = activation[order]
    ends = float(values[:size].sum()), float(values[-size:].sum())
    rng = np.random.default_rng(seed)
    found: set[tuple[int, ...]] = set()
    tolerance = TOLERANCES[0]
    for tolerance in TOLERANCES:
        limits = target * (1 - tolerance), target * (1 + tolerance)
        if ends[1] < limits[0] or ends[0] > limits[1]:
            continue
        found = set()
        for number in range(TRIES * count):
            tick(len(found) / count, f"random set {len(found) + 1} of {count}")
            places = _drawn(values, size, limits, rng)
            if places is None and number >= HOPELESS and not found:
                break
            found |= {tuple(sorted(order[places].tolist()))} if places is not None else set()
            if len(found) == count:
                return MatchedSets(_rows(found), tolerance)
    if len(found) < FEWEST:
        return MatchedSets(reason=_none(size, target, ends, len(found)))
    return MatchedSets(_rows(found), tolerance)


def _drawn(
    values: Activations, size: int, limits: tuple[float, float], rng: np.random.Generator
) -> Places | None:
    """Draw one set that fits, or None where that does not come about.

    Args:
        values: float64 (n,), rising.
        size: of the set.
        limits: of its total.
        rng: drives the draws.

    Returns:
        int64 (size,), places in `values`.
    """
    places = rng.choice(len(values), size, replace=False)
    free = np.ones(len(values), np.bool_)
    free[places] = False
    middle = sum(limits) / 2
    for _ in range(SWEEPS):
        fitted, total = True, float(values[places].sum())
        for at in range(size):
            old = int(places[at])
            free[old] = True
            rest = total - float(values[old])
            new = _free_place(values, free, (limits[0] - rest, limits[1] - rest), rng)
            if new is None:
                fitted = False
                wanted, off = middle - rest, abs(middle - total)
                new = _free_place(values, free, (wanted - off, wanted + off), rng)
            places[at] = old if new is None else new
            free[places[at]] = False
            total = rest + float(values[places[at]])
        if fitted:
            return places
    return None


def _free_place(
    values: Activations,
    free: npt.NDArray[np.bool_],
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> int | None:
    """Draw evenly one of the free places whose values lie within limits; None without any.

    Args:
        values: float64 (n,), rising.
        free: bool (n,).
        limits: lowest and highest value.
        rng: drives the draw.
    """
    first = int(np.searchsorted(values, limits[0], "left"))
    last = int(np.searchsorted(values, limits[1], "right"))
    if first >= last:
        return None
    for at in rng.integers(first, last, GUESSES):  # most places are free: one is soon found
        if free[at]:
            return int(at)
    places = np.flatnonzero(free[first:last])
    return first + int(places[rng.integers(len(places))]) if len(places) else None


def _rows(found: set[tuple[int, ...]]) -> Places:
    return np.array(sorted(found), np.int64)


def _too_few(others: int, size: int) -> str:
    if not others:
        return "The layer has no other channels to compare with."
    only = "one other channel" if others == 1 else f"{others} other channels"
    return f"The layer has only {only}: no set of {size} can be drawn."


def _none(size: int, target: float, ends: tuple[float, float], found: int) -> str:
    """Say why there are no sets of `size` channels whose total is about `target`."""
    largest = TOLERANCES[-1]
    if ends[1] < target * (1 - largest):
        share = f"{100 * ends[1] / target:.0f} % of that"
        if size == 1:
            return f"No other channel is as active: the most active reaches {share}."
        return f"No {_channels(size)} are as active: the most active reach {share}."
    if ends[0] > target * (1 + largest):
        return f"Any {_channels(size)} {'are' if size > 1 else 'is'} more active."
    what = f"sets of {_channels(size)}" if size > 1 else f"other channel{'s' * (found != 1)}"
    verb = "has" if found == 1 else "have"
    return (
        f"Only {found} {what} {verb} as much activation (within {100 * largest:.0f} %): too few "
        "for an interval."
    )


def _channels(count: int) -> str:
    return "other channel" if count == 1 else f"{count} other channels"
