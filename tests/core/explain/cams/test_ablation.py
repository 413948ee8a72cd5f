"""AblationCAM against the stock package and against the paper's formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import Heat
from core.explain import methods, scaling
from core.explain.base import Subject
from core.explain.cams import ablation
from core.explain.cams.affine import is_affine
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from core.requests.maps import MapRequest
from tests.conftest import asked, blocks_picture, classifier_of, run

NAME = "ablation-cam"
RUN = methods.get(NAME).run


@pytest.fixture(name="request_of")
def request_of_fixture(request_of: Callable[..., Any]) -> Callable[..., Any]:
    """As everywhere, for Ablation-CAM."""
    return partial(request_of, method=NAME)


def by_the_paper(request: MapRequest, subject: Subject) -> Heat:
    """Return sum_k w_k A_k with w_k = (y - y_k) / y, one channel at a time."""
    split = subject.classifier.split(request.layers[0])
    leaf, *rest = split.head(subject.prepared.batch)
    with torch.no_grad():
        score = split.tail(leaf, *rest)[0, request.target]
        maps, heat = split.maps(leaf)[0], 0
        for channel in range(len(maps)):
            without = leaf.clone()
            without.select(split.channel_axis, channel).zero_()
            lower = split.tail(without, *rest)[0, request.target]
            heat = heat + (score - lower) / score * maps[channel]
    return heat.numpy()


@pytest.mark.parametrize("smooth", ["none", "aug"])
@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0", "pool"])
def test_equals_the_package_where_the_minimum_is_zero(
    layer: str,
    smooth: str,
    request_of: Callable[..., tuple[MapRequest, Subject]],
    stock: Callable[..., Heat],
) -> None:
    request, subject = request_of(layers=(layer,), smooth=smooth)
    leaf = subject.classifier.split(layer).head(subject.prepared.batch)[0]
    assert leaf.min() == 0
    expected = stock(request, subject)
    np.testing.assert_allclose(RUN(request, subject).shown, expected, atol=1e-3)


def test_eigen_smoothing_equals_the_package_s_up_to_its_sign(
    request_of: Callable[..., tuple[MapRequest, Subject]], stock: Callable[..., Heat]
) -> None:
    for layer in ("blocks.1", "blocks.0"):
        one = request_of(layers=(layer,), smooth="eigen")
        heat, expected = RUN(*one).heat, stock(*one)
        either = [scaling.shown([sign * heat], (32, 32)) for sign in (1, -1)]
        assert min(np.abs(shown - expected).max() for shown in either) < 1e-3


@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0.0", "blocks.0.1", "stem"])
def test_equals_the_paper_at_any_layer(
    layer: str, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    for index in range(4):
        one = request_of(layers=(layer,), target=index)
        expected = by_the_paper(*one)
        np.testing.assert_allclose(RUN(*one).heat, expected, atol=1e-4 * np.abs(expected).max())


def test_tokens_lose_a_channel_everywhere(
    tiny_vit: Classifier, tiny_swin: Classifier, picture: Picture
) -> None:
    for classifier in (tiny_vit, tiny_swin):
        for layer in classifier.layers():
            one = asked(classifier, classifier.prepare(picture), (layer.path,), 1, NAME)
            expected = by_the_paper(*one)
            made = RUN(*one)
            assert made.passes == layer.shape[0] + 1
            np.testing.assert_allclose(made.heat, expected, atol=1e-3 * np.abs(expected).max())


def test_chunks_and_the_last_shorter_chunk_do_not_matter(
    request_of: Callable[..., tuple[MapRequest, Subject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = request_of(layers=("blocks.0",))
    whole = RUN(*one)
    leaf_bytes = 12 * 16 * 16 * 4
    for rows in (1, 5, 12):
        monkeypatch.setattr(ablation, "CHUNK_BYTES", rows * leaf_bytes)
        np.testing.assert_allclose(RUN(*one).heat, whole.heat, atol=1e-5)


def test_an_affine_tail_needs_two_passes_and_gives_the_same(
    request_of: Callable[..., tuple[MapRequest, Subject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, subject = request_of()
    quick = RUN(request, subject)
    assert quick.passes == 2
    assert methods.get(NAME).cost(request, subject.classifier) == 2
    monkeypatch.setattr(ablation, "is_affine", lambda logits: False)
    slow = RUN(request, subject)
    assert slow.passes == 12 + 1
    np.testing.assert_allclose(quick.heat, slow.heat, atol=1e-5)


def test_a_wrong_account_of_the_score_is_not_used(
    request_of: Callable[..., tuple[MapRequest, Subject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = request_of(layers=("blocks.0",))
    right = RUN(*one)
    monkeypatch.setattr(ablation, "is_affine", lambda logits: True)
    made = RUN(*one)
    assert made.passes == right.passes == 12 + 1
    np.testing.assert_array_equal(made.heat, right.heat)


def test_the_cost_of_a_new_model_is_a_pass_per_channel_and_traces_nothing(
    one_conv: Callable[..., Classifier], picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = one_conv(KERNEL, torch.ones(2, 3))
    request, _ = asked(classifier, classifier.prepare(picture), ("relu",), 0, NAME)
    monkeypatch.setattr(Classifier, "split", None)
    assert methods.get(NAME).cost(request, classifier) == 3 + 1


LINEAR = nn.Linear(8, 4).requires_grad_(False)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (lambda x: LINEAR(torch.flatten(nn.AdaptiveAvgPool2d(1)(x), 1)), True),
        (lambda x: LINEAR(x.mean((2, 3))), True),
        (lambda x: LINEAR(nn.functional.adaptive_avg_pool2d(x, 2).flatten(2)[..., 0]), True),
        (lambda x: LINEAR((x + 1).permute(0, 2, 3, 1)).mean((1, 2)), True),
        (lambda x: nn.functional.conv2d(x, torch.ones(4, 8, 3, 3)).flatten(1), True),
        (lambda x: LINEAR(x.relu().mean((2, 3))), False),
        (lambda x: LINEAR((x * x).mean((2, 3))), False),
        (lambda x: LINEAR((1 / x).mean((2, 3))), False),
        (lambda x: LINEAR(x.amax((2, 3))), False),
        (lambda x: LINEAR(nn.functional.layer_norm(x.mean((2, 3)), (8,))), False),
        (lambda x: LINEAR(x.mean((2, 3))) @ LINEAR(x.mean((2, 3))).T, False),
    ],
)
def test_affine_is_told_from_the_operations(
    tail: Callable[[Tensor], Tensor], *, expected: bool
) -> None:
    leaf = torch.rand(1, 8, 3, 3).requires_grad_()
    assert is_affine(tail(leaf)) is expected


def test_without_a_record_nothing_is_affine() -> None:
    assert not is_affine(torch.zeros(1, 4))


KERNEL = torch.eye(3)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.0, 0.0, 0.0], "score is 0"),
        ([1e-5, 0.0, 0.0], "nearly 0"),
        ([-1.0, 0.0, 0.0], "negative"),
        ([1.0, 0.0, 0.0], None),
    ],
)
def test_scores_that_make_weights_odd_are_told(
    row: list[float],
    words: str | None,
    one_conv: Callable[..., Classifier],
    picture: Picture,
) -> None:
    classifier = one_conv(KERNEL, torch.tensor([row, [1.0, 1.0, 1.0]]))
    made = RUN(*asked(classifier, classifier.prepare(picture), ("relu",), 0, NAME))
    assert np.isfinite(made.heat).all()
    if words is None:
        assert made.notes == ()
    else:
        assert words in made.notes[0]


def test_by_hand(one_conv: Callable[..., Classifier], picture: Picture) -> None:
    weight = torch.tensor([[1.0, 2.0, 0.5]])
    classifier = one_conv(KERNEL, weight)
    prepared = classifier.prepare(picture)
    terms = weight[0] * prepared.batch[0].mean(dim=(1, 2))
    expected = ((terms / terms.sum())[:, None, None] * prepared.batch[0]).sum(dim=0)
    made = RUN(*asked(classifier, prepared, ("relu",), 0, NAME))
    np.testing.assert_allclose(made.heat, expected, atol=1e-6)


class Unmoved(nn.Module):
    """Its logits hardly depend on the picture; not affine behind the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4, 4)
        with torch.no_grad():
            self.fc.weight.mul_(1e-7)
            self.fc.bias.copy_(torch.linspace(1, 9, 4))

    def forward(self, batch: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.conv(batch).square().mean((2, 3)).sqrt())
        return logits


@pytest.mark.parametrize(
    "method", [NAME, "score-cam", "grad-cam", "layer-cam", "finer-cam", "eigen-grad-cam"]
)
def test_rounding_is_not_drawn(method: str) -> None:
    """A class that the layer does not move: what its score loses is rounding alone."""
    torch.manual_seed(0)
    classifier = classifier_of(Unmoved())
    found = run(*asked(classifier, classifier.prepare(blocks_picture()), ("conv",), 1, method))
    assert not found.heat.any()
    assert not found.shown.any()
    assert any("rounding of the model's answers" in note for note in found.notes)
