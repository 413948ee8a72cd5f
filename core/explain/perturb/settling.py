"""When there are samples enough: the outlined superpixels and their order change no more.

Weights are fitted again to samples that are drawn from the kept ones; no pass is made. Whether
one superpixel outweighs another is read off the differences of their weights, which vary less than
the weights themselves where both depend on the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from core.explain.superpixel_weights import LinearFit, Vector
from core.requests.maps import MOST_SAMPLES, Outline

FIRST = 100
"""Samples before the first look."""
GROWTH = 1.5
"""From one look to the next."""
FEWEST = 2
"""Samples for each superpixel below which nothing can be settled."""
DRAWS = 100
EQUAL = 0.1
"""Share of the largest weight below which the order of two outlined superpixels does not matter."""
_ALONE = {"balanced": 1, "shapley": 2}
"""Samples before the first pair, by sampling."""
LOW, HIGH = 2.5, 97.5
"""Percentiles of a 95 % interval."""


def looks() -> Iterator[int]:
    """Yield how many samples there are at each look: round numbers, so that batches are full."""
    count = float(FIRST)
    while count < MOST_SAMPLES:
        yield math.ceil(count / 10) * 10
        count *= GROWTH
    yield MOST_SAMPLES


def times_drawn(count: int, sampling: str, seed: int) -> Iterator[Vector]:
    """Yield how often each sample is drawn, float64 (count,), `DRAWS` times.

    Samples that were made with their complements are drawn with them; those that stand alone
    before the first pair are there once.

    Args:
        count: samples.
        sampling: how they were made.
        seed: of the draws.
    """
    rng, alone = np.random.default_rng(seed), _ALONE.get(sampling, 0)
    units, each = ((count - alone) // 2, 2) if alone else (count, 1)
    for _ in range(DRAWS):
        drawn = np.repeat(rng.multinomial(units, np.full(units, 1 / units)), each)
        times: Vector = np.concatenate([np.ones(alone), drawn])
        yield np.pad(times, (0, count - len(times)))


def is_settled(linear: LinearFit, outline: Outline, redraw: Callable[[], Vector]) -> bool:
    """Return whether more samples would outline the same superpixels in the same order.

    Every outlined superpixel must outweigh every other one, and the threshold, in 95 % of the
    draws' middle; two neighbours among the outlined ones must too, or be nearly equal.

    Args:
        linear: the fit of all samples.
        outline: what is outlined.
        redraw: gives the weights of each draw, float64 (draws, superpixels).
    """
    chosen = linear.top(outline.superpixels, outline.sign, outline.min_weight)
    if not linear.weights.any():
        return True  # nothing in the picture counts
    if not chosen or linear.samples < FEWEST * len(linear.weights):
        return False
    weights = redraw()
    scores = {"positive": weights, "negative": -weights}.get(outline.sign, np.abs(weights))
    rest = np.setdiff1d(np.arange(weights.shape[1]), chosen)
    leading = scores[:, chosen]
    if outline.sign != "any" and (_low(leading) <= outline.min_weight).any():
        return False
    if any((_low(leading - scores[:, [other]]) <= 0).any() for other in rest):
        return False
    steps = leading[:, :-1] - leading[:, 1:]
    nearly = EQUAL * float(np.abs(linear.weights).max())
    apart = (_low(steps) > 0) | (np.percentile(steps, HIGH, axis=0) < nearly)
    return bool(apart.all())


def _low(values: Vector) -> Vector:
    """Return the lower end of the interval of each column."""
    low: Vector = np.percentile(values, LOW, axis=0)
    return low


def reason(samples: int, most: int, *, settled: bool) -> str:
    """Return why no more samples were taken, for a person."""
    if settled:
        return (
            f"{samples:,} samples were enough: the outlined superpixels and their order are "
            "settled."
        )
    if samples >= most:
        return f"All {samples:,} combinations were tried: there is nothing to add."
    return (
        f"The outlined superpixels or their order are not settled after {samples:,} samples, the "
        "most that are taken: larger or fewer superpixels settle sooner."
    )
