"""The dial of a concept: factors on channels, what the model says then, and its map."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.concepts.check.dial import CLASSES, Dialled, dialled
from core.errors import BadOption
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from tests.conftest import asked, run

CHANNELS = (2, 5)


def test_factor_one_changes_nothing_at_all(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    found = dialled(tiny, prepared, 1, "blocks.0", CHANNELS, 1.0)
    for shift in found.classes:
        assert shift.logits[0] == shift.logits[1]
        assert shift.probabilities[0] == shift.probabilities[1]
    assert found.heats is not None
    assert np.array_equal(*found.heats)
    assert found.peak == 1.0
    shown = found.shown((20, 30))
    assert shown is not None
    assert np.array_equal(*shown)


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_logits_and_map_by_hand(tiny: Classifier, picture: Picture, factor: float) -> None:
    prepared, target = tiny.prepare(picture), 2
    found = dialled(tiny, prepared, target, "blocks.0", CHANNELS, factor)
    split = tiny.split("blocks.0")
    leaf, *rest = split.head(prepared.batch)
    leaf = leaf.clone()
    leaf[:, list(CHANNELS)] *= factor
    leaf.requires_grad_()
    logits = split.tail(leaf, *rest)
    (gradient,) = torch.autograd.grad(logits[0, target], leaf)
    logits = logits.detach()
    weights = gradient.mean((2, 3), keepdim=True)
    heat = (weights * leaf.detach()).sum(1)[0].numpy()
    assert found.heats is not None
    np.testing.assert_allclose(found.heats[1], heat, rtol=1e-4, atol=1e-6)
    assert found.peak == pytest.approx(max(0, heat.max()) / found.heats[0].max(), rel=1e-4)
    before = tiny.logits(prepared.batch)
    for shift in found.classes:
        assert shift.logits == pytest.approx(
            (float(before[0, shift.index]), float(logits[0, shift.index])), abs=1e-5
        )
        assert shift.name == tiny.names[shift.index]
    chances = logits.softmax(1)[0].tolist()
    assert [shift.probabilities[1] for shift in found.classes] == pytest.approx(
        [chances[shift.index] for shift in found.classes]
    )


def test_the_first_map_is_that_of_grad_cam(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    found = dialled(tiny, prepared, 1, "blocks.1", CHANNELS, 0.0)
    made = run(*asked(tiny, prepared, ("blocks.1",), 1))
    assert found.heats is not None
    np.testing.assert_array_equal(found.heats[0], made.heat)
    shown = found.shown(tiny.input_size)
    assert shown is not None
    np.testing.assert_array_equal(shown[0], made.shown)


def test_the_explained_class_comes_first_and_the_likely_ones_after(
    tiny: Classifier, picture: Picture
) -> None:
    prepared = tiny.prepare(picture)
    found = dialled(tiny, prepared, 3, "blocks.1", CHANNELS, 0.0)
    assert found.classes[0].index == 3
    assert len(found.classes) == min(CLASSES, len(tiny.names))
    before = [shift.probabilities[0] for shift in found.classes[1:]]
    assert before == sorted(before, reverse=True)


def test_a_map_that_fades_looks_fainter() -> None:
    heat = np.array([[0.0, 1], [2, 4]], np.float32)
    found = Dialled("layer", 0, "cat", (0,), 0.0, (), (heat, heat / 4))
    assert found.peak == 0.25
    before, after = found.shown((2, 2)) or (heat, heat)
    np.testing.assert_allclose(after, before / 4)
    stronger = Dialled("layer", 0, "cat", (0,), 2.0, (), (heat, heat * 3))
    before, after = stronger.shown((2, 2)) or (heat, heat)
    assert np.array_equal(before, after)
    flat = Dialled("layer", 0, "cat", (0,), 0.0, (), (0 * heat, heat))
    assert np.isnan(flat.peak)
    assert flat.shown((2, 2)) is not None
    assert Dialled("layer", 0, "cat", (0,), 0.0, (), None, "why").shown((2, 2)) is None


def test_channels_that_are_not_there_are_refused(tiny: Classifier, picture: Picture) -> None:
    with pytest.raises(BadOption, match="channels 0 to 11"):
        dialled(tiny, tiny.prepare(picture), 0, "blocks.1", (99,), 0.0)
