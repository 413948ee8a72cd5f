"""Attention maps against their formulas, over transformers whose attention is written out here."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchcam.methods import LeGrad

from core.errors import UnsupportedLayer
from core.explain.attention.rollout import CLASSLESS
from core.explain.attention.tokens import blocks_of, tokens_of
from core.explain.attention.watching import Watching
from core.explain.methods import get
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from tests.conftest import asked, classifier_of, run
from tests.core.explain.conftest import seeded

NAMES = ("attention-rollout", "attention-gradient", "legrad")
CLASS = 2


def written_out(q: Tensor, k: Tensor, v: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Attention (heads, T, T) of (T, C) queries, keys and values, and what it gives, (T, C)."""
    q, k, v = (each.reshape(len(each), heads, -1).transpose(0, 1) for each in (q, k, v))
    attention = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]), dim=-1)
    return attention, (attention @ v).transpose(0, 1).flatten(1)


def torchvision_pass(net: nn.Module, batch: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Logits, attention and tokens of each layer of a `VisionTransformer`."""
    x = torch.cat([net.class_token[0], net._process_input(batch)[0]])
    x = (x + net.encoder.pos_embedding[0]).requires_grad_()
    seen, tokens = [], []
    for layer in net.encoder.layers:
        of = layer.self_attention
        qkv = functional.linear(layer.ln_1(x), of.in_proj_weight, of.in_proj_bias)
        attention, given = written_out(*qkv.chunk(3, dim=1), of.num_heads)
        x = x + of.out_proj(given)
        x = x + layer.mlp(layer.ln_2(x))
        seen.append(attention)
        tokens.append(x)
    return net.heads(net.encoder.ln(x)[0]), seen, tokens


def timm_pass(net: nn.Module, batch: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The same of a `timm` network, whatever its tokens before the patches are."""
    x = (net._pos_embed(net.patch_embed(batch))[0]).requires_grad_()
    seen, tokens = [], []
    for block in net.blocks:
        of = block.attn
        attention, given = written_out(*of.qkv(block.norm1(x)).chunk(3, dim=1), of.num_heads)
        x = x + of.proj(given)
        x = x + block.mlp(block.norm2(x))
        seen.append(attention)
        tokens.append(x)
    return net.forward_head(net.norm(x)[None])[0], seen, tokens


def rollout(seen: list[Tensor]) -> Tensor:
    flow = torch.eye(seen[0].shape[-1])
    for attention in seen:
        flow = (0.5 * attention.mean(0) + 0.5 * torch.eye(len(flow))) @ flow
    return flow


def relevance(score: Tensor, seen: list[Tensor]) -> Tensor:
    matters, slopes = (
        torch.eye(seen[0].shape[-1]),
        torch.autograd.grad(score, seen, retain_graph=True),
    )
    for attention, slope in zip(seen, slopes, strict=True):
        matters = matters + torch.relu(slope * attention).mean(0) @ matters
    return matters


def heat_of(model: Classifier, picture: Picture, name: str, target: int = CLASS) -> np.ndarray:
    return run(*asked(model, model.prepare(picture), (), target, name)).heat


def close(ours: np.ndarray, theirs: Tensor) -> None:
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(ours, expected, atol=1e-4 * float(np.abs(expected).max()))


@pytest.mark.parametrize("target", [0, CLASS])
def test_torchvision(tiny_vit: Classifier, picture: Picture, target: int) -> None:
    net, batch = tiny_vit._model, tiny_vit.prepare(picture).batch
    logits, seen, tokens = torchvision_pass(net, batch)
    torch.testing.assert_close(logits[None], tiny_vit.logits(batch))
    ours = {name: heat_of(tiny_vit, picture, name, target) for name in NAMES}
    close(ours["attention-rollout"], rollout(seen)[0, 1:].reshape(4, 4))
    close(ours["attention-gradient"], relevance(logits[target], seen)[0, 1:].reshape(4, 4))
    layers = [
        torch.relu(
            torch.autograd.grad(
                net.heads(net.encoder.ln(z.mean(0)))[target], attention, retain_graph=True
            )[0]
        ).mean((0, 1))
        for z, attention in zip(tokens, seen, strict=True)
    ]
    close(ours["legrad"], torch.stack(layers).mean(0)[1:].reshape(4, 4))


def test_legrad_equals_the_library(tiny_vit: Classifier, picture: Picture) -> None:
    net, batch = copy.deepcopy(tiny_vit._model), tiny_vit.prepare(picture).batch
    with LeGrad(net, list(net.encoder.layers)) as library:
        (stock,) = library(CLASS, net(batch), normalized=False)
    ours = heat_of(tiny_vit, picture, "legrad")
    close(ours, stock[0])


TIMM = {
    "class": {"global_pool": "token"},
    "registers": {"global_pool": "token", "reg_tokens": 3},
    "pooled": {"global_pool": "avg", "class_token": True},
    "no class": {"global_pool": "avg", "class_token": False},
}


@pytest.mark.parametrize("kind", TIMM)
def test_timm_with_and_without_a_class_token(kind: str, picture: Picture) -> None:
    net = timm.models.VisionTransformer(
        img_size=32,
        patch_size=8,
        embed_dim=16,
        depth=3,
        num_heads=4,
        num_classes=4,
        **TIMM[kind],
    )
    model = seeded(net, 32)
    batch = model.prepare(picture).batch
    logits, seen, _ = timm_pass(net, batch)
    torch.testing.assert_close(logits[None], model.logits(batch))
    prefix = net.num_prefix_tokens
    assert tokens_of(model).layout.prefix == prefix
    rows = slice(0, 1) if net.global_pool == "token" else slice(prefix, None)
    for name, flow in (
        ("attention-rollout", rollout(seen)),
        ("attention-gradient", relevance(logits[CLASS], seen)),
    ):
        made = run(*asked(model, model.prepare(picture), (), CLASS, name))
        close(made.heat, flow[rows].mean(0)[prefix:].reshape(4, 4))
        said = [note for note in made.notes if "and not from a class token" in note]
        assert bool(said) == (net.global_pool == "avg")
        assert all("16 tokens" in note for note in said)
        assert (CLASSLESS in made.notes) == (name == "attention-rollout")
    assert heat_of(model, picture, "legrad").shape == (4, 4)


def test_hugging_face(picture: Picture) -> None:
    transformers = pytest.importorskip("transformers")
    from core.models.logits import giving_logits

    config = transformers.ViTConfig(
        image_size=32, patch_size=8, hidden_size=16, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=32, num_labels=4,
    )  # fmt: skip
    net = transformers.ViTForImageClassification(config)
    model = seeded(giving_logits(net), 32)
    batch = model.prepare(picture).batch
    stock = transformers.ViTForImageClassification(config).eval()
    stock.load_state_dict(net.state_dict())
    stock.set_attn_implementation("eager")
    given = stock(batch.clone().requires_grad_(), output_attentions=True)
    torch.testing.assert_close(given.logits, model.logits(batch), atol=1e-5, rtol=1e-4)
    seen = [attention[0] for attention in given.attentions]
    close(heat_of(model, picture, "attention-rollout"), rollout(seen)[0, 1:].reshape(4, 4))
    assert len(blocks_of(model)) == 3
    for name in NAMES[1:]:
        heat = heat_of(model, picture, name)
        assert heat.shape == (4, 4)
        assert heat.max() > 0


class Own(nn.Module):
    """A transformer of somebody's own: `kind` is how its attention is computed."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 8, 8)
        self.kind = kind
        if kind == "encoder":
            layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True)
            self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        else:
            self.layers = nn.ModuleList([nn.Linear(8, 24), nn.Linear(8, 24)])
        self.soft = nn.Softmax(dim=-1)
        self.head = nn.Linear(8, 4)

    def forward(self, batch: Tensor) -> Tensor:
        x = self.patches(batch).flatten(2).transpose(1, 2)
        if self.kind == "encoder":
            return self.head(self.layers(x).mean(1))
        for layer in self.layers:
            q, k, v = (each.unflatten(-1, (2, 4)).transpose(1, 2) for each in layer(x).chunk(3, -1))
            scores = q @ k.transpose(-2, -1) / 2
            attention = self.soft(scores) if self.kind == "module" else scores.softmax(dim=-1)
            x = x + (attention @ v).transpose(1, 2).flatten(2)
        return self.head(x.mean(1))


@pytest.mark.parametrize("kind", ["module", "tensor", "encoder"])
def test_own_code(kind: str, picture: Picture) -> None:
    model = seeded(Own(kind), 32)
    tokens = tokens_of(model)
    assert (tokens.count, tokens.layout.grid, tokens.layout.prefix) == (16, (4, 4), 0)
    assert tokens.places == (0, 1)
    for name in NAMES[:2]:
        assert heat_of(model, picture, name).max() > 0
    sentence = get("legrad").fits(model, "")
    assert (sentence == "") == (kind == "encoder")
    assert kind == "encoder" or "has no block around each layer of attention" in sentence


def test_other_models_are_refused_in_one_sentence(
    tiny: Classifier, tiny_swin: Classifier, picture: Picture
) -> None:
    for name in NAMES:
        assert get(name).fits(tiny, "").startswith("Tiny is no transformer, it computes no")
        assert "it works in windows or at several resolutions: pick" in get(name).fits(
            tiny_swin, ""
        )
        with pytest.raises(UnsupportedLayer, match="such as Grad-CAM"):
            heat_of(tiny, picture, name)


def test_a_class_without_a_gradient_has_no_gradient_map(picture: Picture) -> None:
    net = timm.models.VisionTransformer(
        img_size=32, patch_size=8, embed_dim=16, depth=2, num_heads=4, num_classes=4
    )
    model = seeded(net, 32)
    with torch.no_grad():
        net.head.weight[CLASS] = 0
    made = [run(*asked(model, model.prepare(picture), (), CLASS, name)) for name in NAMES]
    assert made[0].heat.any()
    assert made[0].notes == (CLASSLESS,)
    for each in made[1:]:
        assert not each.heat.any()
        assert each.notes == ("The map is empty: the method gives 0 everywhere.",)


def test_other_weights_give_other_maps(tiny_vit: Classifier, picture: Picture) -> None:
    def change(net: nn.Module) -> None:
        for parameter in net.parameters():
            parameter.mul_(0.5)

    before = {name: heat_of(tiny_vit, picture, name) for name in NAMES}
    twin = tiny_vit.reweighted(change, "2" * 64)
    net = copy.deepcopy(tiny_vit._model)
    change(net)
    fresh = Classifier(net, tiny_vit.card)
    for name in NAMES:
        np.testing.assert_allclose(
            heat_of(twin, picture, name), heat_of(fresh, picture, name), rtol=1e-5
        )
        np.testing.assert_array_equal(heat_of(tiny_vit, picture, name), before[name])
        assert not np.allclose(before[name], heat_of(twin, picture, name), rtol=1e-2)


@pytest.mark.parametrize("mask", ["none", "bool", "float"])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_watched_attention_is_the_fused_one(mask: str, scale: float | None) -> None:
    rng = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, 2, 5, 4, generator=rng) for _ in range(3))
    noise = torch.randn(5, 5, generator=rng)
    given = {"none": None, "float": noise, "bool": noise.fill_diagonal_(1.0) > 0}[mask]
    attend: Callable[..., Tensor] = functional.scaled_dot_product_attention
    expected = attend(q, k, v, attn_mask=given, scale=scale)
    with Watching() as watching:
        torch.testing.assert_close(attend(q, k, v, attn_mask=given, scale=scale), expected)
        attend(q, k, v, is_causal=True)
    (seen,) = watching.seen
    torch.testing.assert_close(seen @ v, expected)
    torch.testing.assert_close(seen.sum(-1), torch.ones(1, 2, 5))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_multi_head_attention_is_torchs(first: bool, masked: bool) -> None:
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(8, 2, batch_first=first).eval().requires_grad_(False)
    x = torch.randn(1, 5, 8) if first else torch.randn(5, 1, 8)
    mask = torch.eye(5, dtype=torch.bool) if masked else None
    expected = layer(x, x, x, need_weights=True, average_attn_weights=False, attn_mask=mask)
    with Watching() as watching:
        given = layer(x, x, x, need_weights=False, attn_mask=mask)[0]
    torch.testing.assert_close(given, expected[0])
    assert len(watching.seen) == (0 if masked else 1)  # torch keeps what has a mask to itself
    for seen in watching.seen:
        torch.testing.assert_close(seen, expected[1])


def test_a_thread_sees_no_attention_of_another() -> None:
    q = torch.randn(1, 2, 5, 4)
    with Watching() as watching, ThreadPoolExecutor(1) as pool:
        pool.submit(functional.scaled_dot_product_attention, q, q, q).result()
    assert watching.seen == []
    functional.scaled_dot_product_attention(q, q, q)
    assert watching.seen == []
    assert classifier_of(nn.Sequential(nn.Conv2d(3, 4, 32), nn.Flatten())).shapes()
