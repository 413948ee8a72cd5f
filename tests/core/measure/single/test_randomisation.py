"""Maps of networks with random weights, and of other classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from core.errors import BadOption
from core.measure.single.controls import sobel_map
from core.measure.single.random_class import RANDOM_CLASS, other_class
from core.measure.single.randomisation import (
    RANDOMISATION,
    stages_of,
    with_random_weights,
)
from core.measure.single.trial import Trial
from core.models.random_weights import randomise
from tests.conftest import asked, asked_lime, classifier_of, run, tiny_net


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def of_random_weights(trial: Trial) -> np.ndarray:
    """The map of the same network with all weights random."""
    model = trial.classifier
    twin = with_random_weights(model, model.weighted[::-1], trial.settings.seed)
    return trial.explained(classifier=twin).shown


def test_stages_go_from_the_head_to_the_input(tiny) -> None:
    every = tiny.weighted[::-1]
    for count in (1, 2, 3, 7, 50):
        stages = stages_of(tiny, count)
        assert len(stages) == min(count, len(every))
        assert tuple(path for stage in stages for path in stage) == every
        assert count == 1 or stages[0] == ("fc",)


def test_cascade_by_hand(explained) -> None:
    """Each map is Grad-CAM's of a network whose weights were replaced one group after another."""
    here, original = explained(target=1, layer="blocks.0", stages=3)
    measured = RANDOMISATION.run(original.shown, here)
    stages = stages_of(here.classifier, 3)
    for name, order in (("head down", stages), ("input up", stages[::-1])):
        net, correlations, likenesses = tiny_net(), [], []
        for number, stage in enumerate(order, 1):
            randomise(net, stage, 0)
            other = classifier_of(net)
            made = run(*asked(other, here.prepared, ("blocks.0",), 1)).shown
            correlations.append(rank_correlation(original.shown, made))
            likenesses.append(structural_similarity(original.shown, made, data_range=1))
            if (name, number) != ("input up", 3):  # the last is shared
                np.testing.assert_allclose(measured.maps[f"{name} {number}"], made, atol=1e-4)
        curves = {curve.name: curve for curve in measured.curves}
        np.testing.assert_allclose(curves[f"Spearman, {name}"].y, correlations, atol=1e-3)
        np.testing.assert_allclose(curves[f"SSIM, {name}"].y, likenesses, atol=1e-3)
        mean = measured.value if name == "head down" else measured.details["input up"]
        assert mean == pytest.approx(np.mean(correlations), abs=1e-3)
        if name == "head down":
            assert measured.details["spread"] == pytest.approx(np.std(correlations), abs=1e-3)
            assert measured.details["head alone"] == pytest.approx(correlations[0], abs=1e-3)
            assert measured.details["all random"] == pytest.approx(correlations[2], abs=1e-3)
            assert curves["Spearman, head down"].labels[0] == "fc"
            assert curves["Spearman, head down"].labels[2] == "stem.0"
    assert len(measured.maps) == RANDOMISATION.explanations(here.settings) == 5
    np.testing.assert_array_equal(of_random_weights(here), measured.maps["head down 3"])


def test_the_shared_model_stays(explained) -> None:
    here, original = explained(stages=2)
    before = here.classifier.logits(here.prepared.batch)
    RANDOMISATION.run(original.shown, here)
    assert torch.equal(here.classifier.logits(here.prepared.batch), before)
    np.testing.assert_array_equal(here.explained().shown, original.shown)


def test_random_networks_are_told_apart(tiny) -> None:
    one, two = (with_random_weights(tiny, ("fc",), seed) for seed in (0, 1))
    more = with_random_weights(tiny, ("fc", "blocks.1.0"), 0)
    assert len({each.reference for each in (tiny, one, two, more)}) == 4


def test_a_map_of_the_picture_alone_fails(explained) -> None:
    """An edge map is the same whatever the weights: it shows the picture, not the model."""
    here, _ = explained(stages=3)
    edges = sobel_map(here.prepared.view)

    def explain(subject, target):
        return replace(run(*asked(here.classifier, subject.prepared)), shown=edges)

    same = replace(here, explain=explain)
    measured = RANDOMISATION.run(edges, same)
    assert measured.value == pytest.approx(1)
    assert measured.details["SSIM, all random"] == pytest.approx(1)
    assert RANDOM_CLASS.run(edges, same).value == pytest.approx(1)


def test_flat_maps_have_no_correlation(explained) -> None:
    here, original = explained(stages=2)
    flat = np.zeros_like(original.shown)
    measured = RANDOMISATION.run(flat, here)
    assert np.isnan(measured.value)
    assert "nothing can be compared" in measured.notes[0]
    made = replace(original, shown=flat)
    measured = RANDOMISATION.run(original.shown, replace(here, explain=lambda *given: made))
    assert np.isnan(measured.value)
    assert "3 of 3 maps" in measured.notes[0]


def test_lime_takes_new_samples_of_a_random_network(trial) -> None:
    bare = trial()

    def explain(subject, target):
        request, _ = asked_lime(
            bare.classifier, subject.prepared, target, samples=60, segments="grid"
        )
        return run(request, subject)

    here = replace(bare, explain=explain)
    assert not np.array_equal(of_random_weights(here), here.explained().shown)


@pytest.mark.parametrize("method", ["grad-cam", "eigen-cam"])
def test_random_class(explained, method: str) -> None:
    here, original = explained(target=1, method=method, layer="blocks.0")
    measured = RANDOM_CLASS.run(original.shown, here)
    other = int(measured.details["class"])
    assert other == other_class(4, 1, 0) != 1
    made = run(*asked(here.classifier, here.prepared, ("blocks.0",), other, method)).shown
    assert measured.value == pytest.approx(rank_correlation(original.shown, made), abs=1e-6)
    assert (measured.value == pytest.approx(1)) == (method == "eigen-cam")
    assert list(measured.maps) == [here.classifier.names[other]]


def test_every_other_class_can_be_drawn() -> None:
    for chosen in range(3):
        drawn = {other_class(3, chosen, seed) for seed in range(40)}
        assert drawn == {0, 1, 2} - {chosen}


def test_one_class_has_no_other(trial) -> None:
    here = trial()
    one = replace(here, classifier=classifier_of(tiny_net(classes=1), names=("mark",)), memo={})
    alone = replace(one, explain=lambda *given: pytest.fail("nothing to explain"))
    measured = RANDOM_CLASS.run(np.eye(32, dtype=np.float32), alone)
    assert np.isnan(measured.value)
    assert measured.notes == ("The model has one class only.",)


@pytest.mark.parametrize("measure", [RANDOMISATION, RANDOM_CLASS])
def test_what_cannot_be_explained_again(trial, measure) -> None:
    with pytest.raises(BadOption, match="cannot be done for this map"):
        measure.run(np.eye(32, dtype=np.float32), trial())
