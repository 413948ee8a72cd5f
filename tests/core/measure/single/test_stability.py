"""Changed copies of the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import Heat
from core.measure.single.stability import STABILITY, common, copies_of, moved
from core.measure.single.trial import Trial
from core.pictures.picture import from_pixels
from tests.conftest import TINY_SIZE, asked, blocks_picture, classifier_of, run, tiny_net
from tests.core.measure.single.conftest import distinct_map

VIEW = blocks_picture(TINY_SIZE, TINY_SIZE).pixels


def test_by_hand(explained) -> None:
    """The largest of ||map - copy's map|| / ||map||, as in Quantus, for noisy copies."""
    here, original = explained(target=1, layer="blocks.0", copies=1, noise=0.01)
    measured = STABILITY.run(original.shown, here)
    (copy,) = copies_of(here.prepared.view, 1, 0.01, 4, 0)
    assert copy.pixels.std() != here.prepared.view.std()
    batch = here.classifier.normalise(torch.from_numpy(copy.pixels).permute(2, 0, 1)[None] / 255)
    made = run(*asked(here.classifier, replace(here.prepared, batch=batch), ("blocks.0",), 1)).shown
    expected = np.linalg.norm(original.shown - made) / np.linalg.norm(original.shown)
    assert 0 < expected < 1
    assert measured.value == pytest.approx(expected, rel=1e-3)


def test_copies_are_noisy_and_shifted_in_turn() -> None:
    copies = copies_of(VIEW, 5, 0.02, 4, 0)
    assert [copy.name.split()[1] for copy in copies] == ["noise", "shift"] * 2 + ["noise"]
    for copy in copies[::2]:
        changed = (copy.pixels.astype(float) - VIEW)[(VIEW > 40) & (VIEW < 215)]
        assert changed.std() == pytest.approx(0.02 * 255, rel=0.1)
    for copy in copies[1::2]:
        assert 0 < max(abs(copy.down), abs(copy.right)) <= 4
        np.testing.assert_array_equal(copy.pixels, moved(VIEW, copy.down, copy.right))
    again = copies_of(VIEW, 3, 0.02, 4, 0)
    for one, two in zip(again, copies, strict=False):
        np.testing.assert_array_equal(one.pixels, two.pixels)
    other = copies_of(VIEW, 1, 0.02, 4, 1)
    assert not np.array_equal(other[0].pixels, copies[0].pixels)


@pytest.mark.parametrize(("down", "right"), [(3, -2), (-4, 0), (0, 4), (-1, -1)])
def test_a_shift_is_undone(down: int, right: int) -> None:
    heat = distinct_map()
    made = moved(np.repeat(heat[..., None], 3, 2), down, right)[..., 0]
    ours, theirs = common(heat, made, down, right)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.shape == (TINY_SIZE - abs(down), TINY_SIZE - abs(right))


def returning(here: Trial, shown: Heat) -> Trial:
    made = replace(here.explained(), shown=shown)
    return replace(here, explain=lambda *given: made)


def test_known_changes(explained) -> None:
    here, _ = explained(copies=1)
    shown = distinct_map()
    assert STABILITY.run(shown, returning(here, shown)).value == 0
    assert STABILITY.run(shown, returning(here, 0 * shown)).value == pytest.approx(1)
    half = STABILITY.run(shown, returning(here, shown / 2))
    assert half.value == pytest.approx(0.5)
    assert half.details["mean Spearman"] == pytest.approx(1)
    empty = STABILITY.run(0 * shown, returning(here, shown))
    assert np.isnan(empty.value)
    assert "empty" in empty.notes[0]


def test_the_largest_counts(explained) -> None:
    here, original = explained(target=1, layer="blocks.0", copies=5, noise=0.05, shift=1)
    measured = STABILITY.run(original.shown, here)
    assert measured.value >= measured.details["mean change"] > 0
    assert measured.details["copies"] == len(measured.maps) == 5
    one = STABILITY.run(original.shown, replace(here, settings=replace(here.settings, copies=1)))
    assert measured.value >= one.value


def test_copies_with_another_prediction_do_not_count(explained) -> None:
    here, original = explained(copies=4, noise=0.5)
    net = here.classifier
    before = net.probabilities(here.prepared).argmax()
    after = [
        net.probabilities(net.prepare(from_pixels(copy.pixels, "copy"), "squash")).argmax()
        for copy in copies_of(here.prepared.view, 4, 0.5, 4, 0)
    ]
    gone = sum(index != before for index in after)
    measured = STABILITY.run(original.shown, here)
    assert measured.details["copies"] == 4 - gone
    assert ("another prediction" in " ".join(measured.notes)) == (gone > 0)

    def fickle(prepared):
        return np.eye(4, dtype=np.float32)[int(prepared is not here.prepared)]

    other = replace(here, classifier=classifier_of(tiny_net()), memo={})
    other.classifier.probabilities = fickle  # type: ignore[method-assign]
    measured = STABILITY.run(original.shown, other)
    assert np.isnan(measured.value)
    assert measured.notes[0].startswith("4 of 4 changed copies have another prediction")
