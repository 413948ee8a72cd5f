"""ScoreCAM against the stock package and against the paper's formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from core import Heat
from core.explain import methods
from core.explain.base import Request
from core.explain.cams import score
from core.models.classifier import Classifier
from core.pictures.picture import Picture

RUN = methods.get("score-cam").run


def by_the_paper(request: Request) -> Heat:
    """Return sum_k softmax(y(X * scaled A_k)) A_k, one channel at a time."""
    classifier, batch = request.classifier, request.prepared.batch
    split = classifier.split(request.layers[0])
    maps = split.maps(split.head(batch)[0])[0]
    scores = []
    for channel in maps:
        size = batch.shape[-2:]
        large = interpolate(channel[None, None], size=size, mode="bilinear", align_corners=True)
        span = large.max() - large.min()
        mask = (large - large.min()) / span if span > 0 else torch.zeros_like(large)
        scores.append(classifier.logits(batch * mask)[0, request.class_index])
    weights = torch.stack(scores).softmax(dim=0)
    return (weights[:, None, None] * maps).sum(dim=0).numpy()


@pytest.mark.parametrize("smooth", ["none", "eigen", "aug", "both"])
@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0", "blocks.0.1"])
def test_equals_the_package(
    layer: str, smooth: str, request_of: Callable[..., Request], stock: Callable[..., Heat]
) -> None:
    if layer == "blocks.0.1":  # the package reads it after the ReLU behind it has overwritten it
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(
                RUN(replace(request_of(), layers=(layer,))).shown,
                stock("score-cam", replace(request_of(), layers=(layer,))),
                atol=1e-3,
            )
        return
    request = replace(request_of(), layers=(layer,), smooth=smooth)
    np.testing.assert_allclose(RUN(request).shown, stock("score-cam", request), atol=1e-3)


@pytest.mark.parametrize("layer", ["blocks.1", "blocks.0.1", "stem.0"])
def test_equals_the_paper_at_any_layer(layer: str, request_of: Callable[..., Request]) -> None:
    for index in range(4):
        request = replace(request_of(), layers=(layer,), class_index=index)
        expected = by_the_paper(request)
        np.testing.assert_allclose(RUN(request).heat, expected, atol=1e-4 * np.abs(expected).max())


def batches_of(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []
    logits = Classifier.logits

    def counted(self: Classifier, batch: torch.Tensor, precision: str = "exact") -> torch.Tensor:
        sizes.append(len(batch))
        return logits(self, batch, precision)

    monkeypatch.setattr(Classifier, "logits", counted)
    return sizes


def test_masked_pictures_are_made_a_chunk_at_a_time(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RUN(request_of())
    sizes = batches_of(request_of().classifier, monkeypatch)
    monkeypatch.setattr(score, "CHUNK_PIXELS", 5 * 32 * 32)
    made = RUN(request_of())
    assert max(sizes) == 5
    assert sum(size for size in sizes if size > 1) <= 12
    np.testing.assert_allclose(made.heat, whole.heat, atol=1e-4)


def test_empty_channels_are_scored_once(
    one_conv: Callable[..., Classifier], picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = torch.tensor([[1.0, 0, 0], [-1.0, 0, 0], [0, -1.0, 0], [0, 1.0, 0], [0, 0, -1.0]])
    classifier = one_conv(kernel, torch.rand(2, 5, generator=torch.Generator().manual_seed(0)))
    request = Request(classifier, classifier.prepare(picture), ("relu",), 1)
    sizes = batches_of(classifier, monkeypatch)
    made = RUN(request)
    assert sizes[0] == 3
    assert made.passes == 3 + 1
    np.testing.assert_allclose(made.heat, by_the_paper(request), atol=1e-6)


def test_channels_with_the_same_mask_are_scored_once(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    kernel = torch.tensor([[1.0, 0, 0], [0, 2.0, 0], [-1.0, 0, 0], [4.0, 0, 0], [0, 0.5, 0]])
    classifier = one_conv(kernel, torch.rand(2, 5, generator=torch.Generator().manual_seed(0)))
    request = Request(classifier, classifier.prepare(picture), ("relu",), 1)
    made = RUN(request)
    assert made.passes == 3 + 1
    np.testing.assert_allclose(made.heat, by_the_paper(request), atol=1e-6)


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
    made = RUN(Request(classifier, classifier.prepare(picture), ("relu",), 0))
    assert not made.heat.any()
    assert made.notes == ("The map is empty: the method gives 0 everywhere.",)


def test_a_budget_is_honest(request_of: Callable[..., Request]) -> None:
    request = replace(request_of(), options={"channels": 3})
    made = RUN(request)
    split = request.classifier.split("blocks.1")
    maps = split.head(request.prepared.batch)[0][0]
    keep = set(maps.amax(dim=(1, 2)).topk(3).indices.tolist())
    chosen = set(score.chosen_channels(maps, 3).tolist())
    assert chosen == keep
    assert made.passes <= 3 + 1
    assert methods.get("score-cam").cost(request) == 3 + 1
    assert "Only the 3 of 12 channels" in made.notes[0]
    everything = RUN(replace(request, options={"channels": 12}))
    np.testing.assert_array_equal(everything.heat, RUN(request_of()).heat)
    assert everything.notes == ()


def test_fast_is_recorded_as_what_was_done(request_of: Callable[..., Request]) -> None:
    request = replace(request_of(), precision="fast")
    possible = request.classifier.effective_precision("fast")
    exact, made = RUN(request_of()), RUN(request)
    assert made.precision == possible
    assert bool(made.notes) == (possible == "exact")
    assert np.corrcoef(exact.shown.ravel(), made.shown.ravel())[0, 1] > 0.99
    assert methods.get("grad-cam").run(request).precision == "exact"


def test_masks_are_zero_to_one() -> None:
    maps = torch.stack([torch.zeros(3, 3), torch.full((3, 3), -2.0), torch.arange(9.0).view(3, 3)])
    masks = score.masks(maps, (7, 5))
    assert masks.shape == (3, 1, 7, 5)
    assert not masks[:2].any()
    assert masks[2].min() == 0
    assert masks[2].max() == pytest.approx(1)
