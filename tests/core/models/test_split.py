"""Head and tail equal the model, at any layer, from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.models.classifier import Classifier
from core.models.load import load
from tests.conftest import classifier_of, tiny_net

CPU = torch.device("cpu")
SMALL = (
    "alexnet",
    "densenet121",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin_t",
    "vit_b_32",
)


def gradient(classifier: Classifier, path: str, batch: Tensor, index: int) -> Tensor:
    split = classifier.split(path)
    leaf, *rest = split.head(batch)
    leaf = leaf.detach().requires_grad_()
    return torch.autograd.grad(split.tail(leaf, *rest)[:, index].sum(), leaf)[0]


def batch_for(classifier: Classifier, count: int = 1, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, *classifier.input_size, generator=rng)


@pytest.mark.parametrize("arch", SMALL)
def test_default_layer_of_every_family(arch: str) -> None:
    classifier = load(f"{arch}:random", CPU)
    batch = batch_for(classifier)
    split = classifier.split(classifier.default_layer)
    values = split.head(batch)
    with torch.no_grad():
        plain = classifier.logits(batch)
        torch.testing.assert_close(split.tail(*values), plain, rtol=1e-5, atol=1e-6)
        two = split.tail(*(value.expand(2, *value.shape[1:]) for value in values))
    torch.testing.assert_close(two, plain.expand(2, -1), rtol=1e-4, atol=1e-5)
    slope = split.maps(gradient(classifier, split.path, batch, 3))
    assert slope.shape[1:] == classifier.check_layer(split.path).shape
    # Behind a ViT's last block 1 place of 50 reaches the logit; a ReLU may silence some.
    assert (slope.abs().sum(1) > 0).float().mean() > 0.5


@pytest.mark.parametrize(
    "path",
    [
        "stem",
        "stem.0",
        "stem.1",
        "stem.2",
        "pool",
        "blocks.0",
        "blocks.0.1",
        "blocks.1.2",
        "blocks",
    ],
)
def test_every_layer_of_tiny(tiny: Classifier, path: str) -> None:
    batch = batch_for(tiny, 2)
    split = tiny.split(path)
    values = split.head(batch)
    kept = [value.clone() for value in values]
    assert torch.equal(split.tail(*values), tiny.logits(batch))
    for value, before in zip(values, kept, strict=True):
        assert torch.equal(value, before)  # in-place layers of the tail work on copies
    assert split.leaf_shape[1:] == values[0].shape[1:]


def test_leaf_is_the_layers_own_output() -> None:
    net = tiny_net()
    batch = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net.stem[1](net.stem[0](batch))
    leaf = classifier_of(net).split("stem.1").head(batch)[0]
    assert torch.equal(leaf, expected)
    assert leaf.min() < 0  # the in-place ReLU behind it has not touched it


def test_gradient_equals_autograd_through_the_whole_model() -> None:
    net = tiny_net()
    batch = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    middle = net.pool(net.stem(batch)).detach().requires_grad_()
    logits = net.fc(net.avgpool(net.blocks(middle)).flatten(1))
    expected = torch.autograd.grad(logits[0, 2], middle)[0]
    assert torch.allclose(gradient(classifier_of(net), "pool", batch, 2), expected, atol=1e-7)


def test_residual_is_carried_past_a_layer_inside_a_block() -> None:
    classifier = load("resnet18:random", CPU)
    batch = batch_for(classifier, 2)
    for path in ("layer4.1.conv2", "layer4.1.bn2", "layer3.0.conv1"):
        values = classifier.split(path).head(batch)
        assert len(values) == 2
        assert torch.equal(classifier.split(path).tail(*values), classifier.logits(batch))


def test_big_batches_without_gradients_stay_within_a_ten_thousandth() -> None:
    classifier = load("resnet18:random", CPU)
    batch = batch_for(classifier, 4)
    for path in ("layer3.1", "layer4.1.conv1", "layer4.1.bn1"):
        split = classifier.split(path)
        values = split.head(batch)
        few = torch.cat([split.tail(*(v[i : i + 1] for v in values)) for i in range(4)])
        with torch.no_grad():
            many = split.tail(*values)
        assert (many - few).abs().max() <= 1e-4 * few.abs().max()


def test_fast_is_close_and_float32_outside() -> None:
    classifier = load("resnet18:random", CPU)
    batch = batch_for(classifier, 2)
    for path in ("layer2.1", "layer4.1.conv2"):
        split = classifier.split(path)
        values = split.head(batch, "fast")
        logits = split.tail(*values, precision="fast")
        assert {value.dtype for value in (*values, logits)} == {torch.float32}
        exact = classifier.logits(batch)
        assert (logits - exact).abs().max() <= 0.1 * exact.abs().max()


class Twice(nn.Module):
    """Uses one layer in two places, and another one not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.spare = nn.Conv2d(3, 3, 1)
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.conv(self.conv(batch)).mean((2, 3)))


