"""How far Score-CAM's map can still move while some channels are not scored."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

TOLERANCE = 0.02
"""Of the scaled map: from this bound on, `bounded` precision scores no more channels."""
RECENT = 8
"""The last of this many parts of the masks, as many as that, say how high the others can score."""


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """What was scored before the rest could hardly change the map.

    Attributes:
        found: float32 (n,) logits of all channels; anything where one is not scored.
        is_scored: bool (n,).
        passes: masked pictures that were shown.
        recent: how many of the last ones say how high the rest can score.
        within: the bound, in units of the scaled map.
    """

    found: torch.Tensor
    is_scored: torch.Tensor
    passes: int
    recent: int
    within: float

    def notes(self) -> tuple[str, ...]:
        """Say how far the map can be from the exact one, and on what that rests."""
        if self.within == 0:
            return ("All channels were scored: leaving some out could have changed the map.",)
        return (
            f"{int(self.is_scored.sum())} of {len(self.found)} channels were scored, the strongest "
            f"first: the map is within {self.within:.3f} of the exact one, unless one of the rest "
            f"scores higher than each of the last {self.recent}.",
        )


def bound(maps: torch.Tensor, scores: torch.Tensor, scored: torch.Tensor, highest: float) -> float:
    """Return how far the scaled map can be from the one of all channels.

    With weights by softmax the map is a mean of channels. The rest has a share r of all weights,
    which is largest where each of them scores `highest`, and moves the mean by r times the
    distance of the channels' extremes at most; scaling a map by its range makes at most
    4 d / (range - 2 d) of a change d.

    Args:
        maps: float32 (n, gh, gw), the channels.
        scores: float32 (n,) logits; anything where a channel is not scored.
        scored: bool (n,).
        highest: the largest logit that is possible for the rest.

    Returns:
        In units of the scaled map, 0 to 1; infinite where nothing can be said.
    """
    left = int((~scored).sum())
    if left == 0:
        return 0.0
    if not scored.any() or not math.isfinite(highest):
        return math.inf
    found, seen, rest = scores[scored].double(), maps[scored].double(), maps[~scored]
    top = max(float(found.max()), highest)
    weights = (found - top).exp()
    total, most = float(weights.sum()), left * math.exp(highest - top)
    so_far = torch.einsum("k,khw->hw", weights / total, seen)
    high = max(float(rest.max()), float(so_far.max()))
    low = min(float(rest.min()), float(so_far.min()))
    moved = most / (most + total) * (high - low)
    size = float(so_far.clamp(min=0).max() - so_far.clamp(min=0).min()) - 2 * moved
    return 4 * moved / size if size > 0 else math.inf
