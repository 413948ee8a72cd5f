"""What an engine gets and what it gives back: one layer of one batch, and weighted channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.explain.base import Tick
from core.explain.cams.smoothing import Maps
from core.explain.shared_pass import SharedPass
from core.models.classifier import Classifier
from core.models.split import Split
from core.requests.maps import Precision
from core.requests.options import Value


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One layer of one batch, as an engine gets it.

    Attributes:
        classifier: the loaded model.
        split: the model cut at the layer.
        batch: float32 (1, 3, h, w), normalised.
        class_index: the explained logit.
        precision: what the engine may use.
        options: a value for every option of the method.
        rng: drives every random number; shared by the layers and variants of one request.
        tick: progress of this task alone, from 0 to 1.
        shared: the picture's part of a pass that was run already; None where there was none.
    """

    classifier: Classifier
    split: Split
    batch: torch.Tensor
    class_index: int
    precision: Precision
    options: Mapping[str, Value]
    rng: np.random.RandomState
    tick: Tick
    shared: SharedPass | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What an engine gives back.

    Attributes:
        maps: (C, gh, gw), every channel times its weight, before they become one map.
        passes: forward passes that it took.
        notes: sentences for the person.
        logits: float32 (1, K) of the batch.
    """

    maps: Maps
    logits: torch.Tensor
    passes: int = 1
    notes: tuple[str, ...] = ()


ROUNDING = {"exact": 1e-5, "fast": 1e-2}
"""Share of the largest logit by which two passes over the same picture differ."""


def changes_nothing(changes: torch.Tensor, logits: torch.Tensor, precision: Precision) -> bool:
    """Tell whether what a score gains or loses is no more than the rounding of the logits.

    Args:
        changes: of the class's score, one per channel.
        logits: (1, K) of the picture.
        precision: of the passes.
    """
    return float(changes.abs().max()) <= ROUNDING[precision] * float(logits.abs().max())


def empty(weighed: Weighed) -> Weighed:
    """Return a result that shows nothing and says why."""
    note = (
        "No channel changes the class's score by more than the rounding of the model's answers: "
        "there is nothing to show."
    )
    return replace(weighed, maps=np.zeros_like(weighed.maps), notes=(note,))


Engine = Callable[[Task], Weighed]
