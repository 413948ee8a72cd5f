"""Pictures with everything removed, and what a model says of them."""

from __future__ import annotations

from torch import Tensor

from core.explain.base_pictures import base_picture
from core.measure.single.trial import Scores, Trial


def base_of(trial: Trial, name: str) -> Tensor:
    """Return the picture with everything removed, float32 (1, C, h, w), normalised.

    Args:
        trial: of the picture.
        name: one of `BASES`.
    """
    return trial.once(
        lambda: base_picture(trial.classifier, trial.prepared.batch, name), "base", name
    )


def base_scores(trial: Trial, name: str) -> Scores:
    """Return what the model says of the picture with everything removed, one row."""
    return trial.once(
        lambda: trial.scores(1, lambda start, stop: base_of(trial, name)), "base scores", name
    )
