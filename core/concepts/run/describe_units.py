"""From a layer's activations and similarities to what is kept about its units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.result.units import BINS, Floats, Ints, Units
from core.concepts.run.activations import LayerActivations
from core.concepts.run.tables import inactive, most_active
from core.models.readout import Tap


def describe(
    tap: Tap,
    activations: LayerActivations,
    similarity: Tensor,
    numbers: npt.NDArray[np.int64],
    *,
    top_words: int,
    top_probes: int,
    bound: float,
) -> Units:
    """Gather what is kept about a layer's units; p and q are 1 until chance is known.

    Args:
        tap: the layer.
        activations: for the pictures that could be decoded.
        similarity: float32 (units, words).
        numbers: int64 (pictures,), their indices in the probe set.
        top_words: words that are kept of each unit.
        top_probes: pictures that are kept of each unit.
        bound: as in `Units`.
    """
    values = torch.nan_to_num(activations.values, nan=0.0, posinf=0.0, neginf=0.0)
    count = min(top_words, similarity.shape[1])
    best, words = similarity.topk(min(count + 1, similarity.shape[1]), dim=1)
    margins = torch.full((len(best), count), torch.nan)
    steps = best[:, :-1] - best[:, 1:]
    margins[:, : steps.shape[1]] = steps[:, :count]
    rows = most_active(values, min(top_probes, len(values)))
    columns = torch.arange(values.shape[1])[:, None]
    histogram, lows, highs = _histogram(values)
    unknown = np.ones(values.shape[1])
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
        inactive=inactive(activations.values).numpy(),
        means=values.mean(0).numpy(),
        probes=numbers[rows.numpy()].astype(np.int32),
        activations=values[rows, columns].numpy(),
        positions=activations.positions[rows.numpy(), columns.numpy()],
        histogram=histogram,
        lows=lows,
        highs=highs,
    )


def _histogram(values: Tensor) -> tuple[Ints, Floats, Floats]:
    """Count the activations of each unit in `BINS` steps from its smallest to its largest."""
    lows, highs = values.min(0).values, values.max(0).values
    width = (highs - lows).clamp_min(1e-30)
    counts = torch.zeros(values.shape[1], BINS, dtype=torch.int32)
    for unit in range(values.shape[1]):
        steps = ((values[:, unit] - lows[unit]) / width[unit] * BINS).long().clamp(0, BINS - 1)
        counts[unit] = torch.bincount(steps, minlength=BINS).int()
    return counts.numpy(), lows.numpy(), highs.numpy()
