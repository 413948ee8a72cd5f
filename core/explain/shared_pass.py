"""What a picture has of a pass that was run for several pictures at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch


@dataclass(frozen=True, slots=True, eq=False)
class SharedPass:
    """One picture's part of a pass.

    Attributes:
        logits: float32 (1, K).
        maps: the activation at the layer, float32 (C, gh, gw).
        gradients: of the logit of each class that was asked for, float32 (C, gh, gw); empty where
            no gradient passes.
        seconds: its share of the time.
    """

    logits: torch.Tensor
    maps: npt.NDArray[np.float32]
    gradients: Mapping[int, npt.NDArray[np.float32]] = field(default_factory=dict)
    seconds: float = 0.0
