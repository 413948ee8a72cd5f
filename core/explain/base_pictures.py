"""What stands in the place of removed pixels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from core.imports.lazy import library
from core.models.classifier import Classifier

BLUR_SIDE = 11
BLUR_SIGMA = 5


def base_picture(classifier: Classifier, batch: Tensor, name: str) -> Tensor:
    """Return a picture with everything removed.

    Args:
        classifier: knows the colours.
        batch: float32 (1, C, h, w), normalised.
        name: one of `core.requests.measures.BASES`.

    Returns:
        float32 (1, C, h, w), normalised.
    """
    if name == "mean":
        return torch.zeros_like(batch)
    if name == "black":
        return classifier.normalise(torch.zeros(1, 3, *batch.shape[-2:]))
    return blurred(batch)


def blurred(batch: Tensor) -> Tensor:
    """Blur a batch as RISE does: its kernel, and the model's mean colour outside the picture.

    Args:
        batch: float32 (1, C, h, w), normalised.

    Source: Petsiuk et al. 2018; the kernel is a Gaussian of sigma 5 that the edge of its 11 x 11
    pixels reflects, which makes it flatter.
    """
    spike = np.zeros((BLUR_SIDE, BLUR_SIDE))
    spike[BLUR_SIDE // 2, BLUR_SIDE // 2] = 1
    kernel = library("scipy.ndimage").gaussian_filter(spike, BLUR_SIGMA)
    channels = batch.shape[1]
    weights = torch.from_numpy(kernel.astype(np.float32)).to(batch.device)
    weights = weights.expand(channels, 1, BLUR_SIDE, BLUR_SIDE)
    return conv2d(batch, weights, padding=BLUR_SIDE // 2, groups=channels)
