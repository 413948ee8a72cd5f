"""The measures of the word bank's card, on numbers whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.encoders import looks
from tools.changed_pictures import colour_fields, texture_pairs
from tools.make_word_bank_card import CLASSES, each_auc, hits, recovery, zero_shot


def test_hits_are_first_or_among_five() -> None:
    scores = np.array([[0, 1, 2, 3, 4, 5], [9, 1, 2, 3, 4, 5]], np.float32)
    assert hits(scores, np.array([5, 1])) == (0.5, 0.5)
    assert hits(scores, np.array([1, 0])) == (0.5, 1.0)


def test_a_choice_that_is_always_right_stands_beside_chance() -> None:
    truth = np.arange(200) % 100
    found = zero_shot(np.eye(100, dtype=np.float32)[truth], truth)
    assert (found["pictures"], found["top1"]) == (200, 1)
    assert found["control_top1"] < 0.1


def test_words_that_hold_for_all_or_none_are_left_out() -> None:
    scores = np.array([1, 2, 3, 4], np.float32)
    found = each_auc(
        {
            "half": (scores, np.array([False, False, True, True])),
            "all": (scores, np.ones(4, bool)),
            "none": (scores, np.zeros(4, bool)),
        }
    )
    assert found["each"] == {"half": 1}


def test_the_same_network_recovers_its_names() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, CLASSES)).astype(np.float32)
    pair = np.logaddexp(logits[:, 0], logits[:, 1])[:, None]
    scores = np.hstack([0.22 + 0.03 * logits, 0.22 + 0.03 * pair]).astype(np.float32)
    found = recovery(scores, logits, np.arange(20), [(0, 1)])
    assert found["top1"] > 0.9
    assert found["first_word_true"] > 0.9
    assert found["control_top1"] < 0.1


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    rng = np.random.default_rng(1)
    coarse = rng.integers(60, 190, (6, 8, 8, 3), dtype=np.uint8)
    whole = coarse.repeat(8, axis=1).repeat(8, axis=2)
    return whole + rng.integers(0, 40, whole.shape, dtype=np.uint8)


def test_each_change_raises_its_word(photos: np.ndarray) -> None:
    before = looks.measured(photos)
    changed = texture_pairs(photos)
    assert set(changed) == set(looks.TEXTURES)
    for word, pictures in changed.items():
        assert pictures.shape == photos.shape
        column = looks.WORDS.index(word)
        assert looks.measured(pictures)[:, column].mean() > before[:, column].mean(), word


def test_fields_have_the_colours_that_people_named() -> None:
    pictures, holds = colour_fields(64)
    assert pictures.shape[1:] == (64, 64, 3)
    assert holds.any(0).all()
    red = holds[:, looks.COLOURS.index("red")]
    shares = looks.measured(pictures)[:, looks.WORDS.index("red")]
    assert shares[red].mean() > shares[~red].mean()
