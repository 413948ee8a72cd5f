"""Single deletion against its protocol, and where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from core.measure.single.single_deletion import SINGLE_DELETION, cells_of
from tests.conftest import TINY_SIZE, tiny_net
from tests.core.measure.single.conftest import distinct_map


def by_cell(values: np.ndarray) -> np.ndarray:
    """Sums over the 4 x 4 cells of (20, 20) values."""
    return values.reshape(4, 5, 4, 5).sum((1, 3)).ravel()


@pytest.mark.parametrize("target", range(4))
def test_protocol(trial, target: int) -> None:
    """Cells set to 0 one by one; Spearman of the logit's drop with the summed heat."""
    here, heat, net = trial(target), distinct_map(), tiny_net()
    batch, drops, sums = here.prepared.batch, [], []
    with torch.no_grad():
        whole = net(batch)[0, target]
        for row in range(4):
            for column in range(4):
                cell = np.s_[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
                without = batch.clone()
                without[0, :, cell[0], cell[1]] = 0
                drops.append(float(whole - net(without)[0, target]))
                sums.append(float(heat[cell].sum()))
    measured = SINGLE_DELETION.run(heat, here)
    assert measured.value == pytest.approx(spearmanr(drops, sums).statistic, abs=1e-9)
    np.testing.assert_allclose(measured.curves[1].y, drops, atol=1e-4)
    assert measured.passes == SINGLE_DELETION.passes(here.settings) == 17


def test_linear_network(linear) -> None:
    here, weight = linear()
    gives = (weight[0] * here.prepared.batch[0]).sum(0).double().numpy()
    measured = SINGLE_DELETION.run(np.zeros((20, 20), np.float32), replace(here, heat=gives))
    assert measured.value == 1.0
    np.testing.assert_allclose(measured.curves[1].y, by_cell(gives), atol=1e-4)
    against = replace(here, heat=-gives)
    assert SINGLE_DELETION.run(distinct_map(20), against).value == -1.0


def test_signs_count_where_the_method_has_them(linear) -> None:
    here, weight = linear()
    gives = (weight[0] * here.prepared.batch[0]).sum(0).numpy()
    cut = np.maximum(gives, 0)
    expected = spearmanr(by_cell(cut.astype(float)), by_cell(gives.astype(float))).statistic
    assert expected < 0.99
    assert SINGLE_DELETION.run(cut, here).value == pytest.approx(expected)
    assert SINGLE_DELETION.run(cut, replace(here, heat=gives)).value == pytest.approx(1)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_flat_map_has_no_value(trial, level: float) -> None:
    measured = SINGLE_DELETION.run(np.full((TINY_SIZE, TINY_SIZE), level, np.float32), trial())
    assert np.isnan(measured.value)
    assert measured.notes


def test_cells_of_equal_heat_share_their_rank(trial) -> None:
    here, heat = trial(), np.zeros((TINY_SIZE, TINY_SIZE), np.float32)
    heat[:8, :16] = 1
    drops = SINGLE_DELETION.run(heat, here).curves[1].y
    expected = spearmanr(drops, [1, 1, *[0] * 14]).statistic
    assert SINGLE_DELETION.run(heat, here).value == pytest.approx(expected)


@pytest.mark.parametrize("size", [(224, 224), (299, 260), (33, 35)])
def test_cells_are_of_one_size(size: tuple[int, int]) -> None:
    cells = cells_of(size)
    assert cells.shape == size
    areas = np.bincount(cells.ravel())
    assert len(areas) == 16
    assert areas.max() - areas.min() < size[0] // 4 + size[1] // 4 + 2
    assert np.diff(cells[:, 0]).min() >= 0


def test_maps_of_a_picture_share_the_passes(trial) -> None:
    here = trial()
    first = SINGLE_DELETION.run(distinct_map(), here).value
    del_logits = here.classifier.logits
    here.classifier.logits = None  # type: ignore[method-assign, assignment]
    assert SINGLE_DELETION.run(distinct_map(seed=1), here).value != first
    here.classifier.logits = del_logits
