"""Models that torch.fx cannot follow are cut as exactly as all others."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.models.classifier import Classifier
from core.models.split_tapped import TappedPlan
from tests.conftest import asked, blocks_picture, classifier_of, run
from tests.core.models.test_split import batch_for, gradient


class Block(nn.Module):
    """A residual block whose activation writes into what its convolution gave."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, batch: Tensor) -> Tensor:
        return batch + self.relu(self.conv(self.norm(batch)))


class Untraceable(nn.Module):
    """Looks at its numbers' sizes in ways that torch.fx cannot follow.

    `kind` is how an early layer reaches the logits besides the way through the blocks: not at all,
    by being added, or by a choice that has no gradient.
    """

    def __init__(self, kind: str = "none") -> None:
        super().__init__()
        self.kind = kind
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.blocks = nn.ModuleList([Block(), Block(), Block()])
        self.side = nn.Conv2d(3, 4, 1)
        self.fc = nn.Linear(4, 4)

    def forward(self, batch: Tensor) -> Tensor:
        side = self.side(batch).mean((2, 3))
        x = self.stem(batch)
        for block in self.blocks[: len(list(batch.shape)) - 1]:
            x = block(x)
        logits: Tensor = self.fc(x.mean((2, 3)))
        if self.kind == "added":
            return logits + side
        if self.kind == "chosen":
            return logits + nn.functional.one_hot(side.argmax(1), 4)
        return logits


def untraceable(kind: str = "none") -> Classifier:
    torch.manual_seed(0)
    return classifier_of(Untraceable(kind))


def plan_at(classifier: Classifier, path: str) -> TappedPlan:
    plan = classifier.split(path)._plan
    assert isinstance(plan, TappedPlan)
    return plan


PATHS = ("stem", "blocks.0", "blocks.1.norm", "blocks.1.conv", "blocks.2.relu", "blocks.2")


@pytest.mark.parametrize("kind", ["none", "added", "chosen"])
@pytest.mark.parametrize("path", PATHS)
def test_head_and_tail_are_the_model(kind: str, path: str) -> None:
    classifier, batch = untraceable(kind), batch_for(untraceable(), 3)
    plan_at(classifier, path)
    split = classifier.split(path)
    values = split.head(batch)
    before = [value.clone() for value in values]
    for _ in range(2):
        torch.testing.assert_close(split.tail(*values), classifier.logits(batch))
    assert all(map(torch.equal, values, before))


@pytest.mark.parametrize("path", PATHS)
def test_gradient_is_that_of_the_whole_model(path: str) -> None:
    classifier, batch = untraceable("added"), batch_for(untraceable())
    net = copy.deepcopy(classifier._model)
    kept: list[Tensor] = []

    def keep(module: nn.Module, given: Sequence[Tensor], result: Tensor) -> Tensor:
        kept.append(result.detach().requires_grad_())
        return kept[0].clone()

    net.get_submodule(path).register_forward_hook(keep)
    expected = torch.autograd.grad(net(batch)[0, 2], kept)[0]
    torch.testing.assert_close(gradient(classifier, path, batch, 2), expected)


def test_only_what_reaches_the_logits_is_carried() -> None:
    classifier, batch = untraceable(), batch_for(untraceable())
    assert len(classifier.split("blocks.2").head(batch)) == 1
    carried = classifier.split("blocks.2.conv").head(batch)
    assert [tuple(value.shape) for value in carried] == [(1, 4, 32, 32)] * 2
    unused = [part.path for part in plan_at(classifier, "blocks.2").replayed if not part.used]
    assert unused == ["side", "stem", "blocks.0", "blocks.1"]


def test_a_choice_without_a_gradient_is_noticed() -> None:
    plan = plan_at(untraceable("chosen"), "blocks.2")
    assert plan.input_used
    assert all(part.used for part in plan.replayed)


def test_the_shared_model_stays_as_it_was() -> None:
    classifier = untraceable()
    before = {name: set(vars(module)) for name, module in classifier._model.named_modules()}
    run(*asked(classifier, classifier.prepare(blocks_picture()), ("blocks.1",)))
    after = {name: set(vars(module)) for name, module in classifier._model.named_modules()}
    assert before == after


@pytest.mark.parametrize("method", ["grad-cam", "ablation-cam", "score-cam"])
def test_64_maps_from_4_threads_equal_serial(method: str) -> None:
    classifier = untraceable("added")
    prepared = classifier.prepare(blocks_picture())
    jobs = [(PATHS[number % len(PATHS)], number % 4) for number in range(64)]

    def heat(job: tuple[str, int]) -> Tensor:
        path, target = job
        request = asked(classifier, prepared, (path,), target, method)
        return torch.from_numpy(run(*request).heat.copy())

    expected = {job: heat(job) for job in set(jobs)}
    with ThreadPoolExecutor(4) as pool:
        heats = list(pool.map(heat, jobs))
    assert all(torch.equal(expected[job], found) for job, found in zip(jobs, heats, strict=True))


