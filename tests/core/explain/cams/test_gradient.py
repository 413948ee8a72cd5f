"""Gradient and activation maps against the stock package, and by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from core import Heat
from core.explain import methods
from core.explain.base import Subject
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from core.requests.maps import MapRequest
from tests.conftest import asked, run

OWN_TESTS = {"finer-cam", "ablation-cam", "score-cam", "mean-map", "refine-cam"}
CASES = [
    (name, smooth)
    for name, method in methods.METHODS.items()
    for smooth in method.smooths
    if method.layered
    and name not in ("finer-cam", "ablation-cam", "score-cam", "mean-map", "refine-cam")
]


@pytest.mark.parametrize(("name", "smooth"), CASES)
@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0"])
def test_equals_the_package(
    name: str,
    smooth: str,
    layer: str,
    request_of: Callable[..., tuple[MapRequest, Subject]],
    stock: Callable[..., Heat],
) -> None:
    one = request_of(layers=(layer,), method=name, smooth=smooth, seed=5)
    made = run(*one)
    assert made.shown.dtype == made.heat.dtype == np.float32
    np.testing.assert_allclose(made.shown, stock(*one), atol=1e-4)


@pytest.mark.parametrize("name", ["grad-cam", "layer-cam", "eigen-cam", "ablation-cam"])
def test_several_layers_equal_the_package(
    name: str, request_of: Callable[..., tuple[MapRequest, Subject]], stock: Callable[..., Heat]
) -> None:
    one = request_of(layers=("blocks.0", "blocks.1"), method=name)
    made = run(*one)
    assert made.layer == "blocks.0,blocks.1"
    assert made.heat.shape == made.shown.shape == (32, 32)
    np.testing.assert_allclose(made.shown, stock(*one), atol=1e-4)


def test_every_class_has_its_own_map(
    request_of: Callable[..., tuple[MapRequest, Subject]], stock: Callable[..., Heat]
) -> None:
    shown = []
    for index in range(4):
        one = request_of(target=index)
        shown.append(run(*one).shown)
        np.testing.assert_allclose(shown[-1], stock(*one), atol=1e-4)
    assert not np.allclose(shown[0], shown[1])


def test_grad_cam_by_hand(one_conv: Callable[..., Classifier], picture: Picture) -> None:
    kernel = torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.5, 0.25], [0.0, 1.0, -1.0]])
    weight = torch.tensor([[1.0, 2.0, -3.0], [0.5, -1.0, 0.25]])
    classifier = one_conv(kernel, weight)
    prepared = classifier.prepare(picture)
    maps = torch.einsum("cr,rij->cij", kernel, prepared.batch[0]).relu()
    for index in range(2):
        made = run(*asked(classifier, prepared, ("relu",), index))
        expected = (weight[index, :, None, None] / 16 * maps).sum(dim=0)
        np.testing.assert_allclose(made.heat, expected, atol=1e-6)
        logits = weight @ maps.mean(dim=(1, 2))
        assert made.probability == pytest.approx(float(logits.softmax(0)[index]), abs=1e-6)
        assert made.signed


def test_an_activation_is_not_overwritten_by_the_relu_behind_it(
    tiny: Classifier, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    net = copy.deepcopy(tiny._model)
    request, subject = request_of(layers=("blocks.1.1",))
    before = net.blocks[1][1](
        net.blocks[1][0](net.blocks[0](net.pool(net.stem(subject.prepared.batch))))
    )
    leaf = before.detach().clone().requires_grad_()
    logits = net.fc(torch.flatten(net.avgpool(torch.relu(leaf)), 1))
    (gradient,) = torch.autograd.grad(logits[0, 1], leaf)
    assert leaf.min() < 0
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * leaf.detach()).sum(dim=1)[0]
    np.testing.assert_allclose(run(request, subject).heat, expected, atol=1e-5)


def tokens(leaf: Tensor) -> Tensor:
    return leaf[:, 1:].transpose(1, 2).reshape(len(leaf), -1, 4, 4)


@pytest.mark.parametrize("smooth", ["none", "aug"])
@pytest.mark.parametrize("name", ["grad-cam", "hires-cam", "grad-cam++", "layer-cam", "score-cam"])
def test_vit_equals_the_package(
    name: str, smooth: str, tiny_vit: Classifier, picture: Picture, stock: Callable[..., Heat]
) -> None:
    layers = ("encoder.layers.encoder_layer_1.ln_1",)
    assert tiny_vit.default_layer == layers[0]
    one = asked(tiny_vit, tiny_vit.prepare(picture), layers, 2, name, smooth=smooth)
    made = run(*one)
    assert made.shown.max() > 0.3
    np.testing.assert_allclose(made.shown, stock(*one, tokens), atol=1e-3)


@pytest.mark.parametrize("layer", ["features.1", "features.3"])
@pytest.mark.parametrize("name", ["grad-cam", "xgrad-cam", "score-cam"])
def test_swin_equals_the_package(
    name: str, layer: str, tiny_swin: Classifier, picture: Picture, stock: Callable[..., Heat]
) -> None:
    one = asked(tiny_swin, tiny_swin.prepare(picture), (layer,), 0, name)
    made = run(*one)
    assert made.heat.shape == ((8, 8) if layer == "features.1" else (4, 4))
    expected = stock(*one, lambda leaf: leaf.permute(0, 3, 1, 2))
    np.testing.assert_allclose(made.shown, expected, atol=1e-3)


def test_a_layer_whose_places_reach_no_logit_gives_an_empty_map_in_words(
    tiny_vit: Classifier, picture: Picture
) -> None:
    layers = ("encoder.layers.encoder_layer_1",)
    made = run(*asked(tiny_vit, tiny_vit.prepare(picture), layers, 0, "hires-cam"))
    assert not made.shown.any()
    assert made.notes == ("The map is empty: the method gives 0 everywhere.",)


def test_hires_cam_says_what_eigen_smoothing_costs(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    plain = run(*request_of(method="hires-cam"))
    smoothed = run(*request_of(method="hires-cam", smooth="eigen"))
    assert plain.notes == ()
    assert any("faithfulness" in note for note in smoothed.notes)
    assert plain.signed
    assert not smoothed.signed


def test_the_shared_model_gets_no_gradient_and_no_hook(
    tiny: Classifier, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    for method in methods.METHODS.values():
        if method.layered:
            method.run(*request_of(method=method.name))
    for module in tiny._model.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in tiny._model.parameters())