class Branching(nn.Module):
    """Takes another way for other numbers, inside a part."""

    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, batch: Tensor) -> Tensor:
            x = self.conv(batch)
            return x if list(x) else -x

    def __init__(self) -> None:
        super().__init__()
        self.part = self.Part()
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.part(batch).mean((2, 3)))


class SameName(nn.Module):
    """Keeps the input of an in-place layer alive: both are one array."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        x = self.conv(batch)
        return self.fc((self.relu(x) + 2 * x).mean((2, 3)))


class Sized(nn.Module):
    """Reads sizes of its input before the layer and uses them behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        count, channels, _, _ = batch.shape
        return self.fc(self.conv(batch).reshape(count, channels, -1).mean(2))


def test_layer_that_runs_twice_or_never_is_refused() -> None:
    classifier = classifier_of(Twice())
    with pytest.raises(UnsupportedLayer, match=r"conv runs 2 times.*pick"):
        classifier.split("conv")
    with pytest.raises(UnsupportedLayer, match=r"spare does not run"):
        classifier.split("spare")


def test_way_that_cannot_be_followed_is_cut_as_exactly() -> None:
    classifier = classifier_of(Branching())
    batch = batch_for(classifier)
    for path in ("part.conv", "part"):
        split = classifier.split(path)
        assert torch.equal(split.tail(*split.head(batch)), classifier.logits(batch))


def test_two_names_of_one_array_are_one_leaf() -> None:
    torch.manual_seed(0)
    classifier = classifier_of(SameName())
    batch = batch_for(classifier)
    split = classifier.split("relu")
    values = split.head(batch)
    assert len(values) == 1
    assert torch.equal(split.tail(*values), classifier.logits(batch))
    doubled = split.tail(2 * values[0]) - classifier._model.fc.bias
    torch.testing.assert_close(doubled, 2 * (classifier.logits(batch) - classifier._model.fc.bias))


def test_sizes_follow_the_leaf() -> None:
    classifier = classifier_of(Sized())
    split = classifier.split("conv")
    values = split.head(batch_for(classifier))
    assert len(values) == 1
    assert split.tail(values[0].repeat(3, 1, 1, 1)).shape == (3, 4)


def test_maps_of_tokens_drop_the_class_token() -> None:
    classifier = load("vit_b_32:random", CPU)
    split = classifier.split(classifier.default_layer)
    leaf = torch.arange(50 * 768, dtype=torch.float32).reshape(1, 50, 768)
    maps = split.maps(leaf)
    assert (split.layout.kind, split.channel_axis) == ("class token first", 2)
    assert maps.shape == (1, 768, 7, 7)
    assert torch.equal(maps[0, :, 1, 2], leaf[0, 1 + 7 + 2])


def test_maps_of_channels_last() -> None:
    classifier = load("swin_t:random", CPU)
    split = classifier.split("features.7.1.norm1")
    leaf = torch.rand(1, 7, 7, 768)
    assert (split.layout.kind, split.channel_axis) == ("channels last", 3)
    assert torch.equal(split.maps(leaf)[0, :, 2, 5], leaf[0, 2, 5])


def test_four_threads_equal_serial_while_others_trace() -> None:
    classifier = load("resnet18:random", CPU)
    batches = [batch_for(classifier, seed=seed)[:, :, :64, :64] for seed in range(8)]
    paths = ("layer4.1", "layer4.1.conv2")
    jobs = [(path, batch) for path in paths for batch in batches] * 4
    others = [name for name, _ in classifier._model.named_modules() if name.startswith("layer")]

    def work(job: tuple[str, Tensor]) -> Tensor:
        torch.set_num_threads(1)
        return gradient(classifier, job[0], job[1], 5)

    def trace(path: str) -> None:
        torch.set_num_threads(1)
        try:
            classifier.split(path)
        except UnsupportedLayer as error:
            assert "runs 2 times" in str(error)  # noqa: PT017  a block's ReLU

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        serial = [work(job) for job in jobs]
        with ThreadPoolExecutor(5) as pool:
            found = [pool.submit(work, job) for job in jobs]
            traced = [pool.submit(trace, path) for path in others]
            parallel = [future.result() for future in found]
            for future in traced:
                future.result()
    finally:
        torch.set_num_threads(threads)
    assert len(jobs) == 64
    assert all(torch.equal(left, right) for left, right in zip(serial, parallel, strict=True))


def test_nothing_is_left_on_the_model(tiny: Classifier) -> None:
    gradient(tiny, "blocks.0", batch_for(tiny), 1)
    for module in tiny._model.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in tiny._model.parameters())
    assert not tiny._model.training
