"""Which axes of a layer's output are places, and which tokens belong to none."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import Tensor, nn
from torchvision.models import SwinTransformer

from core.errors import UnsupportedLayer
from core.models.calls import Call, outline_of, record
from core.models.card import Card
from core.models.classifier import Classifier
from core.models.layout import Context, Layout, layout_of
from core.requests.references import Preprocess
from tests.conftest import TINY_NAMES, classifier_of

SQUARE = Context((64, 64))
WIDE = Context((64, 128))


def calls_of(net: nn.Module, size: tuple[int, int]) -> dict[str, Call]:
    calls = record(outline_of(net.eval()), torch.empty(1, 3, *size, device="meta"))
    return {call.path: call for call in calls}


@pytest.mark.parametrize(
    ("shape", "context", "kind", "grid"),
    [
        ((1, 12, 8, 8), SQUARE, "channels first", (8, 8)),
        ((1, 8, 8, 12), SQUARE, "channels last", (8, 8)),
        ((1, 8, 8, 8), SQUARE, "channels first", (8, 8)),
        ((1, 16, 4, 8), WIDE, "channels first", (4, 8)),
        ((1, 4, 8, 16), WIDE, "channels first", (8, 16)),
        ((1, 8, 16, 24), WIDE, "channels last", (8, 16)),
        ((1, 8, 8, 16), WIDE, "channels first", (8, 16)),
        ((1, 256, 6, 6), WIDE, "channels first", (6, 6)),
        ((1, 50, 9), SQUARE, "class token first", (7, 7)),
        ((1, 49, 9), SQUARE, "tokens", (7, 7)),
        ((1, 32, 9), WIDE, "tokens", (4, 8)),
        ((1, 33, 9), WIDE, "class token first", (4, 8)),
    ],
)
def test_proportions_of_the_input(
    shape: tuple[int, ...], context: Context, kind: str, grid: tuple[int, int]
) -> None:
    layout = layout_of("x", shape, context)
    assert (layout.kind, layout.grid) == (kind, grid)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 4), "not a map"),
        ((1, 7, 1, 1), "one value per channel"),
        ((1, 2, 9), "one value per channel"),
        ((1, 30, 9), "30 tokens, which form no grid"),
        ((16, 49, 9), "not a map"),
        ((1, 64, 49, 9), "not a map"),
        ((1, 2, 3, 4, 5), "not a map"),
    ],
)
def test_no_maps(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(UnsupportedLayer, match=f"Layer x gives .*{words}"):
        layout_of("x", shape, SQUARE)


class Confusing(nn.Module):
    """As many channels as rows, and the channels last."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 8, 8)
        self.norm = nn.LayerNorm(channels)
        self.fc = nn.Linear(channels, 4)

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.norm(self.conv(batch).permute(0, 2, 3, 1)).mean((1, 2)))


@pytest.mark.parametrize(("size", "grid"), [((64, 64), (8, 8)), ((64, 128), (8, 16))])
def test_a_larger_input_tells_what_the_shape_does_not(
    size: tuple[int, int], grid: tuple[int, int]
) -> None:
    calls = calls_of(Confusing(grid[1]), size)
    assert calls["conv"].layout() == Layout("channels first", grid)
    assert calls["norm"].layout() == Layout("channels last", grid)


class OneSizeOnly(Confusing):
    """Takes no other size, as most vision transformers."""

    def forward(self, batch: Tensor) -> Tensor:
        if batch.shape[2:] != (64, 64):
            raise ValueError("no")
        return super().forward(batch)


def test_where_no_other_size_is_taken_the_shape_is_all_there_is() -> None:
    assert calls_of(OneSizeOnly(8), (64, 64))["conv"].layout() == Layout("channels first", (8, 8))
    assert calls_of(OneSizeOnly(9), (64, 64))["norm"].layout() == Layout("channels last", (8, 8))


class TokensLast(nn.Module):
    """(N, C, T), which is no map in the order that is understood."""

    def __init__(self) -> None:
        super().__init__()
        self.flat = nn.Flatten(2)
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.flat(batch).mean(2))


def test_tokens_that_stand_last_are_no_map() -> None:
    with pytest.raises(UnsupportedLayer, match="no grid"):
        calls_of(TokensLast(), (8, 8))["flat"].layout()


