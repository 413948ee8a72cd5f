"""Several layers read in one pass equal the layers read one by one, pooled by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import SwinTransformer, VisionTransformer

from core.errors import UnknownLayer, UnsupportedLayer
from core.models.classifier import Classifier
from tests.conftest import classifier_of, tiny_net

Layout = Callable[[Tensor], Tensor]


def seeded(net: nn.Module) -> Classifier:
    rng = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
    return classifier_of(net.eval())


def tiny_vit() -> Classifier:
    return seeded(
        VisionTransformer(
            image_size=32,
            patch_size=8,
            num_layers=2,
            num_heads=2,
            hidden_dim=16,
            mlp_dim=32,
            num_classes=4,
        )
    )


def tiny_swin() -> Classifier:
    return seeded(
        SwinTransformer(
            patch_size=[4, 4],
            embed_dim=12,
            depths=[2, 2],
            num_heads=[2, 2],
            window_size=[4, 4],
            num_classes=4,
        )
    )


def given_by(classifier: Classifier, path: str, batch: Tensor) -> Tensor:
    """The layer's own output, taken with a hook on a copy that nobody else uses."""
    net = copy.deepcopy(classifier._model)
    kept: list[Tensor] = []
    net.get_submodule(path).register_forward_hook(lambda m, i, out: kept.append(out.clone()))
    with torch.no_grad():
        net(batch)
    return kept[0]


def pictures(count: int = 5) -> Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(2))


def nchw(leaf: Tensor) -> Tensor:
    return leaf.flatten(2)


def nhwc(leaf: Tensor) -> Tensor:
    return leaf.permute(0, 3, 1, 2).flatten(2)


@pytest.mark.parametrize(
    ("make", "paths", "maps"),
    [
        (lambda: classifier_of(tiny_net()), ("stem.0", "stem", "blocks.0.0", "blocks.1"), nchw),
        (lambda: classifier_of(tiny_net()), ("blocks", "blocks.1", "stem.1", "pool"), nchw),
        (tiny_swin, ("features.1.0.norm1", "features.1", "features.3.1"), nhwc),
    ],
)
@pytest.mark.parametrize("pool", ["mean", "max"])
def test_maps_are_pooled_over_their_places(
    make: Callable[[], Classifier], paths: tuple[str, ...], maps: Layout, pool: str
) -> None:
    classifier, batch = make(), pictures()
    readout = classifier.readout(paths, pool)
    for tap, found in zip(readout.taps, readout(batch), strict=True):
        flat = maps(given_by(classifier, tap.path, batch))
        naive = flat.mean(2) if pool == "mean" else flat.amax(2)
        torch.testing.assert_close(found.values, naive, rtol=1e-4, atol=1e-5)
        strongest = flat.gather(2, found.places[..., None])[..., 0]
        torch.testing.assert_close(strongest, flat.amax(2), rtol=1e-4, atol=1e-5)
        assert flat.shape[2] == tap.grid[0] * tap.grid[1]
        assert found.values.shape == (5, tap.units)


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_of_a_class_token_its_own_value_is_read(pool: str) -> None:
    classifier, batch = tiny_vit(), pictures()
    path = "encoder.layers.encoder_layer_1"
    readout = classifier.readout([path], pool)
    (found,) = readout(batch)
    torch.testing.assert_close(
        found.values, given_by(classifier, path, batch)[:, 0], rtol=1e-4, atol=1e-5
    )
    assert readout.taps[0].grid == (0, 0)
    assert int(found.places.max()) == -1


def test_layers_without_places(tiny: Classifier) -> None:
    batch = pictures()
    readout = tiny.readout(["avgpool", "fc"])
    pooled, logits = readout(batch)
    torch.testing.assert_close(logits.values, tiny.logits(batch), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        pooled.values, given_by(tiny, "avgpool", batch).flatten(1), rtol=1e-4, atol=1e-5
    )
    assert [tap.grid for tap in readout.taps] == [(1, 1), (0, 0)]
    assert (int(pooled.places.max()), int(logits.places.max())) == (0, -1)


def test_spellings_and_repeats(tiny: Classifier) -> None:
    taps = tiny.readout(["blocks[-1]", "blocks.1", "model.stem"]).taps
    assert [tap.path for tap in taps] == ["blocks.1", "stem"]


def test_what_cannot_be_read_is_refused(tiny: Classifier) -> None:
    with pytest.raises(UnknownLayer, match=r"no layer 'layer9'"):
        tiny.readout(["stem", "layer9"])

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.relu(self.relu(self.conv(x))).mean((2, 3)))

    with pytest.raises(UnsupportedLayer, match="runs 2 times in one pass"):
        classifier_of(Twice()).readout(["relu"])


def test_the_shared_model_is_left_alone(tiny: Classifier) -> None:
    before = {name: value.clone() for name, value in tiny._model.state_dict().items()}
    tiny.readout(["stem.0", "blocks.1", "fc"])(pictures())
    assert all(torch.equal(before[name], value) for name, value in tiny._model.state_dict().items())
    assert not any(module._forward_hooks for module in tiny._model.modules())
