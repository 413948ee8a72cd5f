"""Coalitions for KernelSHAP: which superpixels each sample shows, and what the sample counts.

Pairs of a coalition and its complement arrive as a Poisson process whose rates are the Shapley
kernel; a pair that was there before is passed over, so no pass is spent twice. The first n pairs
are then a sample without replacement, and a pair of rate r has arrived by the time t of the next
one with probability 1 - exp(-r t): divided by it, the kernel is unbiased, as in any sample with
known odds (Horvitz and Thompson 1952; Cohen and Kaplan 2007). Once every coalition is there the
odds are 1 and the weights are the kernel itself, which gives Shapley values without any error.
"""

from __future__ import annotations

import math

import numpy as np

from core.explain.perturb.composition import Rows
from core.explain.superpixel_weights import Vector

_BLOCK = 256
"""Pairs that are drawn together."""


def coalitions_of(seed: int, count: int, superpixels: int) -> tuple[Rows, Vector]:
    """Return the first coalitions with their weights.

    Args:
        seed: of the draws.
        count: rows; no more than `most_coalitions` are there.
        superpixels: players, two at least.

    Returns:
        Rows uint8 (N, superpixels), first all shown, then all hidden, then each drawn coalition
        followed by its complement; a larger count begins with the same rows. Weights float64 (N,)
        of the least squares; 0 for the first two, which are met exactly, and for a coalition
        without its complement.

    Source: Lundberg and Lee 2017, theorem 2, for the kernel (M - 1) / (C(M, s) s (M - s)); Covert
        and Lee 2021 for complements.
    """
    count = min(count, most_coalitions(superpixels))
    pairs = count // 2 - 1
    drawn, times = _pairs(seed, -(-count // 2), superpixels)
    after = times[pairs] if pairs < len(times) else math.inf
    ends = np.zeros((2, superpixels), bool)
    ends[0] = True
    both = np.stack([drawn, ~drawn], 1).reshape(-1, superpixels)
    rows: Rows = np.concatenate([ends, both])[:count].astype(np.uint8)
    weights = np.zeros(count)
    if pairs > 0:
        rates = pair_rates(superpixels)[drawn[:pairs].sum(1)]
        weights[2 : 2 + 2 * pairs] = np.repeat(_weights(rates, after), 2)
    return rows, weights


def most_coalitions(superpixels: int) -> int:
    """Return how many different coalitions there are."""
    return 1 << superpixels


def pair_rates(superpixels: int) -> Vector:
    """Return how often a coalition of each size, or its complement, is drawn; float64 (M + 1,).

    The rates of all pairs add up to 1; both ends are 0.
    """
    every = superpixels
    sizes = np.arange(1, every)
    shares = 1 / (sizes * (every - sizes))
    ways = [math.lgamma(every + 1) - math.lgamma(s + 1) - math.lgamma(every - s + 1) for s in sizes]
    rates = np.zeros(every + 1)
    rates[1:-1] = 2 * shares / shares.sum() * np.exp(-np.array(ways))
    return rates


def _pairs(seed: int, count: int, superpixels: int) -> tuple[np.ndarray, Vector]:
    """Draw different pairs.

    Returns:
        bool (N, superpixels), one coalition of each pair, and float64 (N,), when it arrived; N is
        `count`, or as many as there are.
    """
    wanted = min(count, most_coalitions(superpixels) // 2 - 1)
    sizes = np.arange(1, superpixels)
    shares = 1 / (sizes * (superpixels - sizes))
    rng, now = np.random.RandomState(seed), 0.0
    seen: set[bytes] = set()
    found: list[np.ndarray] = []
    times: list[float] = []
    while len(found) < wanted:
        counts = rng.choice(sizes, _BLOCK, p=shares / shares.sum())
        places = rng.random_sample((_BLOCK, superpixels)).argsort(1).argsort(1)
        block = places < counts[:, None]
        # The superpixel 0 is hidden in one coalition of each pair, which stands for both.
        names = np.packbits(block ^ block[:, :1], axis=1)
        arrivals = now + rng.exponential(size=_BLOCK).cumsum()
        now = float(arrivals[-1])
        for row, name, arrival in zip(block, names, arrivals, strict=True):
            if (key := name.tobytes()) not in seen:
                seen.add(key)
                found.append(row)
                times.append(float(arrival))
    drawn = np.array(found[:wanted], bool).reshape(-1, superpixels)
    return drawn, np.array(times[:wanted])


def _weights(rates: Vector, after: float) -> Vector:
    """Return rates over the odds of having arrived before a time."""
    if math.isinf(after):
        return rates
    odds = -np.expm1(-rates * after)
    few = rates * after < 1e-9  # also where a rate is too small for a number: the limit
    weights: Vector = np.where(few, 1 / after, rates / np.where(few, 1, odds))
    return weights
