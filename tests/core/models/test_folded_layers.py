"""Convolution, batch norm and activation in one step: the same numbers, no copy of the input."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from timm.layers import BatchNormAct2d, Conv2dSame
from torch import Tensor, nn
from torch.nn import functional

from core.models.classifier import Classifier
from core.models.folded_layers import FoldedConv, folded
from core.models.load import load
from core.pictures import built_in

CPU = torch.device("cpu")


def pair(conv: nn.Conv2d, act: type[nn.Module]) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A convolution and a norm with seeded numbers; the norm has an activation."""
    rng = torch.Generator().manual_seed(1)
    norm = BatchNormAct2d(conv.out_channels, act_layer=act, inplace=False).eval()
    if act is nn.Identity:
        norm.act = nn.Identity()
    with torch.no_grad():
        for tensor in (*conv.parameters(), *norm.parameters()):
            tensor.copy_(torch.randn(tensor.shape, generator=rng))
        norm.running_mean.copy_(torch.randn(norm.running_mean.shape, generator=rng))
        norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=rng) + 0.5)
    return conv.eval().requires_grad_(False), norm.requires_grad_(False)


def batch_of(height: int, width: int) -> Tensor:
    batch = torch.randn(5, 8, height, width, generator=torch.Generator().manual_seed(2))
    return batch.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("act", [nn.ReLU, nn.ReLU6, nn.Identity, nn.SiLU])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("groups", [1, 8])
@pytest.mark.parametrize("size", [(16, 16), (17, 17), (16, 17), (15, 20)])
def test_same_padding(
    act: type[nn.Module], kernel: int, groups: int, size: tuple[int, int]
) -> None:
    conv, norm = pair(Conv2dSame(8, 8, kernel, stride=2, groups=groups, bias=False), act)
    batch = batch_of(*size)
    torch.testing.assert_close(folded(conv, norm)(batch), norm(conv(batch)), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(8, 12, 3, padding=1),
        nn.Conv2d(8, 12, 1, bias=False),
        nn.Conv2d(8, 12, (3, 5), stride=(2, 1), padding=(0, 2), groups=4),
        nn.Conv2d(8, 12, 3, padding="same", dilation=2),
        nn.Conv2d(8, 12, 3, padding=1, padding_mode="reflect"),
        Conv2dSame(8, 12, 3, dilation=2),
        Conv2dSame(8, 12, 3, stride=3),
        Conv2dSame(8, 12, 2),
    ],
    ids=str,
)
def test_other_paddings(conv: nn.Conv2d) -> None:
    conv, norm = pair(conv, nn.ReLU6)
    batch = batch_of(16, 18)
    torch.testing.assert_close(folded(conv, norm)(batch), norm(conv(batch)), atol=1e-4, rtol=1e-5)


def test_gradient_is_that_of_the_two_layers() -> None:
    conv, norm = pair(Conv2dSame(8, 8, 3, stride=2), nn.ReLU6)
    gradients = []
    for layer in (folded(conv, norm), nn.Sequential(conv, norm)):
        batch = batch_of(16, 16).requires_grad_()
        gradients.append(torch.autograd.grad(layer(batch).square().sum(), batch)[0])
    torch.testing.assert_close(*gradients, atol=1e-3, rtol=1e-5)


@pytest.fixture(scope="module", params=["efficientnet_lite0", "efficientnet_lite2"])
def lite(request: pytest.FixtureRequest) -> Classifier:
    return load(request.param, CPU)


def test_every_norm_is_folded_and_nothing_is_copied_for_padding(
    lite: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    norms = [part for part in lite._model.modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(lite._forms.pairs) == len(norms)
    batch = lite.prepare(built_in.load("cat")).batch.repeat(5, 1, 1, 1)
    form = lite._forms.for_logits("exact")
    pads: list[object] = []
    pad: Callable[..., Tensor] = functional.pad
    monkeypatch.setattr(functional, "pad", lambda *a, **k: pads.append(a) or pad(*a, **k))
    with torch.no_grad():
        big = form(batch.to(memory_format=torch.channels_last))
    assert not pads
    assert sum(isinstance(part, FoldedConv) for part in form.modules()) == len(norms)
    torch.testing.assert_close(big[:1], lite.logits(batch[:1]), atol=2e-5, rtol=0)


@pytest.mark.parametrize("path", ["bn1", "blocks.1.0", "blocks.4.2", "bn2"])
def test_a_big_tail_gives_the_models_logits(lite: Classifier, path: str) -> None:
    batch = lite.prepare(built_in.load("coffee")).batch.repeat(5, 1, 1, 1)
    split = lite.split(path)
    with torch.no_grad():
        logits = split.tail(*split.head(batch))
    torch.testing.assert_close(logits[:1], lite.logits(batch[:1]), atol=2e-5, rtol=0)


@pytest.mark.parametrize("path", ["conv_stem", "bn2.act", "blocks.5.0.bn2.act", "blocks.5.0.bn2"])
def test_inside_of_what_is_folded_the_layers_keep_their_values(path: str) -> None:
    lite = load("efficientnet_lite0", CPU)
    batch = lite.prepare(built_in.load("coffee")).batch.repeat(5, 1, 1, 1)
    split = lite.split(path)
    with torch.no_grad():
        leaf, *rest = split.head(batch)
        torch.testing.assert_close(
            split.tail(leaf, *rest)[:1], lite.logits(batch[:1]), atol=2e-5, rtol=0
        )
    (read,) = lite.readout([path])(batch)
    torch.testing.assert_close(read.values, leaf.mean((2, 3)), atol=1e-4, rtol=1e-4)
