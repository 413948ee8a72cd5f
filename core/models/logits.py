"""Networks that give an object or a dictionary, made to give their logits alone."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def gives_logits_inside(result: object) -> bool:
    """Tell whether a network's output is an object or a dictionary with its logits."""
    if isinstance(result, Tensor):
        return False
    return hasattr(result, "logits") or (isinstance(result, dict) and "logits" in result)


def giving_logits(net: nn.Module, *, swapped: bool = False) -> nn.Module:
    """Make a network take pictures alone and give logits alone.

    The network's class is exchanged for one below it, so that its layers keep their paths.

    Args:
        net: of transformers; belongs to the caller.
        swapped: whether it wants blue, green, red.

    Returns:
        `net` itself.
    """
    kind: Any = type(net)

    class GivingLogits(kind):  # type: ignore[misc]
        """The same network with another `forward`."""

        def forward(self, pictures: Tensor) -> Tensor:
            """Return (N, K) logits of (N, 3, h, w) pictures."""
            given = pictures.flip(1) if swapped else pictures
            result = super().forward(given)
            logits: Tensor = result["logits"] if isinstance(result, dict) else result.logits
            return logits

    GivingLogits.__name__ = kind.__name__
    net.__class__ = GivingLogits
    return net
