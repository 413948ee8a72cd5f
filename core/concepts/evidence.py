"""Why this class: what each channel of a layer adds to a class's score, by the concepts it has.

A channel's contribution is gradient times activation, summed over positions: to first order, what
the score would lose without the channel (HiResCAM's account, Draelos and Carin 2020, by channel).
Where the model behind the layer is affine, the contributions add up to the score less its constant
part. Or it is the drop itself, as AblationCAM takes it (Desai and Ramaswamy 2020): what the score
loses when the channel is set to 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from core import Heat
from core.explain import scaling
from core.explain.base import Tick, no_tick
from core.explain.cams.ablation import ABLATION_CAM, losses
from core.explain.cams.gradient import class_logit, differentiate
from core.models.classifier import Classifier
from core.models.input import Prepared

How = Literal["gradient", "drop"]
HOWS: Mapping[How, str] = {
    "gradient": "gradient times activation",
    "drop": "ablation drop",
}
BASES: Mapping[How, str] = {
    "gradient": "Evidence of a channel is gradient times activation, summed over positions; "
    "shares are parts of all evidence that supports the class.",
    "drop": "Evidence of a channel is what the class's score loses when the channel is set to 0; "
    "shares are parts of all evidence that supports the class. Channels act together behind the "
    "layer, so the drops need not add up to the score.",
}
"""What the shares mean, in words for a person."""
NAMED = 3
"""Concepts in the sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the channels of one layer add to one class's score for one picture.

    Attributes:
        layer: dotted module path.
        class_index, class_name: the class.
        logit: its score.
        probability: its probability in [0, 1], from the model's activation.
        maps: float32 (C, gh, gw), signed; a class token has no position and is left out. For
            `gradient`, gradient times activation at each position; for `drop`, activation times
            drop.
        contributions: float64 (C,), signed; for `gradient` the sums of the maps over positions.
        how: what a contribution is.
    """

    layer: str
    class_index: int
    class_name: str
    logit: float
    probability: float
    maps: npt.NDArray[np.float32]
    contributions: npt.NDArray[np.float64]
    how: How = "gradient"

    @property
    def total(self) -> float:
        """Sum of all contributions."""
        return math.fsum(self.contributions.tolist())

    @property
    def positive(self) -> float:
        """Sum of the contributions that support the class."""
        return math.fsum(self.contributions[self.contributions > 0].tolist())

    def heat(self, channel: int) -> Heat:
        """Return the map of one channel, float32 (gh, gw), raw and signed."""
        return np.asarray(self.maps[channel], dtype=np.float32)

    def shown(self, channel: int, size: tuple[int, int]) -> Heat:
        """Return the map of one channel as other maps are shown.

        Args:
            channel: its number.
            size: (height, width) of the result.

        Returns:
            float32 (height, width) in [0, 1].
        """
        return scaling.shown([self.heat(channel)], size)

    def share(self, channel: int) -> float:
        """Return a channel's share of the evidence that supports the class, in [0, 1]."""
        value, whole = float(self.contributions[channel]), self.positive
        return max(0.0, value) / whole if whole > 0 else 0.0

    def ranked(self) -> list[int]:
        """Return the channels by contribution, what speaks most for the class first."""
        return [int(at) for at in np.argsort(-self.contributions, kind="stable")]


@dataclass(frozen=True, slots=True)
class Group:
    """The channels that one concept describes.

    Attributes:
        concept: the word; empty for the channels without a label, which are one group.
        channels: what speaks most for the class first.
        contribution: their sum, signed; those of all groups add up to `Evidence.total`.
        speaks_for: the sum of those that support the class, 0 or more.
        share: of the evidence that supports the class, in [0, 1]; all groups add up to 1, or
            to 0 where nothing supports it.
    """

    concept: str
    channels: tuple[int, ...]
    contribution: float
    speaks_for: float
    share: float


