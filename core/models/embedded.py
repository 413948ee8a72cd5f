"""The architecture of the embedded models: a small ResNet for pictures of 64 x 64 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from core.imports.lazy import library

if TYPE_CHECKING:
    from torchvision.models.resnet import ResNet

INPUT_SIZE = 64


def small_resnet(num_classes: int) -> ResNet:
    """Build the untrained network, one basic block a stage, 5.0 million parameters.

    torchvision's ResNet with three changes that keep its last map at 8 x 8 for an input of
    64 x 64: a 5 x 5 stem with stride 2, no max-pooling, and stride 1 in the last stage.

    Args:
        num_classes: number of logits.

    Returns:
        The network with torchvision's module names (`conv1`, `layer1` ... `layer4`, `fc`).
    """
    resnet = library("torchvision.models.resnet")
    net: ResNet = resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], num_classes=num_classes)
    net.conv1 = nn.Conv2d(3, 64, kernel_size=5, stride=2, padding=2, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
    net.maxpool = nn.Identity()
    last = net.layer4[0]
    assert isinstance(last, resnet.BasicBlock)
    assert last.downsample is not None
    last.conv1.stride = (1, 1)
    last.downsample[0].stride = (1, 1)
    return net
