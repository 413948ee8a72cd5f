"""How often CLIP-Dissect finds the words that units are known to stand for, beside a control.

The units are those of the embedded classifier's last layer, which stand for its classes; in the
control the pictures are shuffled, so that only chance is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from core.concepts.encoders.encoder import Matrix
from core.concepts.run.similarity import soft_wpmi
from core.models.load import load
from tools.captions import HOLDS, Table
from tools.lessons import Labels, Pixels

SHUFFLES = 10
"""Controls whose mean is told."""
SEED = 99_999


def shuffled(count: int) -> list[npt.NDArray[np.int64]]:
    """Return the controls' orders of `count` pictures."""
    return [np.random.default_rng(SEED + turn).permutation(count) for turn in range(SHUFFLES)]


def hits(scores: Matrix, truth: Labels) -> tuple[float, float]:
    """Return how often the true column is the highest, or one of the five highest, in [0, 1].

    Args:
        scores: float32 (rows, columns).
        truth: int64 (rows,).
    """
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :5] == truth[:, None]
    return float(ranked[:, 0].mean()), float(ranked.any(1).mean())


def recovery(scores: Matrix, activations: Matrix, truth: Labels) -> dict[str, float]:
    """Measure how often CLIP-Dissect (soft WPMI) gives a unit the word that it stands for.

    Args:
        scores: float32 (pictures, words), the encoder's.
        activations: float32 (pictures, units).
        truth: int64 (units,), the word of each unit.
    """
    P, A = torch.from_numpy(scores), torch.from_numpy(activations)  # noqa: N806
    control = [
        hits(soft_wpmi(P[torch.from_numpy(order)], A).numpy(), truth)
        for order in shuffled(len(scores))
    ]
    return beside(hits(soft_wpmi(P, A).numpy(), truth), np.mean(control, axis=0))


def share_true(scores: Matrix, activations: Matrix, holds: Table) -> dict[str, float]:
    """Measure how often the first word holds for the unit's class: its name or a broader word.

    Args:
        scores: float32 (pictures, words).
        activations: float32 (pictures, units).
        holds: int8 (units, words).
    """
    P, A = torch.from_numpy(scores), torch.from_numpy(activations)  # noqa: N806
    units = np.arange(len(holds))

    def right(order: npt.NDArray[np.int64]) -> float:
        first = soft_wpmi(P[torch.from_numpy(order)], A).argmax(1).numpy()
        return float((holds[units, first] == HOLDS).mean())

    control = np.mean([right(order) for order in shuffled(len(scores))])
    same = np.arange(len(scores))
    return {"first_holds": round(right(same), 4), "control_first_holds": round(float(control), 4)}


def last_layer(pictures: Pixels) -> Matrix:
    """Return the embedded classifier's logits of whole pictures, float32 (pictures, classes)."""
    classifier = load("embedded", torch.device("cpu"))
    parts = []
    for start in range(0, len(pictures), 100):
        rows = torch.from_numpy(np.array(pictures[start : start + 100]))
        rgb = rows.permute(0, 3, 1, 2).float() / 255
        parts.append(classifier.logits(classifier.normalise(rgb)).numpy())
    return np.concatenate(parts)


def beside(found: tuple[float, float], control: npt.NDArray[np.floating]) -> dict[str, float]:
    """Put the shares of top-1 and top-5 beside those of the control."""
    both = (*found, *(float(value) for value in control))
    keys = ("top1", "top5", "control_top1", "control_top5")
    return {key: round(value, 4) for key, value in zip(keys, both, strict=True)}
