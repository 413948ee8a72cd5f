"""What an engine gets and what it gives back: one layer of one batch, and weighted channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from core.explain.base import Tick
from core.explain.cams.smoothing import Maps
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
    """

    classifier: Classifier
    split: Split
    batch: torch.Tensor
    class_index: int
    precision: Precision
    options: Mapping[str, Value]
    rng: np.random.RandomState
    tick: Tick


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


Engine = Callable[[Task], Weighed]
