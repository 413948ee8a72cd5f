"""The causal check by hand: drops, random sets, the linear head, silent channels, verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.concepts.check.ablation import ChannelCheck, activations, check_channels
from core.concepts.check.words import (
    ConceptCheck,
    chance,
    changed,
    checkable,
    claim,
    headline,
    meaning,
    number,
    sentence,
)
from core.concepts.evidence import Group, evidence_for, groups_of
from core.errors import BadOption, Cancelled, UnknownLayer
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from tests.conftest import classifier_of

CHANNELS = (1, 4, 7)


class Wide(nn.Module):
    """Sixty channels, a block behind them, a linear head: room for random sets."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 60, 3, padding=1), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(60, 60, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(60, 4)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.fc(self.block(self.conv(batch)).mean((2, 3)))


@pytest.fixture(scope="module")
def wide() -> Classifier:
    torch.manual_seed(0)
    net = Wide()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.15)
    return classifier_of(net)


def naive_drop(
    classifier: Classifier, picture: Picture, layer: str, target: int, channels: Any
) -> float:
    """What the logit loses, with two passes of the whole rest."""
    split = classifier.split(layer)
    with torch.no_grad():
        leaf, *rest = split.head(classifier.prepare(picture).batch)
        without = leaf.clone()
        for channel in channels:
            without[:, channel] = 0
        before, after = split.tail(leaf, *rest), split.tail(without, *rest)
    return float(before[0, target] - after[0, target])


@pytest.mark.parametrize("layer", ["conv", "block"])
def test_drop_and_probability_by_hand(wide: Classifier, picture: Picture, layer: str) -> None:
    prepared = wide.prepare(picture)
    check = check_channels(wide, prepared, 2, layer, CHANNELS)
    assert check.drop == pytest.approx(naive_drop(wide, picture, layer, 2, CHANNELS), abs=1e-5)
    logits = wide.logits(prepared.batch)
    assert check.logit == pytest.approx(float(logits[0, 2]), abs=1e-5)
    assert check.probability == pytest.approx(float(logits.softmax(1)[0, 2]), abs=1e-5)
    assert check.class_name == wide.names[2]
    split = wide.split(layer)
    leaf, *_ = split.head(prepared.batch)
    pooled = leaf[0].mean((1, 2))[list(CHANNELS)].sum()  # behind a ReLU nothing is negative
    assert check.activation == pytest.approx(float(pooled), rel=1e-5)


