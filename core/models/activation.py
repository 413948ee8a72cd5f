"""From logits to probabilities: the one place that knows how."""

from __future__ import annotations

from torch import Tensor

from core.requests.references import Activation


def probabilities(logits: Tensor, activation: Activation) -> Tensor:
    """Return the probability of each class.

    Args:
        logits: float32 (N, K).
        activation: `softmax` over the classes, or `sigmoid` of each logit by itself.

    Returns:
        float32 (N, K) in [0, 1]; rows of a softmax add up to 1.
    """
    return logits.softmax(1) if activation == "softmax" else logits.sigmoid()
