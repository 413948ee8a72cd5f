"""Average drop and increase against torch-cam and grad-cam, and in closed form."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget
from torchcam.metrics import ClassificationMetric

from core.measure.single.drop import AVERAGE_DROP, INCREASE
from core.models.classifier import Classifier
from tests.conftest import TINY_SIZE, classifier_of, tiny_net
from tests.core.measure.single.conftest import distinct_map
from tests.core.measure.single.test_curves import Extractor


@pytest.mark.parametrize("target", range(4))
def test_libraries(trial, target: int) -> None:
    here, heat = trial(target), distinct_map(seed=target)
    torch_cam = ClassificationMetric(Extractor(heat), partial(torch.softmax, dim=-1))
    torch_cam.update(here.prepared.batch, target)
    theirs = torch_cam.summary()
    drop = AVERAGE_DROP.run(heat, here)
    assert drop.value == pytest.approx(theirs["avg_drop"], abs=1e-4)
    assert INCREASE.run(heat, here).value == theirs["conf_increase"]
    stock = [ClassifierOutputSoftmaxTarget(target)]
    given = here.prepared.batch, heat[None], stock, tiny_net()
    undivided = float(DropInConfidence()(*given)[0])
    assert drop.value * drop.details["probability"] == pytest.approx(undivided, abs=1e-5)
    assert INCREASE.run(heat, here).value == float(IncreaseInConfidence()(*given)[0])


def test_both_directions_occur(trial) -> None:
    gains = {INCREASE.run(distinct_map(), trial(target)).value for target in range(4)}
    assert gains == {0.0, 1.0}


def test_linear_network(linear) -> None:
    here, weight = linear()
    heat = distinct_map(20)
    logits = (weight * here.prepared.batch * torch.from_numpy(heat)).sum((1, 2, 3))
    whole = (weight * here.prepared.batch).sum((1, 2, 3))
    before, after = float(whole.softmax(0)[0]), float(logits.softmax(0)[0])
    value = AVERAGE_DROP.run(heat, here).value
    assert value == pytest.approx(max(before - after, 0) / before, abs=1e-5)
    assert INCREASE.run(heat, here).value == float(after > before)
    assert AVERAGE_DROP.passes(here.settings) == AVERAGE_DROP.run(heat, here).passes == 2


def test_a_map_of_ones_changes_nothing(trial) -> None:
    ones = np.ones((TINY_SIZE, TINY_SIZE), np.float32)
    assert AVERAGE_DROP.run(ones, trial()).value == pytest.approx(0, abs=1e-6)
    assert INCREASE.run(ones, trial()).value == 0


def test_sigmoid_models(trial) -> None:
    """The probability is the model's own: of each class by itself."""
    here, heat = trial(2), distinct_map()
    card = replace(here.classifier.card, activation="sigmoid")
    other = replace(here, classifier=Classifier(tiny_net(), card), memo={})
    with torch.no_grad():
        net = tiny_net()
        before = float(net(here.prepared.batch).sigmoid()[0, 2])
        after = float(net(here.prepared.batch * torch.from_numpy(heat)).sigmoid()[0, 2])
    value = AVERAGE_DROP.run(heat, other).value
    assert value == pytest.approx(max(before - after, 0) / before, abs=1e-5)
    assert value != pytest.approx(AVERAGE_DROP.run(heat, here).value, abs=1e-3)


def test_nothing_to_lose(trial) -> None:
    net = tiny_net()
    with torch.no_grad():
        net.fc.bias[0] = -1e4
    here = replace(trial(0), classifier=classifier_of(net), memo={})
    measured = AVERAGE_DROP.run(distinct_map(), here)
    assert np.isnan(measured.value)
    assert "nothing to lose" in measured.notes[0]