def test_random_sets_lose_what_two_passes_say(
    wide: Classifier, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every random set by itself, whatever the chunks."""
    from core.concepts.check import ablation
    from core.concepts.check.matched_sets import matched_sets

    monkeypatch.setattr(ablation, "rows_at_once", lambda leaf, rest: 8)
    check = check_channels(wide, wide.prepare(picture), 1, "conv", CHANNELS, seed=3)
    split = wide.split("conv")
    leaf, *_ = split.head(wide.prepare(picture).batch)
    sets = matched_sets(activations(split, leaf), CHANNELS, 3)
    expected = [naive_drop(wide, picture, "conv", 1, each) for each in sets.sets.tolist()]
    np.testing.assert_allclose(check.random_drops, expected, atol=1e-4)
    assert len(expected) >= 20
    low, high = check.interval or (0, 0)
    assert (low, high) == pytest.approx(tuple(np.percentile(expected, [2.5, 97.5])), abs=1e-4)
    assert check.random_mean == pytest.approx(float(np.mean(expected)), abs=1e-4)
    assert check.tolerance == sets.tolerance


def test_before_a_linear_head_the_claim_is_the_drop(wide: Classifier, picture: Picture) -> None:
    prepared = wide.prepare(picture)
    evidence = evidence_for(wide, prepared, 0, "block")
    names = {channel: "fur" if channel in CHANNELS else "sky" for channel in range(60)}
    for group in groups_of(evidence, names):
        done = ConceptCheck(group, check_channels(wide, prepared, 0, "block", group.channels))
        assert done.claim == pytest.approx(done.check.drop, abs=1e-4)
    earlier = evidence_for(wide, prepared, 0, "conv")
    claim = sum(earlier.contributions[list(CHANNELS)].tolist())
    drop = check_channels(wide, prepared, 0, "conv", CHANNELS).drop
    assert claim != pytest.approx(drop, abs=1e-4), "behind a ReLU it need not hold"


def test_all_channels_leave_the_constant_part(wide: Classifier, picture: Picture) -> None:
    check = check_channels(wide, wide.prepare(picture), 3, "block", range(60))
    assert check.logit_off == pytest.approx(float(wide._model.fc.bias[3]), abs=1e-5)
    assert check.reason == "The layer has no other channels to compare with."
    assert check.interval is None
    assert check.verdict == "no comparison"
    assert sentence(check).endswith(f". {check.reason}")


def test_silent_channels_change_nothing(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    kernel = torch.tensor([[1.0, 0, 0], [-1, -1, -1], [0, 1, 0], [0, 0, 1]])
    classifier = one_conv(kernel, torch.tensor([[1.0, 5, 2, 3], [0, 1, 0, 0]]))
    check = check_channels(classifier, classifier.prepare(picture), 0, "relu", (1,))
    assert check.drop == check.probability_drop == check.activation == 0
    assert (check.reason[:15], check.verdict) == ("They are silent", "no comparison")
    said = sentence(check)
    assert said == "This channel is silent for this picture: setting it to 0 changes nothing."


def test_negative_activation_counts_by_its_size(tiny: Classifier) -> None:
    split = tiny.split("blocks.1")
    leaf = torch.zeros(split.leaf_shape)
    leaf[0, 0], leaf[0, 1] = 2.0, -3.0
    assert activations(split, leaf)[:3].tolist() == [2, 3, 0]


def test_what_is_refused_and_stopped(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    with pytest.raises(UnknownLayer):
        check_channels(tiny, prepared, 0, "nope", (0,))
    for channels in ((), (-1,), (12,)):
        with pytest.raises(BadOption, match="channels 0 to 11"):
            check_channels(tiny, prepared, 0, "blocks.1", channels)

    def stop(fraction: float, stage: str = "") -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        check_channels(tiny, prepared, 0, "blocks.1", (0,), tick=stop)


def made(drop: float, random: list[float], channels: tuple[int, ...] = (0, 1)) -> ChannelCheck:
    return ChannelCheck(
        layer="layer",
        class_index=0,
        class_name="cat",
        channels=channels,
        activation=1.0,
        logit=9.1,
        logit_off=9.1 - drop,
        probability=0.9,
        probability_off=0.4,
        random_drops=np.array(random, np.float64),
        tolerance=0.05,
        reason="" if random else "None are like them.",
    )


LITTLE = np.linspace(-0.25, 1.05, 50).tolist()


@pytest.mark.parametrize(
    ("drop", "random", "verdict", "words"),
    [
        (5.1, LITTLE, "rests on them", "the class does rest on them"),
        (0.5, LITTLE, "as by chance", "no more than chance, other channels as active do the same"),
        (-2.0, LITTLE, "opposed", "they speak against the class"),
        (1.0, [each + 3 for each in LITTLE], "less than chance", "random channels matter more"),
        (-1.0, [each - 4 for each in LITTLE], "less than chance", "random channels matter more"),
        (5.1, [], "no comparison", ""),
    ],
)
def test_verdicts(drop: float, random: list[float], verdict: str, words: str) -> None:
    check = made(drop, random)
    assert check.verdict == verdict
    assert meaning(check) == words


def test_sentences() -> None:
    low, high = np.percentile(LITTLE, [2.5, 97.5])
    interval = f"({low:.2f} to {high:.2f})"
    assert sentence(made(5.1, LITTLE)) == (
        "Setting these 2 channels to 0 lowers the logit of cat from 9.10 to 4.00 (probability "
        "90.0 % to 40.0 %); 50 random sets of 2 channels with as much activation lower it by 0.40 "
        f"{interval}: the class does rest on them."
    )
    one = sentence(made(-2.0, LITTLE, (3,)))
    assert one.startswith("Setting this channel to 0 raises the logit of cat from 9.10 to 11.10")
    assert "; 50 other channels as active lower it by 0.4" in one
    assert one.endswith(": it speaks against the class.")
    assert sentence(made(1.0, [])).endswith("(probability 90.0 % to 40.0 %). None are like them.")
    assert chance(made(1.0, [])) == ""
    assert headline("fur", made(5.1, LITTLE)) == "The class does rest on the channels labelled fur"
    assert claim(Group("fur", (1, 2), 1.0, 1.2, 0.584)) == (
        "58 % of the evidence comes from 2 channels labelled fur."
    )
    assert claim(Group("fur", (1,), 1.0, 1.2, 0.001)).startswith("Less than 1 % of")
    assert [changed("fur", factor) for factor in (0.0, 0.25, 2.0)] == [
        "without fur",
        "fur \N{MULTIPLICATION SIGN} 0.25",
        "fur \N{MULTIPLICATION SIGN} 2",
    ]
    values = (12.345, -0.1234, -0.0034, 1e-5)
    assert list(map(number, values)) == ["12.35", "-0.12", "-0.003", "0.00"]


def test_what_is_checked_supports_the_class(wide: Classifier, picture: Picture) -> None:
    evidence = evidence_for(wide, wide.prepare(picture), 0, "block")
    groups = groups_of(evidence, {channel: f"c{channel % 7}" for channel in range(50)})
    chosen = checkable(groups, 3)
    assert len(chosen) == 3
    assert all(group.concept and group.share > 0 for group in chosen)
    assert [group.share for group in chosen] == sorted((g.share for g in chosen), reverse=True)