class Overwriting(nn.Module):
    """Writes over what a gradient would need."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.second = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(2))
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        x = self.conv(batch) if list(batch.shape) else batch
        x += self.second(x)
        return self.fc(x.mean((2, 3)))


def test_a_model_without_gradients_is_cut_as_well() -> None:
    torch.manual_seed(0)
    classifier = classifier_of(Overwriting())
    batch = batch_for(classifier)
    values = classifier.split("conv").head(batch)
    with torch.no_grad():
        for _ in range(2):
            torch.testing.assert_close(
                classifier.split("conv").tail(*values), classifier.logits(batch)
            )


def test_a_gradient_that_cannot_be_taken_is_said_in_words() -> None:
    classifier = classifier_of(Overwriting())
    prepared = classifier.prepare(blocks_picture())
    with pytest.raises(UnsupportedLayer, match=r"No gradient .* layer conv .*: pick a method"):
        run(*asked(classifier, prepared, ("conv",)))
    assert run(*asked(classifier, prepared, ("conv",), method="ablation-cam")).heat.any()


class Patches(nn.Module):
    """Sees the picture as 16 patches, a row each, and adds what it gets to the places."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(192, 4)
        self.conv = nn.Conv2d(3, 4, 8, stride=8)
        self.fc = nn.Linear(4, 4)
        self.bias = nn.Parameter(torch.randn(16, 4))

    def forward(self, batch: Tensor) -> Tensor:
        patches = batch.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 1, 4, 5)
        rows = self.inner(patches.reshape(-1, 192))
        table = self.bias.relu()
        x = self.conv(batch).flatten(2).transpose(1, 2)
        logits: Tensor = self.fc((x + table + rows.reshape(len(x), 16, 4)).relu().mean(1))
        return logits


class Plain(Patches):
    """The same where torch.fx can follow the sizes."""

    def forward(self, batch: Tensor) -> Tensor:
        rows = self.inner(batch.unfold(2, 8, 8).unfold(3, 8, 8).transpose(1, 2).reshape(-1, 192))
        x = self.conv(batch).flatten(2).transpose(1, 2)
        table = self.bias.relu()
        logits: Tensor = self.fc((x + table + rows.reshape(batch.size(0), 16, 4)).relu().mean(1))
        return logits


@pytest.mark.parametrize("kind", [Patches, Plain])
def test_rows_that_are_no_pictures_do_not_meet_other_pictures(kind: type[Patches]) -> None:
    """Ablation runs many pictures through the tail, whose other values hold one picture's."""
    torch.manual_seed(0)
    classifier = classifier_of(kind())
    prepared = classifier.prepare(blocks_picture())
    found = run(*asked(classifier, prepared, ("conv",), 1, "ablation-cam")).heat
    split = classifier.split("conv")
    leaf, *rest = split.head(prepared.batch)
    with torch.no_grad():
        logits = split.tail(leaf, *rest)[0, 1]
        each = [leaf * (torch.arange(4) != c).view(1, 4, 1, 1) for c in range(4)]
        lost = torch.stack([logits - split.tail(part, *rest)[0, 1] for part in each])
    expected = (lost.view(4, 1, 1) / logits * leaf[0]).sum(0).relu()
    torch.testing.assert_close(torch.from_numpy(found), expected)


class Twice(nn.Module):
    """Untraceable, and uses one layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.fc = nn.Linear(3, 4)

    def forward(self, batch: Tensor) -> Tensor:
        for _ in range(len(list(batch.shape)) - 2):
            batch = self.conv(batch)
        return self.fc(batch.mean((2, 3)))


def test_layer_that_runs_twice_is_refused() -> None:
    with pytest.raises(UnsupportedLayer, match=r"conv runs 2 times in one pass: pick"):
        classifier_of(Twice()).split("conv")
    with pytest.raises(UnsupportedLayer, match=r"conv runs 2 times in one pass: pick"):
        classifier_of(Twice()).readout(["conv"])


def test_units_are_read_without_tracing() -> None:
    classifier, batch = untraceable(), batch_for(untraceable(), 5)
    readout = classifier.readout(["blocks.1", "blocks.0.conv", "fc"])
    block, conv, logits = readout(batch)
    assert readout.taps[0].layout == "channels first"
    torch.testing.assert_close(logits.values, classifier.logits(batch))
    split = classifier.split("blocks.1").head(batch)[0]
    torch.testing.assert_close(block.values, split.mean((2, 3)))
    leaf = classifier.split("blocks.0.conv").head(batch)[0]
    torch.testing.assert_close(conv.places, leaf.flatten(2).max(2).indices)
