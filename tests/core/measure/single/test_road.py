"""ROAD against the grad-cam package where that is right, and where it is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics import road as stock
from pytorch_grad_cam.metrics.road import NoisyLinearImputer, ROADCombined
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

from core.measure.single import imputation
from core.measure.single.imputation import Imputer
from core.measure.single.order import coldest_first, hottest_first
from core.measure.single.road import PERCENTS, ROAD, removed_count
from tests.core.measure.single.conftest import SIDE, distinct_map

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # theirs


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No noise, in our code and in theirs."""
    monkeypatch.setattr(imputation, "NOISE", 0.0)
    monkeypatch.setattr(stock.torch, "randn_like", torch.zeros_like)


@pytest.mark.parametrize("percent", [1, 40, 90, 99])
def test_imputed_picture(silent: None, percent: int) -> None:
    rng = np.random.default_rng(percent)
    picture = rng.normal(size=(3, 15, 20)).astype(np.float32)
    removed = rng.permutation(300)[: 3 * percent]
    mask = np.ones(300, np.float32)
    mask[removed] = 0
    theirs = NoisyLinearImputer()(torch.from_numpy(picture), torch.from_numpy(mask.reshape(15, 20)))
    ours = Imputer(picture, 0)(removed)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
    assert np.abs(ours - picture).max() > 0.1


def test_combined(silent: None, linear) -> None:
    """At 400 pixels their percentile cuts exact counts."""
    here, _ = linear()
    heat = distinct_map(SIDE)
    net = here.classifier.logits
    target = [ClassifierOutputSoftmaxTarget(0)]
    theirs = ROADCombined()(here.prepared.batch, heat[None], target, net)
    ours = ROAD.run(heat, here)
    assert abs(theirs[0]) > 1e-3
    assert ours.value == pytest.approx(float(theirs[0]), abs=1e-5)
    assert ours.passes == ROAD.passes(here.settings) == 18


def test_a_flat_map_orders_nothing(linear) -> None:
    """grad-cam removes all pixels of it; here the same go in both orders."""
    here, _ = linear()
    flat = np.full((SIDE, SIDE), 0.7, np.float32)
    threshold = np.percentile(flat, 10)
    assert not (flat < threshold).any()
    measured = ROAD.run(flat, here)
    assert measured.value == 0
    assert measured.notes
    np.testing.assert_allclose(measured.curves[0].x, np.array(PERCENTS) / 100)


def test_ties_never_change_the_count() -> None:
    """grad-cam removes every zero of a map at once; here exactly the stated number goes."""
    heat = np.maximum(distinct_map(SIDE) - 0.34, 0)
    assert (1 - heat >= np.percentile(1 - heat, 90)).mean() == pytest.approx(0.34, abs=0.01)
    for order in (hottest_first(heat), coldest_first(heat)):
        for percent in PERCENTS:
            removed = order[: removed_count(heat.size, percent)]
            assert len(set(removed.tolist())) == 4 * percent
    zeros = np.flatnonzero(heat.ravel() == 0)
    np.testing.assert_array_equal(coldest_first(heat)[: len(zeros)], zeros)


def test_one_channel_map_removes_all_colours_of_a_pixel(silent: None) -> None:
    """Quantus spreads the map over the colours and cuts among them."""
    picture = np.random.default_rng(0).normal(size=(3, 8, 8)).astype(np.float32)
    removed = hottest_first(distinct_map(8))[: removed_count(64, 50)]
    changed = Imputer(picture, 0)(removed) != picture
    assert (changed.sum((1, 2)) == 32).all()
    assert (changed[0] == changed[2]).all()


def test_noise_has_a_seed(linear) -> None:
    heat = distinct_map(SIDE)
    values = [ROAD.run(heat, linear(seed=0)[0]).value for _ in range(2)]
    assert values[0] == values[1]
    here, _ = linear()
    picture = here.prepared.batch[0].numpy()
    one, two = (Imputer(picture, seed)(np.arange(100)) for seed in (0, 1))
    noise = (one - two)[:, :5]
    assert noise.std() == pytest.approx(0.01 * np.sqrt(2), rel=0.2)
    assert (one == two)[:, 5:].all()


def test_a_colour_gradient_is_restored(silent: None) -> None:
    """Linear colours are a solution of the equations away from the border."""
    ramp = np.linspace(0, 1, 20, dtype=np.float32)
    picture = np.broadcast_to(ramp[None, :, None] - ramp[None, None, :], (3, 20, 20)).copy()
    inner = np.arange(400).reshape(20, 20)[3:17, 3:17].ravel()
    np.testing.assert_allclose(Imputer(picture, 0)(inner), picture, atol=1e-5)


def test_a_map_that_knows_the_network_is_better(linear) -> None:
    here, weight = linear()
    gives = (weight[0] - weight[1]).mul(here.prepared.batch[0]).sum(0).numpy()
    best = ((gives - gives.min()) / np.ptp(gives)).astype(np.float32)
    values = [ROAD.run(heat, here).value for heat in (best, distinct_map(SIDE), 1 - best)]
    assert values[0] > values[1] > values[2]
    assert values[0] > 0 > values[2]
