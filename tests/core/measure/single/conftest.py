"""Trials on small networks, one of them linear so that every answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core import Heat
from core.explain.base import Explanation, Subject
from core.explain.methods import METHODS
from core.measure.single.trial import Explain, Trial
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.measures import MeasureSettings
from tests.conftest import TINY_SIZE, asked, blocks_picture, classifier_of, tiny_net

SIDE = 20


class Linear(nn.Module):
    """Logits that are linear in the pixels: logit k is the sum of weight[k] * batch."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.flat = nn.Flatten()
        self.fc = nn.Linear(weight[0].numel(), len(weight), bias=False)
        with torch.no_grad():
            self.fc.weight.copy_(weight.flatten(1))

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.flat(batch))


def linear_classifier(weight: Tensor) -> Classifier:
    names = tuple(f"class {index}" for index in range(len(weight)))
    return classifier_of(Linear(weight), weight.shape[-1], names)


def prepared_of(batch: Tensor) -> Prepared:
    """A picture that the model sees as exactly this batch; its view is grey."""
    height, width = batch.shape[-2:]
    view = np.full((height, width, 3), 128, np.uint8)
    return Prepared(blocks_picture(height, width), "squash", view, batch, (0, 0, width, height))


@pytest.fixture
def linear() -> Callable[..., tuple[Trial, Tensor]]:
    """Makes a trial of a linear network of two classes, and its weights."""

    def make(side: int = SIDE, seed: int = 0, **settings: object) -> tuple[Trial, Tensor]:
        rng = torch.Generator().manual_seed(seed)
        weight = torch.randn(2, 3, side, side, generator=rng) * 0.05
        batch = torch.randn(1, 3, side, side, generator=rng)
        trial = Trial(linear_classifier(weight), prepared_of(batch), 0, MeasureSettings(**settings))
        return trial, weight

    return make


@pytest.fixture
def trial(prepared: Prepared) -> Callable[..., Trial]:
    """Makes a trial of the tiny network, of 32 x 32 pixels."""
    net = classifier_of(tiny_net())

    def make(target: int = 0, **settings: object) -> Trial:
        return Trial(net, prepared, target, MeasureSettings(**settings))

    return make


def distinct_map(side: int = TINY_SIZE, seed: int = 0) -> Heat:
    """A map without ties, in [0, 1]."""
    order = np.random.default_rng(seed).permutation(side * side)
    return (order.reshape(side, side) / (side * side - 1)).astype(np.float32)


def explains(classifier: Classifier, method: str = "grad-cam", layer: str = "") -> Explain:
    """Makes maps again as the handler does: one request, another subject or class."""

    def explain(subject: Subject, target: int) -> Explanation:
        layers = (layer,) if layer else ()
        request, _ = asked(classifier, subject.prepared, layers, target, method)
        return METHODS[method].run(request, subject)

    return explain


@pytest.fixture
def explained(trial: Callable[..., Trial]) -> Callable[..., tuple[Trial, Explanation]]:
    """Makes a trial of the tiny network that can explain again, and its first map."""

    def make(
        target: int = 0, method: str = "grad-cam", layer: str = "", **settings: object
    ) -> tuple[Trial, Explanation]:
        bare = trial(target, **settings)
        here = replace(bare, explain=explains(bare.classifier, method, layer))
        return here, here.explained()

    return make
