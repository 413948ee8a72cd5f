"""The causal check: what a class's score loses when a concept's channels are set to 0.

The evidence says what the channels add to the score; here they are switched off together, and so
are random sets of other channels. Only the part of the model behind the layer runs.

Source: switching sets of units off and measuring what the output loses is the test of Bau et al.
2020 (Understanding the role of individual units in a deep neural network, PNAS 117(48)); Zhou et
al. 2018 (arXiv 1806.02891) do it by class. Random sets of equal size and activation are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from core.concepts.check.matched_sets import Activations, MatchedSets, matched_sets
from core.errors import BadOption
from core.explain.base import Tick, no_tick, part
from core.explain.cams.ablation import repeated_rows, rows_at_once
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.split import Split

Verdict = Literal["rests on them", "as by chance", "less than chance", "opposed", "no comparison"]
PERCENTILES = (2.5, 97.5)
"""Ends of the interval of the random sets."""


@dataclass(frozen=True, slots=True, eq=False)
class ChannelCheck:
    """What happens to a class when some channels of a layer are set to 0.

    Attributes:
        layer: dotted module path.
        class_index, class_name: the class.
        channels: that were set to 0, rising.
        activation: their total activation: the mean of the absolute values over all positions,
            summed over the channels. Behind a ReLU that is the sum of the pooled activations.
        logit, logit_off: of the class, with the channels and without.
        probability, probability_off: the same in [0, 1], from the model's activation.
        random_drops: float64 (n,), what the logit loses without each random set; n may be 0.
        tolerance: share by which the sets' total activation may differ.
        reason: one sentence where there are no random sets, else empty.
    """

    layer: str
    class_index: int
    class_name: str
    channels: tuple[int, ...]
    activation: float
    logit: float
    logit_off: float
    probability: float
    probability_off: float
    random_drops: npt.NDArray[np.float64]
    tolerance: float
    reason: str = ""

    @property
    def drop(self) -> float:
        """What the logit loses; below 0 where it rises."""
        return self.logit - self.logit_off

    @property
    def probability_drop(self) -> float:
        """What the probability loses, in [-1, 1]."""
        return self.probability - self.probability_off

    @property
    def random_mean(self) -> float:
        """Mean drop of the random sets; NaN without any."""
        return float(self.random_drops.mean()) if len(self.random_drops) else float("nan")

    @property
    def interval(self) -> tuple[float, float] | None:
        """2.5th and 97.5th percentile of the random sets' drops; None without any."""
        if not len(self.random_drops):
            return None
        low, high = np.percentile(self.random_drops, PERCENTILES)
        return float(low), float(high)

    @property
    def verdict(self) -> Verdict:
        """What the drop says beside the interval.

        `rests on them`: the logit falls, and by more than the interval. `opposed`: it rises, and by
        more. `less than chance`: the drop lies outside, but random sets change more.
        """
        if self.interval is None:
            return "no comparison"
        low, high = self.interval
        if low <= self.drop <= high:
            return "as by chance"
        if self.drop > high:
            return "rests on them" if self.drop > 0 else "less than chance"
        return "opposed" if self.drop < 0 else "less than chance"


def check_channels(
    classifier: Classifier,
    prepared: Prepared,
    class_index: int,
    layer: str,
    channels: Sequence[int],
    seed: int = 0,
    tick: Tick = no_tick,
) -> ChannelCheck:
    """Set channels to 0 together, and each of 50 random sets that are like them.

    Args:
        classifier: the model.
        prepared: the picture as the model sees it.
        class_index: the class.
        layer: module path of a layer with a map.
        channels: of one concept.
        seed: of the random sets.
        tick: told the share done; may raise to stop.

    Raises:
        UnknownLayer: no module of that path.
        UnsupportedLayer: no map, or the model cannot be split there.
        BadOption: the layer has no such channel.
        BadPicture: the logits are not finite.
    """
    tick(0.0, "forward")
    split = classifier.split(layer)
    with torch.no_grad():
        leaf, *rest = split.head(prepared.batch)
        own = own_channels(split, leaf, channels)
        logits = split.tail(leaf, *rest)
        without = split.tail(scaled(split, leaf, own, 0.0), *rest)
        activation = activations(split, leaf)
        sets = matched_sets(activation, own, seed, tick=part(tick, 0.1, 0.3))
        random_drops = _drops(split, leaf, rest, class_index, sets, part(tick, 0.3, 1.0))
    shares = classifier.activated(torch.cat([logits, without]))[:, class_index].tolist()
    return ChannelCheck(
        layer=split.path,
        class_index=class_index,
        class_name=classifier.names[class_index],
        channels=own,
        activation=float(activation[list(own)].sum()),
        logit=float(logits[0, class_index]),
        logit_off=float(without[0, class_index]),
        probability=shares[0],
        probability_off=shares[1],
        random_drops=random_drops,
        tolerance=sets.tolerance,
        reason=sets.reason,
    )


def own_channels(split: Split, leaf: torch.Tensor, channels: Sequence[int]) -> tuple[int, ...]:
    """Return the channels, rising, each once.

    Raises:
        BadOption: there are none, or the layer has no such channel.
    """
    count = leaf.shape[split.channel_axis]
    own = tuple(sorted(set(channels)))
    if not own or own[0] < 0 or own[-1] >= count:
        raise BadOption(
            f"Layer {split.path} has channels 0 to {count - 1}: give one of them at least, and no "
            "other."
        )
    return own


def scaled(
    split: Split, leaf: torch.Tensor, channels: Sequence[int], factor: float
) -> torch.Tensor:
    """Return a copy of an activation in which some channels are multiplied by a factor."""
    copy = leaf.clone()
    view = copy.movedim(split.channel_axis, 1)
    view[:, list(channels)] *= factor
    return copy


def activations(split: Split, leaf: torch.Tensor) -> Activations:
    """Return the mean absolute value of each channel over all positions, float64 (C,).

    Args:
        split: the model cut at the layer.
        leaf: activation of one picture, as the layer gives it.
    """
    values = leaf.movedim(split.channel_axis, 1)[0].flatten(1).abs()
    return np.asarray(values.cpu().double().mean(1).numpy(), np.float64)


def _drops(
    split: Split,
    leaf: torch.Tensor,
    rest: list[torch.Tensor],
    class_index: int,
    sets: MatchedSets,
    tick: Tick,
) -> npt.NDArray[np.float64]:
    """Return what the logit loses without each set, float64 (n,).

    The first row of every pass is the whole activation, so that what the model's faster form for
    many pictures rounds is the same in both terms of a difference.
    """
    total = len(sets.sets)
    if not total:
        return np.empty(0, np.float64)
    chosen = torch.from_numpy(sets.sets).to(leaf.device)
    chunk = min(total, max(1, rows_at_once(leaf, rest) - 1))
    rows = leaf.repeat(chunk + 1, *[1] * (leaf.dim() - 1))
    view, original = rows.movedim(split.channel_axis, 1), leaf.movedim(split.channel_axis, 1)[0]
    found = []
    for start in range(0, total, chunk):
        tick(start / total, f"random set {start + 1} of {total}")
        part = chosen[start : start + chunk]
        count = len(part)
        places = torch.arange(1, count + 1, device=leaf.device)[:, None], part
        view[places] = 0
        others = [repeated_rows(each, count + 1) for each in rest]
        logits = split.tail(rows[: count + 1], *others)[:, class_index].cpu().double().numpy()
        view[places] = original[part]
        found.append(logits[0] - logits[1:])
    return np.concatenate(found)
