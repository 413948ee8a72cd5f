"""Why this class: what each channel of a layer adds to a class's score, by the concepts it has.

A channel's contribution is gradient times activation, summed over places: to first order, what the
score would lose without the channel (HiResCAM's account, Draelos and Carin 2020, by channel). Where
the model behind the layer is affine, the contributions add up to the score less its constant part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import Heat
from core.explain.base import Tick, no_tick
from core.explain.engine import Task
from core.explain.gradient import differentiate
from core.models.classifier import Classifier, Prepared

BASIS = (
    "Evidence of a channel is gradient times activation, summed over its places; shares are of "
    "all evidence that speaks for the class."
)
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
        probability: its softmax probability in [0, 1].
        maps: float32 (C, gh, gw), gradient times activation at each place, signed; a class token
            has no place and is left out.
        contributions: float64 (C,), their sums over places, signed.
    """

    layer: str
    class_index: int
    class_name: str
    logit: float
    probability: float
    maps: npt.NDArray[np.float32]
    contributions: npt.NDArray[np.float64]

    @property
    def total(self) -> float:
        """Sum of all contributions."""
        return math.fsum(self.contributions.tolist())

    @property
    def positive(self) -> float:
        """Sum of the contributions that speak for the class."""
        return math.fsum(self.contributions[self.contributions > 0].tolist())

    def heat(self, channel: int) -> Heat:
        """Return the map of one channel, float32 (gh, gw), raw and signed."""
        return np.asarray(self.maps[channel], dtype=np.float32)

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
        share: of the evidence that speaks for the class, in [0, 1]; all groups add up to 1, or
            to 0 where nothing speaks for it.
    """

    concept: str
    channels: tuple[int, ...]
    contribution: float
    share: float


def evidence_for(
    classifier: Classifier,
    prepared: Prepared,
    class_index: int,
    layer: str,
    tick: Tick = no_tick,
) -> Evidence:
    """Take each channel's contribution from one forward pass and one gradient.

    Args:
        classifier: the model.
        prepared: the picture as the model sees it.
        class_index: the class.
        layer: module path of a layer with a map.
        tick: told the share done; may raise to stop.

    Raises:
        UnknownLayer: no module of that path.
        UnsupportedLayer: no map, or the model cannot be split there.
    """
    split = classifier.split(layer)
    task = Task(
        classifier=classifier,
        split=split,
        batch=prepared.batch,
        class_index=class_index,
        precision="exact",
        options={},
        rng=np.random.RandomState(0),  # nothing is drawn
        tick=tick,
    )
    activation, gradient, logits = differentiate(task)
    maps = np.asarray(gradient * activation, dtype=np.float32)
    return Evidence(
        layer=split.path,
        class_index=class_index,
        class_name=classifier.names[class_index],
        logit=float(logits[0, class_index]),
        probability=float(logits.softmax(1)[0, class_index]),
        maps=maps,
        contributions=maps.sum((1, 2), dtype=np.float64),
    )


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


def _group(evidence: Evidence, concept: str, channels: list[int], whole: float) -> Group:
    values = [float(evidence.contributions[channel]) for channel in channels]
    positive = math.fsum(value for value in values if value > 0)
    share = positive / whole if whole > 0 else 0.0
    return Group(concept, tuple(channels), math.fsum(values), share)


def sentence(groups: Sequence[Group], most: int = NAMED) -> str:
    """Say which concepts the evidence rests on; `BASIS` says what is meant by that.

    Args:
        groups: of `groups_of`.
        most: concepts that are named.
    """
    if not any(group.share > 0 for group in groups):
        return "No channel of this layer speaks for the class."
    named = [group for group in groups if group.concept and group.share > 0][:most]
    if not named:
        return "None of the evidence comes from channels with a label."
    share = 100 * math.fsum(group.share for group in named)
    percent = "Less than 1" if share < 0.5 else f"{share:.0f}"
    concepts = ", ".join(group.concept for group in named)
    return f"{percent} % of the evidence comes from channels labelled {concepts}."
