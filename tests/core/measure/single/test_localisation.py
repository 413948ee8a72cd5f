"""Heat on the object: TorchRay's and Quantus' formulas where they are right, and closed cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import Heat, Mask
from core.errors import BadOption
from core.measure.overlap import iou
from core.measure.single.base import Measure
from core.measure.single.localisation import (
    ENERGY,
    POINTING,
    RANK_ACCURACY,
    TRUTH_IOU,
    fitted,
    near,
)
from core.measure.single.trial import Trial
from core.pictures.picture import from_pixels
from tests.conftest import TINY_SIZE
from tests.core.measure.single.conftest import distinct_map

ALL = (POINTING, ENERGY, RANK_ACCURACY, TRUTH_IOU)
SHAPE = (TINY_SIZE, TINY_SIZE)


def box(top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


def at(row: int, column: int) -> Heat:
    heat = distinct_map() * 0.9
    heat[row, column] = 1
    return heat


@pytest.fixture
def value(trial):
    """`value(measure, heat, truth, **settings)`."""

    def run(measure: Measure, heat: Heat, truth: Mask, **settings: object) -> float:
        return measure.run(heat, replace(trial(**settings), truth=truth)).value

    return run


def torchray(mask: Mask, point: tuple[int, int], tolerance: int) -> bool:
    """`PointingGame.evaluate` of TorchRay, whose points are (right, down)."""
    down = (torch.arange(mask.shape[0], dtype=torch.float32) - point[1]) ** 2
    right = (torch.arange(mask.shape[1], dtype=torch.float32) - point[0]) ** 2
    accept = (down[:, None] + right[None]) < tolerance**2
    return bool((torch.from_numpy(mask) & accept).any())


@pytest.mark.parametrize("tolerance", [1, 5, 15])
def test_pointing_is_torchrays(value, tolerance: int) -> None:
    truth, hits = box(10, 12, 14, 20), []
    for row in range(0, TINY_SIZE, 3):
        for column in range(0, TINY_SIZE, 3):
            hit = value(POINTING, at(row, column), truth, tolerance=tolerance)
            assert hit == torchray(truth, (column, row), tolerance)
            hits.append(hit)
    assert 0 < np.mean(hits) < 1


def test_tolerance_is_15_pixels_and_said_in_the_card(trial) -> None:
    assert trial().settings.tolerance == 15
    assert "15 pixels" in POINTING.card.definition


def test_chance_and_centre_of_pointing(trial) -> None:
    here = replace(trial(tolerance=4), truth=box(0, 0, 4, 4))
    details = POINTING.run(at(0, 0), here).details
    hits = [
        torchray(here.truth, (column, row), 4)
        for row in range(TINY_SIZE)
        for column in range(TINY_SIZE)
    ]
    assert details["chance"] == pytest.approx(np.mean(hits))
    assert details["centre"] == 0
    middle = replace(here, truth=box(14, 14, 18, 18))
    assert POINTING.run(at(0, 0), middle).details["centre"] == 1


def quantus_mass(heat: Heat, truth: Mask) -> float:
    """`RelevanceMassAccuracy` of Quantus, right for maps without negative heat."""
    return float((heat * truth).sum() / heat.sum())


def quantus_rank(heat: Heat, truth: Mask) -> float:
    """`RelevanceRankAccuracy` of Quantus, right for maps without ties."""
    order = np.argsort(-heat.ravel())
    size = truth.sum()
    return float(truth.ravel()[order][:size].sum() / size)


@pytest.mark.parametrize("seed", range(3))
def test_quantus(value, seed: int) -> None:
    heat, truth = distinct_map(seed=seed), box(3, 5, 19, 30)
    assert value(ENERGY, heat, truth) == pytest.approx(quantus_mass(heat, truth), abs=1e-6)
    assert value(RANK_ACCURACY, heat, truth) == pytest.approx(quantus_rank(heat, truth))
    marked = np.zeros(TINY_SIZE**2, bool)
    marked[np.argsort(-heat.ravel())[: truth.sum()]] = True
    assert value(TRUTH_IOU, heat, truth) == pytest.approx(iou(marked.reshape(SHAPE), truth))


def test_a_perfect_map(value) -> None:
    truth = box(2, 3, 9, 17)
    for measure in ALL:
        assert value(measure, truth.astype(np.float32), truth) == 1
        assert value(measure, (~truth).astype(np.float32), truth, tolerance=1) == 0


def test_hand_made(value) -> None:
    heat, truth = np.zeros(SHAPE, np.float32), box(0, 0, 1, 4)
    heat[0, :6] = (1, 0.25, 0, 0, 0.5, 0.75)
    assert value(ENERGY, heat, truth) == pytest.approx(1.25 / 2.5)
    assert value(RANK_ACCURACY, heat, truth) == 2 / 4
    assert value(TRUTH_IOU, heat, truth) == 2 / 6


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_map_never_hits(value, level: float) -> None:
    """In Quantus it always does, because every pixel is the hottest."""
    flat, truth = np.full(SHAPE, level, np.float32), box(0, 0, 8, 8)
    assert all(np.isnan(value(each, flat, truth)) for each in (POINTING, RANK_ACCURACY, TRUTH_IOU))
    energy = value(ENERGY, flat, truth)
    assert np.isnan(energy) if level == 0 else energy == pytest.approx(64 / 1024)


@pytest.mark.parametrize("measure", ALL, ids=lambda each: each.name)
def test_an_empty_mask_is_undefined(trial, measure: Measure) -> None:
    """In Quantus it becomes a hit: NaN written into booleans is true."""
    wrong = np.array([False])
    wrong[0] = np.nan
    assert wrong[0]
    measured = measure.run(distinct_map(), replace(trial(), truth=np.zeros(SHAPE, bool)))
    assert np.isnan(measured.value)
    assert "truth mask is empty" in measured.notes[0]


def test_ties_go_row_by_row(value) -> None:
    heat = np.zeros(SHAPE, np.float32)
    heat[4, 4] = heat[4, 20] = heat[20, 4] = 1
    assert value(POINTING, heat, box(4, 4, 5, 5), tolerance=1) == 1
    assert value(POINTING, heat, box(4, 20, 5, 21), tolerance=1) == 0
    assert value(RANK_ACCURACY, heat, box(4, 20, 5, 21)) == 0
    assert value(RANK_ACCURACY, heat, box(4, 4, 5, 5)) == 1


def test_chance_by_size(trial) -> None:
    """The mean over many random maps."""
    here = replace(trial(), truth=box(3, 5, 19, 30))
    for measure in (RANK_ACCURACY, TRUTH_IOU, ENERGY):
        runs = [measure.run(distinct_map(seed=seed), here) for seed in range(200)]
        mean = np.mean([run.value for run in runs])
        assert runs[0].details["chance"] == pytest.approx(mean, abs=0.01)


def test_without_a_mask(trial) -> None:
    with pytest.raises(BadOption, match="needs a truth mask"):
        ENERGY.run(distinct_map(), trial())
    with pytest.raises(BadOption, match="truth mask has"):
        ENERGY.run(distinct_map(), replace(trial(), truth=np.ones((8, 8), bool)))


def test_near_grows_by_less_than_the_tolerance() -> None:
    mask = box(16, 16, 17, 17)
    assert (near(mask, 1) == mask).all()
    assert near(mask, 2).sum() == 9
    assert not near(np.zeros(SHAPE, bool), 9).any()


@pytest.mark.parametrize("fit", ["squash", "crop"])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_mask_follows_the_picture(trial: Trial, tiny, fit: str, scale: int) -> None:
    """A white rectangle on black: the model's view of it and the fitted mask are the same."""
    mask = np.zeros((48, 80), bool)
    mask[10:30, 30:60] = True
    pixels = np.repeat((mask * 255).astype(np.uint8)[..., None], 3, 2)
    prepared = tiny.prepare(from_pixels(pixels, "mask.png"), fit)
    large = mask.repeat(scale, 0).repeat(scale, 1)
    seen = fitted(large, prepared)
    assert seen.shape == SHAPE
    assert seen.any()
    assert iou(seen, prepared.view[..., 0] > 127) > 0.9
