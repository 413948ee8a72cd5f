"""Channels' contributions by hand, their concepts, and sums that add up."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.concepts.evidence import Evidence, condensed, cost, evidence_for, groups_of, sentence
from core.errors import Cancelled, UnsupportedLayer
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels


def made(contributions: list[float]) -> Evidence:
    values = np.array(contributions, np.float64)
    maps = values.astype(np.float32)[:, None, None]
    return Evidence("layer", 0, "cat", 1.0, 0.5, maps, values)


def test_contributions_by_hand(one_conv: Callable[..., Classifier]) -> None:
    """Logit k is the sum over channels of W[k, c] times the mean of channel c's map."""
    kernel = torch.tensor([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0]])
    weight = torch.tensor([[2.0, -3, 5], [1, 1, 1]])
    classifier = one_conv(kernel, weight)
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2, :, 0], pixels[:, 1:, 1] = 255, 102
    prepared = classifier.prepare(from_pixels(pixels, "x.png"))
    found = evidence_for(classifier, prepared, 0, "relu")
    np.testing.assert_allclose(found.contributions, [2 * 0.5, -3 * 0.3, 0], atol=1e-6)
    assert found.total == pytest.approx(found.logit, abs=1e-6)
    assert found.positive == pytest.approx(1.0, abs=1e-6)
    expected = np.zeros((4, 4))
    expected[:2] = 2 / 16
    np.testing.assert_allclose(found.heat(0), expected, atol=1e-6)
    assert found.ranked() == [0, 2, 1]
    assert (found.class_name, found.layer) == ("class 0", "relu")
    assert found.probability == pytest.approx(float(torch.tensor([0.1, 0.8]).softmax(0)[0]))


@pytest.mark.parametrize("layer", ["stem", "blocks.0", "blocks.1"])
def test_maps_add_up_to_contributions(tiny: Classifier, picture: Picture, layer: str) -> None:
    prepared = tiny.prepare(picture)
    found = evidence_for(tiny, prepared, 2, layer)
    np.testing.assert_allclose(found.maps.sum((1, 2)), found.contributions, rtol=1e-4, atol=1e-5)
    assert len(found.contributions) == tiny.check_layer(layer).shape[0]
    assert found.logit == pytest.approx(float(tiny.logits(prepared.batch)[0, 2]), rel=1e-5)


def test_behind_the_last_block_they_add_up_to_the_score(tiny: Classifier, picture: Picture) -> None:
    found = evidence_for(tiny, tiny.prepare(picture), 1, "blocks.1")
    bias = float(tiny._model.fc.bias[1])
    assert found.total == pytest.approx(found.logit - bias, rel=1e-4)


def test_layer_without_a_map_and_stopping(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    with pytest.raises(UnsupportedLayer):
        evidence_for(tiny, prepared, 0, "fc")

    def stop(fraction: float, stage: str = "") -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        evidence_for(tiny, prepared, 0, "stem", stop)


def test_groups_by_hand() -> None:
    found = groups_of(made([3.0, -1, 5, 0.5, 1.5]), {0: "fur", 1: "fur", 2: "dog", 4: "car"})
    assert [(g.concept, g.channels) for g in found] == [
        ("dog", (2,)),
        ("fur", (0, 1)),
        ("car", (4,)),
        ("", (3,)),
    ]
    assert [g.contribution for g in found] == [5, 2, 1.5, 0.5]
    assert [g.share for g in found] == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert sentence(found) == "95 % of the evidence comes from channels labelled dog, fur, car."
    assert sentence(found, 1) == "50 % of the evidence comes from channels labelled dog."


def test_sentences_where_there_is_little_to_say() -> None:
    nothing = groups_of(made([-1.0, 0, -2]), {0: "fur"})
    assert sentence(nothing) == "No channel of this layer supports the class."
    assert [group.share for group in nothing] == [0, 0]
    unlabelled = groups_of(made([1.0, 2]), {})
    assert sentence(unlabelled) == "None of the evidence comes from channels with a label."
    little = groups_of(made([0.001, 2]), {0: "fur"})
    assert sentence(little).startswith("Less than 1 % of the evidence")
    assert groups_of(made([]), {}) == ()


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30),
    st.dictionaries(st.integers(0, 29), st.sampled_from(["fur", "dog", "car"])),
)
def test_groups_add_up_to_the_whole(values: list[float], names: dict[int, str]) -> None:
    evidence = made(values)
    found = groups_of(evidence, names)
    assert math.fsum(g.contribution for g in found) == pytest.approx(evidence.total, abs=1e-9)
    channels = sorted(channel for group in found for channel in group.channels)
    assert channels == list(range(len(values)))
    whole = math.fsum(group.share for group in found)
    assert whole == pytest.approx(1 if evidence.positive > 0 else 0)
    assert all(group.concept for group in found[:-1]), "the unlabelled ones come last"


def test_drops_are_what_the_score_loses(tiny: Classifier, picture: Picture) -> None:
    """Each drop against the score with that one channel set to 0."""
    prepared = tiny.prepare(picture)
    found = evidence_for(tiny, prepared, 2, "blocks.0", how="drop")
    split = tiny.split("blocks.0")
    with torch.no_grad():
        leaf, *rest = split.head(prepared.batch)
        score = float(split.tail(leaf, *rest)[0, 2])
        for channel in range(leaf.shape[1]):
            without = leaf.clone()
            without[:, channel] = 0
            drop = score - float(split.tail(without, *rest)[0, 2])
            assert found.contributions[channel] == pytest.approx(drop, abs=1e-5)
    assert found.logit == pytest.approx(score, rel=1e-5)
    assert found.maps.shape[0] == len(found.contributions)
    assert found.how == "drop"


def test_both_accounts_agree_where_the_rest_is_affine(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    one, two = (
        evidence_for(tiny, prepared, 1, "blocks.1", how=how) for how in ("gradient", "drop")
    )
    np.testing.assert_allclose(one.contributions, two.contributions, rtol=1e-3, atol=1e-5)


def test_cost_grows_with_the_channels(tiny: Classifier) -> None:
    assert cost(tiny, "blocks.0", "gradient") == 3
    assert cost(tiny, "blocks.0", "drop") >= 2


def test_few_groups_add_up_to_the_same() -> None:
    evidence = made([float(8 - n) for n in range(16)])
    groups = groups_of(evidence, {n: f"concept {n}" for n in range(14)})
    few = condensed(groups, 4)
    assert [group.concept for group in few] == [
        *(f"concept {n}" for n in range(4)),
        "10 other concepts",
        "channels without a label",
    ]
    assert math.fsum(group.contribution for group in few) == pytest.approx(evidence.total)
    assert math.fsum(group.speaks_for for group in few) == pytest.approx(evidence.positive)
    assert math.fsum(group.share for group in few) == pytest.approx(1)
    assert condensed(groups_of(made([]), {})) == ()


def test_shown_map_and_share_of_a_channel() -> None:
    evidence = made([3.0, 1.0, -2.0])
    assert [evidence.share(n) for n in range(3)] == pytest.approx([0.75, 0.25, 0])
    assert made([-1.0]).share(0) == 0
    shown = evidence.shown(0, (8, 6))
    assert shown.shape == (8, 6)
