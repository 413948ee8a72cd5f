"""The figures on the encoder's card, on numbers that are known."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from tools.captions import UNKNOWN
from tools.evaluate_encoder import each_word, patch_set, zero_shot
from tools.patches import WORDS
from tools.recovery import hits, recovery, share_true

TRUTH = np.arange(6)


def planted(pictures: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Scores of eight words and activations of six units; unit n answers to word n."""
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 6, pictures)
    scores = np.full((pictures, 8), 0.2) + 0.01 * rng.standard_normal((pictures, 8))
    scores[np.arange(pictures), shown] += 0.3
    activations = rng.random((pictures, 6))
    activations[np.arange(pictures), shown] += 2
    return scores.astype(np.float32), activations.astype(np.float32)


def test_hits_count_the_first_and_the_first_five() -> None:
    scores = np.array([[3, 2, 1, 0, -1, -2], [0, 1, 2, 3, 4, 5]], np.float32)
    assert hits(scores, np.array([0, 0])) == (0.5, 0.5)
    assert hits(scores, np.array([1, 4])) == (0.0, 1.0)


def test_planted_words_are_found_and_shuffled_ones_are_not() -> None:
    scores, activations = planted()
    found = recovery(scores, activations, TRUTH)
    assert found["top1"] == found["top5"] == 1.0
    assert found["control_top1"] < 0.5
    holds = np.eye(6, 8, dtype=np.int8)
    share = share_true(scores, activations, holds)
    assert share["first_holds"] == 1.0
    assert share["control_first_holds"] < 0.5


def test_zero_shot_and_its_control() -> None:
    scores, _ = planted()
    found = zero_shot(scores[:, :6], scores[:, :6].argmax(1))
    assert found["top1"] == 1.0
    assert 0.1 < found["control_top1"] < 0.25


def test_words_by_themselves_where_they_are_known() -> None:
    cosines = np.array([[0.9, 0.1, 0.5], [0.8, 0.2, 0.5], [0.1, 0.3, 0.5]], np.float32)
    known = np.array([[1, UNKNOWN, 1], [1, 0, 1], [0, 1, 1]], np.int8)
    found = each_word(cosines, known, ["a", "b", "all"], roc_auc_score, "auc")
    assert found["each"] == {"a": 1.0, "b": 1.0}
    assert found["words"] == 2
    assert found["auc"] == 1.0


def test_patches_of_the_exam() -> None:
    pictures, known = patch_set(WORDS)
    assert len(pictures) == len(known)
    assert ((known == 1).sum(1) == 1).all()
    assert (known == UNKNOWN).any()
