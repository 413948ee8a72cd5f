"""ScoreCAM against the stock package and against the paper's formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from core import Heat
from core.explain import methods
from core.explain.base import Subject
from core.explain.cams import score
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from core.requests.maps import MapRequest
from tests.conftest import asked, run

NAME = "score-cam"
RUN = methods.get(NAME).run


@pytest.fixture(name="request_of")
def request_of_fixture(request_of: Callable[..., Any]) -> Callable[..., Any]:
    """As everywhere, for Score-CAM."""
    return partial(request_of, method=NAME)


def by_the_paper(request: MapRequest, subject: Subject) -> Heat:
    """Return sum_k softmax(y(X * scaled A_k)) A_k, one channel at a time."""
    classifier, batch = subject.classifier, subject.prepared.batch
    split = classifier.split(request.layers[0])
    maps = split.maps(split.head(batch)[0])[0]
    scores = []
    for channel in maps:
        size = batch.shape[-2:]
        large = interpolate(channel[None, None], size=size, mode="bilinear", align_corners=True)
        span = large.max() - large.min()
        mask = (large - large.min()) / span if span > 0 else torch.zeros_like(large)
        scores.append(classifier.logits(batch * mask)[0, request.target])
    weights = torch.stack(scores).softmax(dim=0)
    return (weights[:, None, None] * maps).sum(dim=0).numpy()


@pytest.mark.parametrize("smooth", ["none", "eigen", "aug", "both"])
@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0"])
def test_equals_the_package(
    layer: str,
    smooth: str,
    request_of: Callable[..., tuple[MapRequest, Subject]],
    stock: Callable[..., Heat],
) -> None:
    one = request_of(layers=(layer,), smooth=smooth)
    np.testing.assert_allclose(RUN(*one).shown, stock(*one), atol=1e-3)


@pytest.mark.parametrize("smooth", ["none", "eigen", "aug", "both"])
def test_before_an_in_place_relu_equals_the_package_where_nothing_is_overwritten(
    smooth: str, request_of: Callable[..., tuple[MapRequest, Subject]], stock: Callable[..., Heat]
) -> None:
    before, behind = (
        request_of(layers=(layer,), smooth=smooth) for layer in ("blocks.0.1", "blocks.0.2")
    )
    ours = RUN(*before).shown
    np.testing.assert_allclose(ours, stock(*before, overwrite=False), atol=1e-3)
    # As the package is, it gives the map behind the ReLU instead, which is another one.
    np.testing.assert_allclose(stock(*before), RUN(*behind).shown, atol=1e-3)
    assert np.abs(ours - RUN(*behind).shown).max() > 0.1


@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0.1", "stem.0"])
def test_equals_the_paper_at_any_layer(
    layer: str, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    for index in range(4):
        one = request_of(layers=(layer,), target=index)
        expected = by_the_paper(*one)
        np.testing.assert_allclose(RUN(*one).heat, expected, atol=1e-4 * np.abs(expected).max())


def batches_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []
    logits = Classifier.logits

    def counted(self: Classifier, batch: torch.Tensor, precision: str = "exact") -> torch.Tensor:
        sizes.append(len(batch))
        return logits(self, batch, precision)

    monkeypatch.setattr(Classifier, "logits", counted)
    return sizes


def test_masked_pictures_are_made_a_chunk_at_a_time(
    request_of: Callable[..., tuple[MapRequest, Subject]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RUN(*request_of())
    sizes = batches_of(monkeypatch)
    monkeypatch.setattr(score, "CHUNK_PIXELS", 5 * 32 * 32)
    made = RUN(*request_of())
    assert max(sizes) == 5
    assert sum(size for size in sizes if size > 1) <= 12
    np.testing.assert_allclose(made.heat, whole.heat, atol=1e-4)


def test_empty_channels_are_scored_once(
    one_conv: Callable[..., Classifier], picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = torch.tensor([[1.0, 0, 0], [-1.0, 0, 0], [0, -1.0, 0], [0, 1.0, 0], [0, 0, -1.0]])
    classifier = one_conv(kernel, torch.rand(2, 5, generator=torch.Generator().manual_seed(0)))
    one = asked(classifier, classifier.prepare(picture), ("relu",), 1, NAME)
    sizes = batches_of(monkeypatch)
    made = RUN(*one)
    assert sizes[0] == 3
    assert made.passes == 3 + 1
    np.testing.assert_allclose(made.heat, by_the_paper(*one), atol=1e-6)


def test_channels_with_the_same_mask_are_scored_once(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    kernel = torch.tensor([[1.0, 0, 0], [0, 2.0, 0], [-1.0, 0, 0], [4.0, 0, 0], [0, 0.5, 0]])
    classifier = one_conv(kernel, torch.rand(2, 5, generator=torch.Generator().manual_seed(0)))
    one = asked(classifier, classifier.prepare(picture), ("relu",), 1, NAME)
    made = RUN(*one)
    assert made.passes == 3 + 1
    np.testing.assert_allclose(made.heat, by_the_paper(*one), atol=1e-6)


def test_distinct_names_the_first_of_each_kind() -> None:
    place, other = torch.zeros(2, 3, 3)
    place[1, 2], other[0, 0] = 1.0, 1.0
    ramp = torch.arange(9.0).view(3, 3)
    maps = torch.stack([3 * place, ramp, 0 * ramp, other, 7 * place, ramp + 5, 2 + 0 * ramp])
    order, which = score.distinct(maps)
    assert order.tolist() == [0, 1, 2, 3]
    assert which.tolist() == [0, 1, 2, 3, 0, 1, 2]
    near = torch.stack([ramp, ramp + 1e-3 * place])
    assert score.distinct(near)[0].tolist() == [0, 1]


def test_a_layer_of_empty_channels_gives_an_empty_map(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    classifier = one_conv(-torch.eye(3), torch.ones(2, 3))
    made = RUN(*asked(classifier, classifier.prepare(picture), ("relu",), 0, NAME))
    assert not made.heat.any()
    assert made.notes == ("The map is empty: the method gives 0 everywhere.",)


def test_a_budget_is_honest(request_of: Callable[..., tuple[MapRequest, Subject]]) -> None:
    request, subject = request_of(options={"channels": 3})
    made = RUN(request, subject)
    split = subject.classifier.split("blocks.1")
    maps = split.head(subject.prepared.batch)[0][0]
    keep = set(maps.amax(dim=(1, 2)).topk(3).indices.tolist())
    chosen = set(score.chosen_channels(maps, 3).tolist())
    assert chosen == keep
    assert made.passes <= 3 + 1
    assert methods.get(NAME).cost(request, subject.classifier) == 3 + 1
    assert "Only the 3 of 12 channels" in made.notes[0]
    everything = RUN(*request_of(options={"channels": 12}))
    np.testing.assert_array_equal(everything.heat, RUN(*request_of()).heat)
    assert everything.notes == ()


def test_fast_is_recorded_as_what_was_done(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    request, subject = request_of(precision="fast")
    possible = subject.classifier.effective_precision("fast")
    exact, made = RUN(*request_of()), RUN(request, subject)
    assert made.precision == possible
    assert bool(made.notes) == (possible == "exact")
    assert np.corrcoef(exact.shown.ravel(), made.shown.ravel())[0, 1] > 0.99
    assert run(*request_of(method="grad-cam", precision="fast")).precision == "exact"


def test_masks_are_zero_to_one() -> None:
    maps = torch.stack([torch.zeros(3, 3), torch.full((3, 3), -2.0), torch.arange(9.0).view(3, 3)])
    masks = score.masks(maps, (7, 5))
    assert masks.shape == (3, 1, 7, 5)
    assert not masks[:2].any()
    assert masks[2].min() == 0
    assert masks[2].max() == pytest.approx(1)
