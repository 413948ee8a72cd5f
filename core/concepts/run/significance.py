"""How surprising a unit's best similarity is, given that the best of many words is taken.

The best of C words is far from 0 for a unit that answers to nothing in particular, so the number
alone says little. Here it is compared with what chance gives under the same choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.run.similarity import SIMILARITIES, Pmi, log_likelihood
from core.explain.base import Tick, no_tick

Values = npt.NDArray[np.float64]

DRAWS = 1000
LEVEL = 0.05
"""A unit is labelled where its q-value is below this and it is not dead."""
_AT_ONCE = 100
"""Shuffled units that are scored together."""


def best_of_random_probes(
    cosines: Tensor,
    how: Pmi,
    layers: Sequence[tuple[Tensor, int]],
    draws: int = DRAWS,
    seed: int = 0,
    tick: Tick = no_tick,
) -> Values:
    """Score units whose most active probes are drawn at random, and keep each one's best word.

    A drawn unit stands in the place of an average unit of the real layer: what the words have in
    common with the others stays, so one null serves every unit of the layer. It counts in its
    own background as a real one does, else only the drawn ones could pass the bound of ln(units)
    and a word that no unit has would hide all that others have. The draws are shared by the layers.

    Args:
        cosines: float (probes, words).
        how: settings of the similarity.
        layers: for each, float64 (words,) in common as `similarity.scored` gives it, and its units.
        draws: random units.
        seed: of the draws.
        tick: told the share of the words.

    Returns:
        float64 (layers, draws), in the units of the similarity.
    """
    rng = np.random.RandomState(seed)
    count = min(how.top_k, len(cosines))
    rows = np.stack([rng.permutation(len(cosines))[:count] for _ in range(draws)])
    best = torch.full((len(layers), draws), -torch.inf, dtype=torch.float64)
    for part, block in log_likelihood(cosines, torch.from_numpy(rows), how):
        tick(part.start / cosines.shape[1], "")
        for number, (common, units) in enumerate(layers):
            others = common[part] + (math.log(units - 1) if units > 1 else -math.inf)
            background = torch.logaddexp(others.expand_as(block), block) - math.log(units)
            most = (block - how.lam * background).max(1).values
            best[number] = torch.maximum(best[number], most)
    return best.numpy()


def best_of_shuffled_units(
    cosines: Tensor,
    active: Tensor,
    name: str,
    draws: int = DRAWS,
    seed: int = 0,
    tick: Tick = no_tick,
) -> Values:
    """Score units of a layer whose answers are shuffled over the probes; keep the best word.

    For similarities that use the sizes of the answers. The units are taken in turn and their
    draws put together, so for units whose answers are spread in other ways it is approximate.

    Args:
        cosines: float (probes, words).
        active: float (probes, units), of the units that are not dead.
        name: of the similarity.
        draws: shuffled units.
        seed: of the shuffles.
        tick: told the share of the draws.

    Returns:
        float64 (draws,).
    """
    rng = np.random.RandomState(seed)
    best: list[Values] = []
    for start in range(0, draws, _AT_ONCE):
        tick(start / draws, "chance")
        units = [unit % active.shape[1] for unit in range(start, min(start + _AT_ONCE, draws))]
        shuffled = [active[torch.from_numpy(rng.permutation(len(active))), n] for n in units]
        found = SIMILARITIES[name](cosines, torch.stack(shuffled, 1))
        best.append(found.max(1).values.double().numpy())
    return np.concatenate(best)


def p_values(observed: Values, null: Values) -> Values:
    """Return the share of chance's scores that are as high as each observed one.

    The observed one counts as a draw too, so that no p-value is 0 (Phipson and Smyth 2010).

    Args:
        observed: float64 (units,).
        null: float64 (draws,).

    Returns:
        float64 (units,) in (0, 1].
    """
    ordered = np.sort(null)
    as_high = len(ordered) - np.searchsorted(ordered, observed, side="left")
    return np.asarray((1 + as_high) / (1 + len(ordered)), dtype=np.float64)


def q_values(p: Values) -> Values:
    """Return the smallest false discovery rate at which each unit is still taken.

    Args:
        p: float64 (units,), p-values of units that are tested together.

    Returns:
        float64 (units,) in (0, 1].

    Source: Benjamini and Hochberg 1995, as adjusted values.
    """
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    least = np.minimum.accumulate(ranked[::-1])[::-1]
    found = np.empty(len(p))
    found[order] = np.minimum(least, 1.0)
    return found
