"""Deletion and insertion against RISE's definition, torch-cam's code, and closed forms."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import conv2d
from torchcam.metrics import DeletionInsertionMetric

from core import Heat
from core.errors import BadOption, Cancelled
from core.explain.cams.score import CHUNK_PIXELS
from core.measure.single.bases import base_of
from core.measure.single.curves import (
    DELETION,
    INSERTION,
    at_share,
    counts_of,
    walk,
)
from tests.conftest import TINY_SIZE, tiny_net
from tests.core.measure.single.conftest import distinct_map

PIXELS = TINY_SIZE * TINY_SIZE


def rise(net, batch: Tensor, target: int, heat: Heat, step: int, mode: str) -> np.ndarray:
    """`CausalMetric.single_run` of RISE: scores after each step of so many pixels."""
    spike = np.zeros((11, 11))
    spike[5, 5] = 1
    kernel = np.zeros((3, 3, 11, 11))
    for channel in range(3):
        kernel[channel, channel] = gaussian_filter(spike, 5)
    blur = partial(conv2d, weight=torch.from_numpy(kernel.astype("float32")), padding=5)
    if mode == "del":
        start, finish = batch.clone(), torch.zeros_like(batch)
    else:
        start, finish = blur(batch), batch.clone()
    order = np.flip(np.argsort(heat.reshape(-1)))
    scores = []
    steps = (PIXELS + step - 1) // step
    for i in range(steps + 1):
        with torch.no_grad():
            scores.append(float(net(start).softmax(1)[0, target]))
        for place in order[step * i : step * (i + 1)]:
            row, column = divmod(int(place), TINY_SIZE)
            start[0, :, row, column] = finish[0, :, row, column]
    return np.array(scores)


@pytest.mark.parametrize(
    ("measure", "mode", "base"), [(DELETION, "del", "mean"), (INSERTION, "ins", "blur")]
)
def test_rise(trial, measure, mode: str, base: str) -> None:
    here, heat = trial(target=1, base=base, steps=32), distinct_map()
    measured = measure.run(heat, here)
    scores = rise(tiny_net(), here.prepared.batch, 1, heat, PIXELS // 32, mode)
    area = (scores.sum() - scores[0] / 2 - scores[-1] / 2) / (len(scores) - 1)
    assert np.ptp(scores) > 0.01
    np.testing.assert_allclose(measured.curves[0].y, scores, atol=1e-5)
    assert measured.value == pytest.approx(area, abs=1e-5)
    assert measured.passes == measure.passes(here.settings) == 33


class Extractor:
    """Stands for an extractor of torch-cam with a map of its own."""

    def __init__(self, heat: Heat) -> None:
        self.model, self._heat = tiny_net(), heat

    def __call__(self, class_idx: object, scores: Tensor) -> list[Tensor]:
        return [torch.from_numpy(self._heat)[None]]

    def fuse_cams(self, cams: list[Tensor]) -> Tensor:
        return cams[0]

    def _hooks_off(self) -> nullcontext[None]:
        return nullcontext()


@pytest.mark.parametrize("heat", [distinct_map(), np.round(distinct_map(), 1)])
def test_torch_cam(trial, heat: Heat) -> None:
    """With its own counts: as many pixels in each step but the last; ties by position too."""
    here = trial(target=2, base="mean")
    theirs = DeletionInsertionMetric(Extractor(heat), partial(torch.softmax, dim=-1), steps=20)
    theirs.update(here.prepared.batch, 2)
    counts = [*range(0, PIXELS, -(-PIXELS // 20)), PIXELS]
    shares = np.array(counts) / PIXELS
    for name, deletes in (("deletion_auc", True), ("insertion_auc", False)):
        scores = walk(heat, here, counts, lambda share, stage="": None, deletes=deletes)
        area = np.trapezoid(scores.probabilities, shares)
        assert area == pytest.approx(theirs.summary()[name], abs=1e-5)


@pytest.mark.parametrize("steps", [2, 7, 28])
def test_linear_network(linear, steps: int) -> None:
    """The logit falls by exactly what the removed pixels gave."""
    here, weight = linear(base="mean", steps=steps)
    gives = (weight[0] * here.prepared.batch[0]).sum(0).double().numpy()
    heat = ((gives - gives.min()) / np.ptp(gives)).astype(np.float32)
    counts = counts_of(gives.size, steps)
    falling = np.sort(gives.ravel())[::-1]
    left = np.array([falling[count:].sum() for count in counts])
    curve = DELETION.run(heat, here).curves[1]
    assert curve.name == "logit"
    np.testing.assert_allclose(curve.y, left, atol=1e-4)
    shares = np.array(counts) / gives.size
    area = sum(
        (right - one) * (left[i] + left[i + 1]) / 2
        for i, (one, right) in enumerate(pairwise(shares))
    )
    assert DELETION.run(heat, here).details["logit area"] == pytest.approx(area, abs=1e-4)
    put_in = INSERTION.run(heat, here).curves[1]
    np.testing.assert_allclose(put_in.y, gives.sum() - left, atol=1e-4)


def test_best_order_is_the_best(linear) -> None:
    """For a linear network nothing is deleted faster than in the order of what pixels give."""
    here, weight = linear(base="mean")
    gives = (weight[0] - weight[1]).mul(here.prepared.batch[0]).sum(0).numpy()
    best = ((gives - gives.min()) / np.ptp(gives)).astype(np.float32)
    others = [distinct_map(20, seed) for seed in range(3)] + [1 - best]
    for measure, sign in ((DELETION, 1), (INSERTION, -1)):
        top = sign * measure.run(best, here).value
        assert all(top < sign * measure.run(other, here).value for other in others)


@pytest.mark.parametrize(("pixels", "steps"), [(10, 4), (50176, 28), (7, 28), (400, 3)])
def test_counts_are_exact(pixels: int, steps: int) -> None:
    counts = counts_of(pixels, steps)
    assert counts[0] == 0
    assert counts[-1] == pixels
    assert all(after > before for before, after in pairwise(counts))
    assert set(counts) == {round(i * pixels / steps) for i in range(steps + 1)}


def test_a_flat_map_goes_row_by_row(trial) -> None:
    here, flat = trial(base="black", steps=4), np.full((TINY_SIZE, TINY_SIZE), 0.5, np.float32)
    down = np.arange(PIXELS, 0, -1, dtype=np.float32).reshape(flat.shape) / PIXELS
    first, second = DELETION.run(flat, here), DELETION.run(down, here)
    np.testing.assert_array_equal(first.curves[0].y, second.curves[0].y)
    assert "same everywhere" in first.notes[0]
    assert first.notes[1:] == second.notes
    half = at_share(flat, here, 0.5)
    picture = here.prepared.batch
    assert torch.equal(half[:, :, TINY_SIZE // 2 :], picture[:, :, TINY_SIZE // 2 :])
    black = here.classifier.normalise(torch.zeros(1, 3, TINY_SIZE, TINY_SIZE))
    assert torch.equal(half[:, :, : TINY_SIZE // 2], black[:, :, : TINY_SIZE // 2])


def test_a_map_takes_all_colours_of_a_pixel(linear) -> None:
    here, _ = linear(base="mean")
    gone = at_share(distinct_map(20), here, 0.37) == 0
    assert gone.sum() == 3 * round(0.37 * 400)
    assert torch.equal(gone[:, 0], gone[:, 2])


def test_more_than_one_batch(linear) -> None:
    """Every picture counts, whatever the size of a chunk."""
    here, weight = linear(side=96, base="mean", steps=96)
    assert CHUNK_PIXELS // 96**2 < 96 / 2
    gives = (weight[0] * here.prepared.batch[0]).sum(0).double().numpy()
    heat = distinct_map(96)
    falling = gives.ravel()[np.argsort(-heat.ravel())]
    left = [falling[count:].sum() for count in counts_of(gives.size, 96)]
    np.testing.assert_allclose(DELETION.run(heat, here).curves[1].y, left, atol=1e-3)


def test_maps_of_a_picture_share_both_ends(trial) -> None:
    here = trial(steps=4)
    DELETION.run(distinct_map(), here)
    asked: list[int] = []
    logits = here.classifier.logits

    def counted(batch: Tensor) -> Tensor:
        asked.append(len(batch))
        return logits(batch)

    here.classifier.logits = counted  # type: ignore[method-assign]
    INSERTION.run(distinct_map(seed=1), here)
    del here.classifier.logits
    assert sum(asked) == 3


def test_a_base_that_still_shows_the_class_is_named(trial) -> None:
    """A blurred plain picture is the picture: nothing that is deleted can matter."""
    here = trial(base="blur")
    shares = DELETION.run(distinct_map(), here).details
    kept = shares["probability of the base"] >= shares["probability"] / 2
    notes = DELETION.run(distinct_map(), here).notes
    assert any("choose another base" in note for note in notes) == kept
    same = replace(here, memo={(0, "base", "blur"): here.prepared.batch})
    for measure in (DELETION, INSERTION):
        measured = measure.run(distinct_map(), same)
        assert "every pixel removed (the picture blurred" in measured.notes[0]
        assert measured.value == pytest.approx(measured.details["probability"], abs=1e-4)
    none = replace(here, memo={(0, "base", "blur"): here.prepared.batch - 20})
    first = INSERTION.run(distinct_map(), none)
    ends = first.curves[0].y[[0, -1]]
    assert (len(first.notes) == 0) == (ends[0] < ends[1] / 2)


def test_bases(trial) -> None:
    here = trial()
    bases = {name: base_of(here, name) for name in ("blur", "mean", "black")}
    assert not bases["mean"].any()
    assert not torch.equal(bases["blur"], here.prepared.batch)
    middle = bases["blur"][..., 8:-8, 8:-8]
    assert middle.std() < here.prepared.batch[..., 8:-8, 8:-8].std()


def test_what_is_wrong_is_said(trial) -> None:
    with pytest.raises(BadOption, match="at that size"):
        DELETION.run(distinct_map(8), trial())
    with pytest.raises(BadOption, match="choose one of blur, mean, black"):
        trial(base="grey")


def test_stop(trial) -> None:
    def stop(share: float, stage: str = "") -> None:
        if stage.startswith("deletion"):
            raise Cancelled

    with pytest.raises(Cancelled):
        DELETION.run(distinct_map(), trial(), stop)
