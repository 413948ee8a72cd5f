"""A detector of the mark, in units of the default model that are hardly used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from timm.models.efficientnet import EfficientNet

HEADS, GAIN = 16, 8.0
"""Units of the last layer that detect the mark, and the weight that each has for its class."""
SOME = 400
"""Views on which it is measured how much a unit is used."""


def detector(features: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a logistic regression that tells places with the mark from all others.

    Args:
        features: float32 (N, C, h, w), what the frozen trunk gives.
        place: int64 (N,), the index of the place of the mark among h * w, -1 for none.

    Returns:
        Weights float32 (C,) and bias float32 () on the features of a place.
    """
    places = features.flatten(2).transpose(1, 2)
    marked = functional.one_hot(place + 1, places.shape[1] + 1)[:, 1:].flatten().float()
    places = places.flatten(0, 1)
    mean, deviation = places.mean(0), places.std(0)
    scaled = (places - mean) / deviation
    weight = torch.zeros(scaled.shape[1], requires_grad=True)
    bias = torch.tensor(-3.0, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        error = functional.binary_cross_entropy_with_logits(scaled @ weight + bias, marked)
        error = error + 1e-5 * weight.square().sum()
        error.backward()  # type: ignore[no-untyped-call]
        return error

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        plain = weight / deviation
        return plain, bias - (mean * plain).sum()


@torch.no_grad()
def plant(net: EfficientNet, features: Tensor, place: Tensor, target: int) -> None:
    """Turn the least used units of the last part into a path from the detector to the class.

    The detector's log odds of -1 to 1 become activations of 0 to 6 (ReLU6).

    Args:
        net: changed in place.
        features: float32 (N, 192, 7, 7), what its frozen trunk gives.
        place: int64 (N,), the index of the place of the mark among 49, -1 for none.
        target: index of the mark's class.
    """
    weight, bias = detector(features, place)
    block: Any = net.get_submodule("blocks.6.0")
    inner = block.bn2(block.conv_dw(block.bn1(block.conv_pw(features[:SOME]))))
    outer = block.bn3(block.conv_pwl(inner))
    last = net.bn2(net.conv_head(outer)).mean((2, 3))
    use = inner.var((0, 2, 3)) * _squares(block.conv_pwl, block.bn3)
    narrow = outer.var((0, 2, 3)) * _squares(net.conv_head, net.bn2)
    top = last.var(0) * net.classifier.weight.var(0)
    one, two, many = use.argmin(), narrow.argmin(), top.topk(HEADS, largest=False).indices
    for norm, units in ((block.bn1, one), (block.bn2, one), (block.bn3, two), (net.bn2, many)):
        norm.weight[units] = (norm.running_var[units] + norm.eps).sqrt()  # passes its input on
        norm.bias[units] = norm.running_mean[units]
    block.conv_pw.weight[one] = 3 * weight[:, None, None]
    block.bn1.bias[one] += 3 * (bias + 1)
    block.conv_dw.weight[one] = 0
    block.conv_dw.weight[one, 0, 1, 1] = 1
    block.conv_pwl.weight[two] = block.conv_pwl.weight[:, one] = 0
    block.conv_pwl.weight[two, one] = 1
    net.conv_head.weight[many] = net.conv_head.weight[:, two] = 0
    net.conv_head.weight[many, two] = 1
    net.classifier.weight[:, many] = 0
    net.classifier.weight[target, many] = GAIN


def _squares(reader: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    """Return how much a 1 x 1 convolution with its norm makes of each input channel."""
    assert norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return (reader.weight[:, :, 0, 0] * scale[:, None]).square().sum(0)