def evidence_for(
    classifier: Classifier,
    prepared: Prepared,
    class_index: int,
    layer: str,
    tick: Tick = no_tick,
    *,
    how: How = "gradient",
) -> Evidence:
    """Take each channel's contribution from one gradient, or by switching each off in turn.

    Args:
        classifier: the model.
        prepared: the picture as the model sees it.
        class_index: the class.
        layer: module path of a layer with a map.
        tick: told the share done; may raise to stop.
        how: what a contribution is; a drop takes a pass for each channel unless the model behind
            the layer is affine.

    Raises:
        UnknownLayer: no module of that path.
        UnsupportedLayer: no map, or the model cannot be split there.
    """
    split = classifier.split(layer)
    if how == "drop":
        lost, logits, raw, _ = losses(split, prepared.batch, class_index, tick)
        maps = np.asarray(lost[:, None, None] * raw, dtype=np.float32)
        contributions = lost.double().numpy()
    else:
        objective = class_logit(class_index)
        activation, gradient, logits = differentiate(split, prepared.batch, objective, tick)
        maps = np.asarray(gradient * activation, dtype=np.float32)
        contributions = maps.sum((1, 2), dtype=np.float64)
    return Evidence(
        layer=split.path,
        class_index=class_index,
        class_name=classifier.names[class_index],
        logit=float(logits[0, class_index]),
        probability=float(classifier.activated(logits)[0, class_index]),
        maps=maps,
        contributions=contributions,
        how=how,
    )


def cost(classifier: Classifier, layer: str, how: How) -> float:
    """Return about how many forward passes `evidence_for` takes.

    Raises:
        UnknownLayer, UnsupportedLayer: as there.
    """
    return 3.0 if how == "gradient" else float(ABLATION_CAM.passes(classifier, layer, {}))


def groups_of(evidence: Evidence, names: Mapping[int, str]) -> tuple[Group, ...]:
    """Group the channels by concept.

    Args:
        evidence: of one layer.
        names: the word of each labelled channel, as `Dissection.names` gives them for the layer.

    Returns:
        The groups with the largest share first, then by contribution and name; the channels
        without a label last, where there are any.
    """
    members: dict[str, list[int]] = {}
    for channel in evidence.ranked():
        members.setdefault(names.get(channel, ""), []).append(channel)
    whole = evidence.positive
    groups = [_group(evidence, concept, own, whole) for concept, own in members.items()]
    groups.sort(key=lambda group: (not group.concept, -group.share, -group.contribution))
    return tuple(groups)


def condensed(groups: Sequence[Group], most: int = 12) -> tuple[Group, ...]:
    """Return the first groups and what is left in one, so that the sums stay the same.

    Args:
        groups: of `groups_of`.
        most: concepts that stay by themselves.
    """
    named = [group for group in groups if group.concept]
    rest, unnamed = named[most:], [group for group in groups if not group.concept]
    left = []
    if rest:
        channels = tuple(channel for group in rest for channel in group.channels)
        sums = (
            math.fsum(getattr(group, name) for group in rest)
            for name in ("contribution", "speaks_for", "share")
        )
        left.append(Group(f"{len(rest)} other concepts", channels, *sums))
    left += [replace(group, concept="channels without a label") for group in unnamed]
    return (*named[:most], *left)


def _group(evidence: Evidence, concept: str, channels: list[int], whole: float) -> Group:
    values = [float(evidence.contributions[channel]) for channel in channels]
    positive = math.fsum(value for value in values if value > 0)
    share = positive / whole if whole > 0 else 0.0
    return Group(concept, tuple(channels), math.fsum(values), positive, share)


def sentence(groups: Sequence[Group], most: int = NAMED) -> str:
    """Say which concepts the evidence rests on; `BASES` says what is meant by that.

    Args:
        groups: of `groups_of`.
        most: concepts that are named.
    """
    if not any(group.share > 0 for group in groups):
        return "No channel of this layer supports the class."
    named = [group for group in groups if group.concept and group.share > 0][:most]
    if not named:
        return "None of the evidence comes from channels with a label."
    share = 100 * math.fsum(group.share for group in named)
    percent = "Less than 1" if share < 0.5 else f"{share:.0f}"
    concepts = ", ".join(group.concept for group in named)
    return f"{percent} % of the evidence comes from channels labelled {concepts}."
