"""What the embedded encoder is taught, and that a step of its training goes the right way."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from core.concepts.encoders.embedded_network import ImageTower, MiniEncoder
from tools import looks, patches
from tools.captions import HOLDS, NOT, UNKNOWN, captions
from tools.lessons import DOUBT, NONE, Lessons, measured
from tools.train_encoder import Pupil, loss_of
from tools.training import Run, augmented, sides, whole

NAMES = [["dog"], ["cat"], ["oak"]]
TEXT = "[animals]\npet: dog, cat, ?oak\n[plants]\n: oak\n"
LABELS = np.array([0, 0, 1, 2])


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def lessons(photos: np.ndarray) -> Lessons:
    return Lessons(captions(NAMES, TEXT), looks.measured(photos), LABELS)


def test_photographs_have_their_words(lessons: Lessons) -> None:
    known = lessons.photos(np.array([0, 3]))
    assert lessons.words[:4] == ("dog", "cat", "oak", "pet")
    assert known.shape == (2, len(lessons.words))
    assert known[0, :4].tolist() == [HOLDS, NOT, NOT, HOLDS]
    assert known[1, :4].tolist() == [NOT, NOT, HOLDS, UNKNOWN]
    np.testing.assert_array_equal(known[0, 4 : 4 + len(looks.WORDS)], lessons.seen[0])
    assert not known[:, -len(patches.WORDS) :].any()
    assert set(lessons.categories) == set(lessons.words)


def test_rare_words_are_refused(lessons: Lessons) -> None:
    assert lessons.counts()[:4].tolist() == [2, 1, 1, 3]
    np.testing.assert_allclose(lessons.priors[3], 0.996)  # where it is known it always holds
    with pytest.raises(SystemExit, match="Fewer than 200 training pictures: dog, cat, oak, pet"):
        lessons.check()


def test_weights_leave_out_what_nobody_knows(lessons: Lessons, photos: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    pictures, drawn, kinds = lessons.drawn(photos, 6, rng)
    assert pictures.shape == (6, 64, 64, 3)
    names = drawn[:, :4]
    assert (names[[0, 3]] == NOT).all()
    assert (names[[1, 2, 4, 5]] == UNKNOWN).all()
    assert (drawn[[0, 1, 3, 4], -len(patches.WORDS) :] != NOT).any(1).all()
    assert kinds[[2, 5]].tolist() == [NONE, NONE]
    assert all(drawn[row, kind] == HOLDS for row, kind in enumerate(kinds) if kind != NONE)
    names, patterns = lessons.choices
    assert lessons.words[names] == ("dog", "cat", "oak")
    assert lessons.words[patterns] == patches.WORDS
    known = np.concatenate([lessons.photos(np.arange(4)), drawn])
    weights = lessons.weights(known, 6)
    assert ((weights == 0).numpy() == (known == UNKNOWN)).all()
    last = -len(patches.WORDS)
    certain = {float(weight) for weight in weights[4:, last][drawn[:, last] == NOT]}
    assert len(certain) == 1
    assert float(weights[0, last]) == pytest.approx(DOUBT * certain.pop())


def test_measured_words_are_kept(photos: np.ndarray, tmp_path: Path) -> None:
    first = measured(photos, tmp_path)
    (kept,) = tmp_path.iterdir()
    np.testing.assert_array_equal(measured(np.zeros_like(photos), tmp_path), first)
    assert len(measured(photos[:2], tmp_path)) == 2
    assert kept.is_file()


def test_loss_falls_and_ignores_what_nobody_knows(
    lessons: Lessons, photos: np.ndarray, tmp_path: Path
) -> None:
    def tiny() -> Pupil:
        tower = ImageTower((4,), (1,), 8)
        return Pupil(lessons, MiniEncoder(len(lessons.words), tower, 8))

    torch.manual_seed(0)
    args = argparse.Namespace(ema=0.5, rate=0.05, decay=0.0, plan=[16], out=tmp_path)
    pupil = tiny()
    run = Run(pupil, args, steps=20)
    known = lessons.photos(np.arange(4))
    weights = lessons.weights(known, 0)
    batch = whole(photos)

    def loss(pupil: Pupil, table: np.ndarray) -> torch.Tensor:
        known, names = torch.from_numpy(table), torch.from_numpy(LABELS)
        return loss_of(pupil(batch), pupil.bias, known, weights, names, lessons.choices)

    other = known.copy()
    other[3, 3] = HOLDS
    before = loss(pupil, known)
    assert torch.equal(before, loss(pupil, other))
    losses = [run.update(loss(pupil, known), longest=5.0) for _ in range(20)]
    assert losses[0] == pytest.approx(before.item(), rel=1e-5)
    assert losses[-1] < 0.9 * losses[0]
    run.epoch = 1
    run.save()
    again = Run(tiny(), args, steps=20)
    again.resume()
    assert again.epoch == 1
    assert all(
        torch.equal(one, two)
        for one, two in zip(pupil.parameters(), again.model.parameters(), strict=True)
    )


def test_crops_have_the_side_that_was_asked_for(photos: np.ndarray) -> None:
    rng = torch.Generator().manual_seed(0)
    assert augmented(photos, 24, (0.7, 1.0), rng).shape == (4, 3, 24, 24)
    assert sides("40:2,64:1") == [40, 40, 64]
