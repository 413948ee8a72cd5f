"""The same network with other weights, and random weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torchvision.models import resnet18, vit_b_16

from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.random_weights import randomise
from tests.conftest import TINY_NAMES, classifier_of, tiny_net
from tests.core.models.test_split_tapped import untraceable


def half(model: nn.Module) -> None:
    for parameter in model.parameters():
        parameter.mul_(0.5)


@pytest.fixture
def original() -> Classifier:
    return classifier_of(tiny_net())


def test_reweighted_is_the_changed_network(original: Classifier, prepared: Prepared) -> None:
    net = tiny_net()
    with torch.no_grad():
        half(net)
    batch = prepared.batch.repeat(5, 1, 1, 1)  # also the faster form, of folded batch norms
    original.logits(batch)
    original.split("blocks.0")
    twin = original.reweighted(half, "1" * 64)
    with torch.no_grad():
        expected = net(batch)
    for count in (1, 5):
        assert torch.allclose(twin.logits(batch[:count]), expected[:count], atol=1e-4)
    for path in ("blocks.0", "blocks.1"):  # cut before, and cut anew
        split = twin.split(path)
        assert torch.allclose(split.tail(*split.head(prepared.batch)), expected[:1], atol=1e-4)


@pytest.mark.parametrize("kind", ["none", "chosen"])
def test_models_that_cannot_be_traced(kind: str, prepared: Prepared) -> None:
    """Their cuts run in private copies, which are of the network with other weights."""
    first = untraceable(kind)
    first.split("blocks.1")
    twin = first.reweighted(half, "1" * 64)
    expected = twin.logits(prepared.batch)
    assert not torch.allclose(expected, first.logits(prepared.batch))
    for path in ("blocks.1", "blocks.2"):
        split = twin.split(path)
        torch.testing.assert_close(split.tail(*split.head(prepared.batch)), expected)
        own = first.split(path)
        torch.testing.assert_close(
            own.tail(*own.head(prepared.batch)), first.logits(prepared.batch)
        )


def test_the_original_stays(original: Classifier, prepared: Prepared) -> None:
    before = original.logits(prepared.batch)
    weights = copy.deepcopy(original._model.state_dict())
    twin = original.reweighted(half, "1" * 64)
    assert not torch.allclose(twin.logits(prepared.batch), before)
    assert torch.equal(original.logits(prepared.batch), before)
    for name, tensor in original._model.state_dict().items():
        assert torch.equal(tensor, weights[name])
        assert tensor.data_ptr() != twin._model.state_dict()[name].data_ptr()
    assert twin.reference != original.reference
    assert twin.reference.weights == twin.digest == twin.card.digest == "1" * 64
    assert twin.nbytes == original.nbytes


@pytest.mark.parametrize("build", [tiny_net, resnet18, vit_b_16])
def test_weighted_names_every_module_with_weights_once(build) -> None:
    net = build()
    size = 32 if build is not vit_b_16 else 224
    names = TINY_NAMES if build is tiny_net else tuple(map(str, range(1000)))
    paths = classifier_of(net, size, names).weighted
    assert len(set(paths)) == len(paths)
    assert set(paths) == {
        path for path, module in net.named_modules() if list(module.parameters(recurse=False))
    }
    ends = {tiny_net: ("stem.0", "fc"), resnet18: ("conv1", "fc"), vit_b_16: ("", "heads.head")}
    assert (paths[0], paths[-1]) == ends[build]
    if build is vit_b_16:
        assert paths.index("conv_proj") < paths.index("encoder.layers.encoder_layer_0.ln_1")


def test_random_weights_change_what_is_named_and_nothing_else() -> None:
    net, before = tiny_net(), tiny_net().state_dict()
    state = torch.random.get_rng_state()
    randomise(net, ["blocks.0.0", "blocks.0.1", "fc"], 7)
    assert torch.equal(torch.random.get_rng_state(), state)
    changed = {
        name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])
    }
    norm = {f"blocks.0.1.{name}" for name in ("weight", "bias", "running_mean", "running_var")}
    assert changed == {"blocks.0.0.weight", "fc.weight", "fc.bias"} | norm
    block = net.blocks[0]
    assert not net.fc.bias.any()
    assert (block[1].weight == 1).all()
    assert not block[1].running_mean.any()
    assert (block[1].running_var == 1).all()
    assert float(block[0].weight.detach().std()) == pytest.approx((2 / 54) ** 0.5, rel=0.1)


def test_random_weights_depend_on_seed_and_path_alone() -> None:
    def weights(seed: int, *paths: str) -> torch.Tensor:
        net = tiny_net()
        randomise(net, paths, seed)
        return net.fc.weight.detach()

    first = weights(0, "fc")
    assert torch.equal(first, weights(0, "stem.0", "fc"))
    assert not torch.allclose(first, weights(1, "fc"))


def test_other_parameters_keep_their_values_in_random_order() -> None:
    net = nn.Module()
    net.token = nn.Parameter(torch.arange(60.0).view(1, 3, 20))
    randomise(net, [""], 0)
    values = net.token.detach().flatten()
    assert values.tolist() != list(range(60))
    assert values.sort().values.tolist() == list(range(60))
