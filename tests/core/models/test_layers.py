"""Which layers are offered, and how a person may spell one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.errors import UnknownLayer, UnsupportedLayer
from core.models import catalog
from core.models.calls import outline_of, record
from core.models.classifier import Classifier
from core.models.layers import STRIP, Layer, normal_path, offered
from core.models.weights import build
from tests.conftest import classifier_of


def strip(arch: str) -> tuple[Layer, ...]:
    """The offered layers of an architecture, without giving it any numbers."""
    entry = catalog.find(arch)
    outline = outline_of(build(entry, empty=True).eval())
    blank = torch.empty(1, 3, entry.input_size, entry.input_size, device="meta")
    return offered(record(outline_of(outline), blank), outline)


@pytest.mark.parametrize(
    ("arch", "last", "shape"),
    [
        ("resnet18", "layer4.1", (512, 7, 7)),
        ("resnet50", "layer4.2", (2048, 7, 7)),
        ("vgg16", "features.29", (512, 14, 14)),
        ("densenet121", "features.norm5", (1024, 7, 7)),
        ("mobilenet_v2", "features.18", (1280, 7, 7)),
        ("mobilenet_v3_large", "features.16", (960, 7, 7)),
        ("efficientnet_b0", "features.8", (1280, 7, 7)),
        ("convnext_tiny", "features.7.2", (768, 7, 7)),
        ("inception_v3", "Mixed_7c", (2048, 8, 8)),
        ("mnasnet1_0", "layers.16", (1280, 7, 7)),
        ("shufflenet_v2_x1_0", "conv5", (1024, 7, 7)),
        ("squeezenet1_1", "features.12", (512, 13, 13)),
        ("vit_b_16", "encoder.layers.encoder_layer_11.ln_1", (768, 14, 14)),
        ("swin_t", "features.7.1.norm1", (768, 7, 7)),
        ("swin_v2_t", "features.7.1", (768, 8, 8)),
    ],
)
def test_strip_goes_from_shallow_to_deep(arch: str, last: str, shape: tuple[int, int, int]) -> None:
    layers = strip(arch)
    assert (layers[-1].path, layers[-1].shape) == (last, shape)
    assert 4 <= len(layers) <= STRIP
    assert len({layer.path for layer in layers}) == len(layers)
    sizes = [layer.shape[1] for layer in layers]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] >= 2


def test_strip_of_resnet18_in_full() -> None:
    assert [layer.path for layer in strip("resnet18")] == [
        "relu",
        "layer1.0",
        "layer1.1",
        "layer2.0",
        "layer2.1",
        "layer3.0",
        "layer3.1",
        "layer4.0",
        "layer4.1",
    ]


def test_long_models_keep_the_last_block_of_every_resolution() -> None:
    paths = [layer.path for layer in strip("resnet152")]
    assert len(paths) == STRIP
    assert {"relu", "layer1.2", "layer2.7", "layer3.35", "layer4.2"} <= set(paths)


def test_strip_of_tiny(tiny: Classifier) -> None:
    assert tiny.layers() == (
        Layer("stem", "Sequential", (6, 32, 32)),
        Layer("blocks.0", "Sequential", (12, 16, 16)),
        Layer("blocks.1", "Sequential", (12, 8, 8)),
    )
    assert tiny.default_layer == "blocks.1"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("blocks.0.1", "blocks.0.1"),
        ("blocks[0].1", "blocks.0.1"),
        ("blocks[-1]", "blocks.1"),
        (" model.blocks[ 0 ][-1] ", "blocks.0.2"),
        ("blocks['1']", "blocks.1"),
        ("stem", "stem"),
    ],
)
def test_spellings(tiny: Classifier, text: str, path: str) -> None:
    assert normal_path(text, tiny._model) == path
    assert tiny.check_layer(text).path == path


@pytest.mark.parametrize(
    "text", ["", "model", "blocks.7", "blocks[-3]", "stam", "../x", "0", "fc.0"]
)
def test_unknown_layers_name_the_nearest(tiny: Classifier, text: str) -> None:
    with pytest.raises(UnknownLayer, match=r"nearest are \w+") as caught:
        tiny.check_layer(text)
    assert repr(text) in str(caught.value)


def test_misspelt_layer_is_recognised(tiny: Classifier) -> None:
    with pytest.raises(UnknownLayer, match=r"nearest are blocks\.1\.2"):
        tiny.check_layer("block.1.2")


@pytest.mark.parametrize("path", ["fc", "avgpool"])
def test_layers_without_a_map_are_refused(tiny: Classifier, path: str) -> None:
    with pytest.raises(UnsupportedLayer, match=rf"Layer {path} gives .* not a map: pick"):
        tiny.check_layer(path)


def test_pairs_of_arrays_are_refused() -> None:
    entry = catalog.find("vit_b_32")
    outline = outline_of(build(entry, empty=True).eval())
    calls = record(outline_of(outline), torch.empty(1, 3, 224, 224, device="meta"))
    found = {call.path: call for call in calls}
    assert isinstance(found["encoder.layers.encoder_layer_0.self_attention"].result, tuple)


class Parallel(nn.Module):
    """Passes one scale on and mixes two others, each normalised outside of its attention."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.mix1, self.mix2 = (nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8)) for _ in range(2))

    def forward(self, fine: Tensor, one: Tensor, two: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return fine, one + self.mix1(self.norm1(one)), two + self.mix2(self.norm2(two))


class ThreeScales(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, stride=4)
        self.blocks = nn.ModuleList([Parallel(), Parallel()])
        self.fc = nn.Linear(8, 4)

    def forward(self, batch: Tensor) -> Tensor:
        scales = [nn.functional.avg_pool2d(self.stem(batch), 2**step) for step in range(3)]
        fine, one, two = (scale.permute(0, 2, 3, 1) for scale in scales)
        for block in self.blocks:
            fine, one, two = block(fine, one, two)
        logits: Tensor = self.fc(two[:, 0, 0])
        return logits


def test_of_a_block_with_several_arrays_the_norms_are_offered() -> None:
    """Behind the last one only the place that the head reads has a gradient."""
    paths = [layer.path for layer in classifier_of(ThreeScales()).layers()]
    assert paths[-1] == "blocks.1.norm2"
    assert not [path for path in paths if "mix" in path]


def test_outline_holds_no_numbers_and_leaves_the_model_alone(tiny: Classifier) -> None:
    before = {name: value.clone() for name, value in tiny._model.state_dict().items()}
    outline = outline_of(tiny._model)
    assert all(value.is_meta for value in outline.state_dict().values())
    assert all(torch.equal(before[k], v) for k, v in tiny._model.state_dict().items())
    assert tiny._model.stem.forward.__func__ is type(tiny._model.stem).forward
