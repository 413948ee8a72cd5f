"""What was found out about the units of one layer, as arrays, and about a single one, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.run.activations import Answers
from core.concepts.run.significance import LEVEL, q_values
from core.concepts.run.similarity import dead, most_active
from core.models.readout import Tap

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS = 32
"""Bars of the histogram of a unit's answers."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """All units of one layer.

    Attributes:
        layer: dotted module path.
        kind: the module's class.
        grid: (rows, columns) of the layer's places; (0, 0) without places.
        words: int32 (units, T), places of the best words in the word list, the best first.
        similarities: float32 (units, T) of those words.
        margins: float32 (units, T), how far each is above the next word; NaN for the last of all.
        bound: the largest possible similarity, ln(units) for soft_wpmi; NaN where there is none.
        p: float64 (units,), how often chance gives as high a similarity; 1 for dead units.
        q: float64 (units,), the same with regard to all units of the layer; 1 for dead units.
        dead: bool (units,), constant or nearly always silent, so that nothing describes them.
        means: float32 (units,), mean answer over all probes.
        probes: int32 (units, K), places of the strongest probes in their set.
        activations: float32 (units, K) of those probes.
        places: int32 (units, K), row * columns + column of the strongest answer in the layer's
            grid; -1 without places.
        histogram: int32 (units, BINS), probes by answer, from `lows` to `highs`.
        lows, highs: float32 (units,), the smallest and the largest answer.
    """

    layer: str
    kind: str
    grid: tuple[int, int]
    words: Ints
    similarities: Floats
    margins: Floats
    bound: float
    p: Values
    q: Values
    dead: Flags
    means: Floats
    probes: Ints
    activations: Floats
    places: Ints
    histogram: Ints
    lows: Floats
    highs: Floats

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.words)

    @property
    def labelled(self) -> Flags:
        """Which units a word describes better than chance (q < `LEVEL`), dead ones apart."""
        return np.asarray((self.q < LEVEL) & ~self.dead)

    @property
    def relative(self) -> Floats:
        """Best similarity as a share of the largest possible; NaN where there is no such."""
        return np.asarray(self.similarities[:, 0] / np.float32(self.bound or math.nan))

    def with_chance(self, p: Values) -> Units:
        """Return the same with p-values, float64 (units,), and the q-values that follow."""
        p = np.where(self.dead, 1.0, p)
        q = np.ones_like(p)
        if not self.dead.all():
            q[~self.dead] = q_values(p[~self.dead])
        return replace(self, p=p, q=q)


def describe(
    tap: Tap,
    answers: Answers,
    similarity: Tensor,
    numbers: npt.NDArray[np.int64],
    *,
    top_words: int,
    top_probes: int,
    bound: float,
) -> Units:
    """Gather what is told of a layer's units; without p-values, which `with_chance` adds.

    Args:
        tap: the layer.
        answers: to the pictures that could be decoded.
        similarity: float32 (units, words).
        numbers: int64 (pictures,), their places in the probe set.
        top_words: words that are kept of each unit.
        top_probes: pictures that are kept of each unit.
        bound: as in `Units`.
    """
    values = answers.values
    alive = torch.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    count = min(top_words, similarity.shape[1])
    best, words = similarity.topk(min(count + 1, similarity.shape[1]), dim=1)
    margins = torch.full((len(best), count), torch.nan)
    steps = best[:, :-1] - best[:, 1:]
    margins[:, : steps.shape[1]] = steps[:, :count]
    rows = most_active(alive, min(top_probes, len(alive)))
    columns = torch.arange(alive.shape[1])[:, None]
    histogram, lows, highs = _histogram(alive)
    unknown = np.ones(alive.shape[1])
    return Units(
        layer=tap.path,
        kind=tap.kind,
        grid=tap.grid,
        words=words[:, :count].numpy().astype(np.int32),
        similarities=best[:, :count].float().numpy().copy(),
        margins=margins.numpy(),
        bound=bound,
        p=unknown,
        q=unknown,
        dead=dead(values).numpy(),
        means=alive.mean(0).numpy(),
        probes=numbers[rows.numpy()].astype(np.int32),
        activations=alive[rows, columns].numpy(),
        places=answers.places[rows.numpy(), columns.numpy()],
        histogram=histogram,
        lows=lows,
        highs=highs,
    )


def _histogram(values: Tensor) -> tuple[Ints, Floats, Floats]:
    """Count the answers of each unit in `BINS` steps from its smallest to its largest."""
    lows, highs = values.min(0).values, values.max(0).values
    width = (highs - lows).clamp_min(1e-30)
    counts = torch.zeros(values.shape[1], BINS, dtype=torch.int32)
    for unit in range(values.shape[1]):
        steps = ((values[:, unit] - lows[unit]) / width[unit] * BINS).long().clamp(0, BINS - 1)
        counts[unit] = torch.bincount(steps, minlength=BINS).int()
    return counts.numpy(), lows.numpy(), highs.numpy()
