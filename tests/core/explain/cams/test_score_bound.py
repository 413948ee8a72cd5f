"""Score-CAM that stops early: the bound holds, and the map is within it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from core import Heat
from core.explain import methods
from core.explain.base import Subject, no_tick
from core.explain.cams import score
from core.explain.cams.engine import Task
from core.explain.cams.score_bound import RECENT, TOLERANCE, bound
from core.requests.maps import MapRequest

RUN = methods.get("score-cam").run


def channels(count: int, seed: int = 0) -> torch.Tensor:
    """Channels whose peaks fall, each with a mask of its own."""
    rng = torch.Generator().manual_seed(seed)
    maps = torch.rand((count, 5, 6), generator=rng)
    return maps / maps.amax((1, 2), keepdim=True) * torch.linspace(2, 0.2, count)[:, None, None]


def scaled(weights: torch.Tensor, maps: torch.Tensor) -> Heat:
    """The map of these weights as it is shown: ReLU, then from 0 to 1."""
    heat = (weights[:, None, None] * maps).sum(0).clamp(min=0)
    heat = heat - heat.min()
    return (heat / heat.max()).numpy()


@pytest.mark.parametrize("seed", range(20))
def test_the_map_moves_no_further_than_the_bound(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    maps = torch.randn((30, 4, 4), generator=rng)
    scores = (4 * torch.randn(30, generator=rng)).sort(descending=True).values
    final = scaled(scores.softmax(0), maps)
    bounds = []
    for count in range(1, 30):
        scored = torch.arange(30) < count
        bounds.append(bound(maps, scores, scored, float(scores[count:].max())))
        part = scaled(torch.where(scored, scores, torch.tensor(-math.inf)).softmax(0), maps)
        assert np.abs(part - final).max() <= bounds[-1] + 1e-6
    assert bounds[-1] < 0.5


def test_nothing_is_promised_without_scores_or_without_a_highest() -> None:
    maps, scores = channels(4), torch.zeros(4)
    assert bound(maps, scores, torch.zeros(4, dtype=torch.bool), 0.0) == math.inf
    assert bound(maps, scores, torch.arange(4) < 2, math.inf) == math.inf
    assert bound(maps, scores, torch.ones(4, dtype=torch.bool), math.inf) == 0.0
    assert bound(torch.ones_like(maps), scores, torch.arange(4) < 2, -50.0) == math.inf, "flat"


@pytest.fixture(name="task")
def task_fixture(request_of: Callable[..., tuple[MapRequest, Subject]]) -> Task:
    _, subject = request_of(method="score-cam")
    return Task(
        classifier=subject.classifier,
        split=subject.classifier.split("blocks.1"),
        batch=subject.prepared.batch,
        class_index=1,
        precision="exact",
        options={"channels": 0},
        rng=np.random.RandomState(0),
        tick=no_tick,
        bounded=True,
    )


def answering(monkeypatch: pytest.MonkeyPatch, maps: torch.Tensor, scores: torch.Tensor) -> None:
    """Let the model give these logits for the masks of these channels."""

    def scored(task: Task, asked: torch.Tensor) -> torch.Tensor:
        rows = [(maps == each).all(dim=(1, 2)).nonzero()[0, 0] for each in asked]
        return scores[torch.stack(rows)]

    monkeypatch.setattr(score, "_scored", scored)


def test_it_stops_where_weak_channels_score_low(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The chunks are those of large pictures.
    monkeypatch.setattr(score, "CHUNK_PIXELS", 8 * 32 * 32)
    maps, scores = channels(320), torch.linspace(12, -12, 320)
    shuffled = torch.randperm(320, generator=torch.Generator().manual_seed(1))
    maps, scores = maps[shuffled], scores[shuffled]
    answering(monkeypatch, maps, scores)
    part = score.bounded_scores(task, maps)
    assert 320 // RECENT <= part.passes < 200
    assert int(part.is_scored.sum()) == part.passes
    assert 0 < part.within <= TOLERANCE
    assert torch.equal(part.found[part.is_scored], scores[part.is_scored])
    weights = torch.where(part.is_scored, scores, torch.tensor(-math.inf)).softmax(0)
    error = np.abs(scaled(weights, maps) - scaled(scores.softmax(0), maps)).max()
    assert error <= part.within
    (note,) = part.notes()
    assert f"{part.passes} of 320 channels" in note
    assert f"last {320 // RECENT}" in note


def test_it_scores_all_where_weak_channels_score_high(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps, scores = channels(320), torch.linspace(-12, 12, 320)
    answering(monkeypatch, maps, scores)
    part = score.bounded_scores(task, maps)
    assert part.is_scored.all()
    assert part.within == 0
    assert torch.equal(part.found, scores)


@pytest.mark.parametrize("smooth", ["none", "aug"])
def test_with_few_channels_the_map_is_the_exact_one(
    smooth: str, request_of: Callable[..., Any]
) -> None:
    ask = partial(request_of, method="score-cam", smooth=smooth)
    exact, bounded = RUN(*ask()), RUN(*ask(precision="bounded"))
    np.testing.assert_allclose(bounded.shown, exact.shown, atol=TOLERANCE)
    assert (exact.precision, bounded.precision) == ("exact", "bounded")
    assert any("channels were scored" in note for note in bounded.notes)


def test_other_methods_know_no_bound(request_of: Callable[..., Any]) -> None:
    request, _ = request_of(method="grad-cam")
    assert replace(request, precision="bounded") == request
