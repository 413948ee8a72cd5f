"""What gradient methods share: a function of pictures that captum can differentiate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from core import Heat
from core.errors import UnsupportedLayer
from core.explain.cams.engine import changes_nothing
from core.explain.input_method import Found, InputTask
from core.models.classifier import Classifier

GRAPH_BYTES = 260_000_000
"""What the modules may give in one pass with gradients; most of it is kept until its end."""
ROWS = 4
"""Pictures in one pass at most: more are not faster a picture."""


class Scored:
    """Logits of pictures, told to `tick` and counted; for one call of a method.

    Attributes:
        logits: float32 (1, K) of the first picture of the first pass.
        passes: pictures so far.
    """

    def __init__(self, task: InputTask, total: int = 1) -> None:
        """Remember whom to ask.

        Args:
            task: the model and who is told.
            total: pictures in all.
        """
        self._task = task
        self._total = total
        self.logits = torch.empty(0)
        self.passes = 0

    def __call__(self, batch: Tensor) -> Tensor:
        """Return (N, K) logits of (N, C, h, w) pictures, differentiable for them."""
        share = min(1.0, self.passes / self._total)
        self._task.tick(share, f"picture {self.passes} of {self._total}")
        logits = self._task.classifier.scores(batch)
        if not self.passes:
            self.logits = logits[:1].detach()
        self.passes += len(batch)
        return logits


def rows_at_once(classifier: Classifier) -> int:
    """Return how many pictures go through the model in one pass with gradients."""
    return max(1, min(ROWS, GRAPH_BYTES // max(1, classifier.pass_bytes)))


@contextmanager
def differentiating(to: str = "picture") -> Iterator[None]:
    """Say in words where a model lets no gradient through.

    Args:
        to: how far the gradient must come.

    Raises:
        UnsupportedLayer: its code detaches values or writes over what a gradient needs.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnsupportedLayer(
            f"No gradient passes from the logits back to the {to} ({reason:.80}): pick a method "
            "without gradients, such as LIME."
        ) from error


def strongest(gradient: Tensor) -> Heat:
    """Return the largest absolute value over the colours.

    Args:
        gradient: (1, C, h, w).

    Returns:
        float32 (h, w), not negative.

    Source: Simonyan, Vedaldi and Zisserman 2014, section 3.1.
    """
    heat: Heat = gradient.detach()[0].abs().amax(dim=0).float().cpu().numpy()
    return heat


def summed(attribution: Tensor) -> Heat:
    """Return the sum over the colours, float32 (h, w), of (1, C, h, w)."""
    heat: Heat = attribution.detach()[0].sum(dim=0).float().cpu().numpy()
    return heat


def unless_rounding(found: Found, worth: Tensor) -> Found:
    """Return a map, empty where what it tells of is no more than the rounding of the logits.

    Args:
        found: the map.
        worth: by how much the score would change to first order: a scalar, not negative.
    """
    if not float(worth) or not changes_nothing(worth, found.logits, "exact"):
        return found
    note = (
        "No pixel changes the class's score by more than the rounding of the model's answers: "
        "there is nothing to show."
    )
    return Found(np.zeros_like(found.heat), found.logits, found.passes, (note,))
