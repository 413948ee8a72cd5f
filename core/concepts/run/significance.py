"""How surprising a unit's best similarity is, given that the best of many words is taken.

The best of C words is far from 0 for a unit that responds to nothing in particular, so the number
alone says little. Here it is compared with what chance gives under the same choice, and the share
of chance among the labels of a layer is held below `LEVEL`.

No p-value can be below 1 / (draws + 1), and of N units the smallest must be below `LEVEL` / N for
a unit that stands out alone. So the number of draws follows from the number of units: one null
serves all of them. P-values that share their draws are positively dependent on each other, for
which the control of Benjamini and Hochberg is proved (Bates et al. 2023, theorem 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.result.units import LEVEL, Units
from core.concepts.run.pointwise import Pmi, log_likelihood
from core.concepts.run.similarity import SIMILARITIES
from core.explain.base import Tick, no_tick
from core.imports.lazy import library

Values = npt.NDArray[np.float64]

DRAWS = 1000
"""Fewest draws unless a person asks for another number."""
MOST_DRAWS = 200_000
EXCEEDED = 1
"""Draws that may be as high as a unit that stands out alone, and it is labelled all the same."""
WORK = 1e11
"""Terms that all draws may take together: some minutes on two cores."""
_AT_ONCE = 2048
"""Random units that are scored together."""
_SHUFFLED_AT_ONCE = 100


def draws_for(units: int, least: int, terms: float) -> int:
    """Return how many random units a layer is compared with.

    Args:
        units: of the layer.
        least: draws that a person asks for.
        terms: of one draw, as `terms_of` gives them.

    Returns:
        Enough that a unit that stands out alone is labelled, unless that exceeds `MOST_DRAWS` or
        `WORK`; never fewer than `least`.
    """
    enough = math.ceil((1 + EXCEEDED) * units / LEVEL)
    return max(least, min(enough, MOST_DRAWS, int(WORK / max(1.0, terms))))


def together(units: int, draws: int) -> int:
    """Return how many units of a layer must be above all draws before any is labelled."""
    return math.floor(units / ((draws + 1) * LEVEL)) + 1


def best_of_random_probes(
    cosines: Tensor,
    how: Pmi,
    layers: Sequence[tuple[Tensor, int]],
    draws: int = DRAWS,
    seed: int = 0,
    tick: Tick = no_tick,
) -> Values:
    """Score units whose most active probes are drawn at random, and keep each one's best word.

    A drawn unit stands for an average unit of the real layer: what the words have in
    common with the others stays, so one null serves every unit of the layer. It counts in its
    own background as a real one does, else only the drawn ones could pass the bound of ln(units)
    and a word that no unit has would hide all that others have. The draws are shared by the layers.

    Args:
        cosines: float (probes, words).
        how: settings of the similarity.
        layers: for each, float64 (words,) in common as `similarity.score` gives it, and its units.
        draws: random units.
        seed: of the draws; more draws begin with the same ones.
        tick: told the share of the draws.

    Returns:
        float64 (layers, draws), in the units of the similarity.
    """
    rng = np.random.default_rng(seed)
    probes, words = cosines.shape
    count = min(how.top_k, probes)
    best = torch.full((len(layers), draws), -torch.inf, dtype=torch.float64)
    for start in range(0, draws, _AT_ONCE):
        some = slice(start, min(start + _AT_ONCE, draws))
        rows = np.stack(
            [rng.choice(probes, count, replace=False) for _ in range(some.start, some.stop)]
        )
        for part, block in log_likelihood(cosines, torch.from_numpy(rows), how):
            done = some.start + (some.stop - some.start) * part.start / words
            tick(done / draws, f"draw {int(done)} of {draws}")
            for number, (common, units) in enumerate(layers):
                others = common[part] + (math.log(units - 1) if units > 1 else -math.inf)
                background = torch.logaddexp(others.expand_as(block), block) - math.log(units)
                highest = (block - how.lam * background).max(1).values
                best[number, some] = torch.maximum(best[number, some], highest)
    return best.numpy()


def best_of_shuffled_units(
    cosines: Tensor,
    active: Tensor,
    name: str,
    draws: int = DRAWS,
    seed: int = 0,
    tick: Tick = no_tick,
) -> Values:
    """Score units of a layer whose activations are shuffled over the probes; keep the best word.

    For similarities that use the sizes of the activations. The units are taken in turn and their
    draws put together, so for units whose activations are spread in other ways it is approximate.

    Args:
        cosines: float (probes, words).
        active: float (probes, units), without inactive units.
        name: of the similarity.
        draws: shuffled units.
        seed: of the shuffles.
        tick: told the share of the draws.

    Returns:
        float64 (draws,).
    """
    rng = np.random.RandomState(seed)
    best: list[Values] = []
    for start in range(0, draws, _SHUFFLED_AT_ONCE):
        tick(start / draws, f"draw {start} of {draws}")
        stop = min(start + _SHUFFLED_AT_ONCE, draws)
        shuffled = [
            active[torch.from_numpy(rng.permutation(len(active))), draw % active.shape[1]]
            for draw in range(start, stop)
        ]
        similarity = SIMILARITIES[name](cosines, torch.stack(shuffled, 1))
        best.append(similarity.max(1).values.double().numpy())
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


def against(units: Units, null: Values) -> Units:
    """Return units with the p-values and q-values of their best words.

    Args:
        units: of one layer; inactive ones are not tested and get 1.
        null: float64 (draws,), best similarities of random units.

    Source: Benjamini and Hochberg 1995, as adjusted values.
    """
    active = ~units.inactive
    p, q = np.ones(len(units)), np.ones(len(units))
    if active.any():
        p[active] = p_values(units.similarities[active, 0].astype(np.float64), null)
        q[active] = library("scipy.stats").false_discovery_control(p[active])
    return replace(units, p=p, q=q)