VIT = "vit_tiny_patch16_224"
POOLED = {"class_token": False, "global_pool": "avg"}


@pytest.mark.parametrize(
    ("name", "named", "kind", "prefix", "grid"),
    [
        ("deit_tiny_distilled_patch16_224", {}, "class token first", 2, (14, 14)),
        ("vit_small_patch14_reg4_dinov2", {"img_size": 126}, "class token first", 5, (9, 9)),
        (VIT, {"img_size": (96, 160)}, "class token first", 1, (6, 10)),
        (VIT, {"img_size": (96, 160), **POOLED}, "tokens", 0, (6, 10)),
        (VIT, {"img_size": 96, "reg_tokens": 4, **POOLED}, "tokens", 4, (6, 6)),
        ("mixer_s32_224", {}, "tokens", 0, (7, 7)),
    ],
)
def test_tokens_before_those_of_the_grid(
    name: str, named: dict[str, object], kind: str, prefix: int, grid: tuple[int, int]
) -> None:
    with torch.device("meta"):
        net = timm.create_model(name, **named)
    embedding = net.stem if name.startswith("mixer") else net.patch_embed
    layout = calls_of(net, embedding.img_size)["blocks.0"].layout()
    assert layout == Layout(kind, grid, prefix)


def test_maps_drop_every_token_that_belongs_to_no_place() -> None:
    leaf = torch.arange(2 * 11 * 3).reshape(2, 11, 3)
    maps = Layout("class token first", (2, 3), 5).maps(leaf)
    assert maps.shape == (2, 3, 2, 3)
    assert torch.equal(maps[1, :, 1, 2], leaf[1, 5 + 3 + 2])


def test_a_wide_transformer_with_its_channels_last() -> None:
    net = SwinTransformer(
        patch_size=[4, 4],
        embed_dim=12,
        depths=[1, 1],
        num_heads=[2, 2],
        window_size=[4, 4],
        num_classes=4,
    )
    calls = calls_of(net, (48, 96))
    assert calls["features.1.0"].layout() == Layout("channels last", (12, 24))
    assert calls["features.3.0"].layout() == Layout("channels last", (6, 12))


def test_a_transformer_with_registers_is_split_and_read() -> None:
    """Head and tail equal the model, and the class token's own value is read."""
    torch.manual_seed(0)
    net = timm.create_model(
        "vit_tiny_patch16_224", img_size=(32, 64), reg_tokens=3, num_classes=4, depth=2
    )
    card = Card(
        id="tiny:random",
        title="Tiny",
        arch="tiny",
        digest="0" * 64,
        names=TINY_NAMES,
        preprocess=Preprocess((32, 64), 40, (0.0,) * 3, (1.0,) * 3),
    )
    classifier = Classifier(net.eval(), card)
    batch = torch.rand(2, 3, 32, 64)
    split = classifier.split("blocks.1.norm1")
    assert (split.grid, split.layout.prefix) == ((2, 4), 4)
    leaf, *rest = split.head(batch)
    torch.testing.assert_close(split.tail(leaf, *rest), classifier.logits(batch))
    assert split.maps(leaf).shape == (2, 192, 2, 4)
    assert torch.equal(split.maps(leaf)[0, :, 1, 2], leaf[0, 4 + 4 + 2])
    readout = classifier.readout(["blocks.1.norm1"])
    torch.testing.assert_close(readout(batch)[0].values, leaf[:, 0], rtol=1e-4, atol=1e-5)


def test_without_a_class_token_the_registers_are_left_out_of_the_pooling() -> None:
    torch.manual_seed(0)
    net = timm.create_model(
        "vit_tiny_patch16_224",
        img_size=32,
        reg_tokens=3,
        num_classes=4,
        depth=2,
        class_token=False,
        global_pool="avg",
    )
    classifier, batch = classifier_of(net.eval()), torch.rand(2, 3, 32, 32)
    leaf = classifier.split("blocks.1.norm1").head(batch)[0]
    (read,) = classifier.readout(["blocks.1.norm1"], "max")(batch)
    torch.testing.assert_close(read.values, leaf[:, 3:].amax(1), rtol=1e-4, atol=1e-5)
    assert int(read.places.max()) < 4
