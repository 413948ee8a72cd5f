"""Which concepts the units of a model stand for, and how far two models share them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.concepts.result.label_table import Label

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LayerCounts:
    """One layer, or all of a file.

    Attributes:
        neurons: units.
        distinct: different concepts.
        labelled: units whose similarity is above the threshold.
    """

    neurons: int
    distinct: int
    labelled: int

    @property
    def redundancy(self) -> float:
        """Share of the units whose concept another unit has already, in [0, 1]."""
        return 1 - self.distinct / self.neurons if self.neurons else 0.0


@dataclass(frozen=True, slots=True)
class Top:
    """The concepts of the most units.

    Attributes:
        ranked: (concept, count), the highest count first, then by the concept's code points.
        tied: how many concepts have the count of the last one, in and out of the list.
        above: how many have more.
    """

    ranked: tuple[tuple[str, int], ...]
    tied: int
    above: int


@dataclass(frozen=True, slots=True)
class Shared:
    """How far two models share their concepts.

    Attributes:
        top: concepts in both lists of the most frequent ones.
        common, union: distinct concepts in both, and in either.
        jaccard: common / union, in [0, 1].
        overlap: sum over concepts of the smaller share of units (histogram intersection), in
            [0, 1].
        divergence: Jensen-Shannon divergence of the shares (Lin 1991), in bits, in [0, 1].
        differences: (concept, share in the first, share in the second), the largest difference
            first.
    """

    top: int
    common: int
    union: int
    jaccard: float
    overlap: float
    divergence: float
    differences: tuple[tuple[str, float, float], ...]


def counts_of(labels: Iterable[Label]) -> Counter[str]:
    """Count the units of each concept; units without any, such as inactive ones, are left out."""
    return Counter(label.description for label in labels if label.description)


def layer_of(labels: Sequence[Label], threshold: float) -> LayerCounts:
    """Summarise units that belong together."""
    above = sum(label.similarity > threshold for label in labels)
    return LayerCounts(len(labels), len(counts_of(labels)), above)


def layers_of(labels: Iterable[Label], threshold: float) -> dict[str, LayerCounts]:
    """Summarise each layer, in the order of the file."""
    layers: dict[str, list[Label]] = {}
    for label in labels:
        layers.setdefault(label.layer, []).append(label)
    return {name: layer_of(units, threshold) for name, units in layers.items()}


def top(counts: Counts, count: int) -> Top:
    """Rank the concepts; ties at the end are cut by name and counted."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    chosen = tuple(ranked[:count])
    last = chosen[-1][1] if chosen else 0
    return Top(
        chosen,
        tied=sum(number == last for number in counts.values()) if chosen else 0,
        above=sum(number > last for number in counts.values()) if chosen else 0,
    )


def entropy(counts: Counts) -> float:
    """Entropy of the concepts' shares in nats (Shannon 1948)."""
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values() if n) if total else 0.0


def shared(first: Counts, second: Counts, count: int) -> Shared:
    """Compare two models by concept, never by the number of a unit.

    Args:
        first: units of each concept in one model.
        second: in the other.
        count: length of the lists of the most frequent ones.
    """
    both = sorted(first.keys() | second.keys())
    totals = max(1, sum(first.values())), max(1, sum(second.values()))
    shares = {
        name: (first.get(name, 0) / totals[0], second.get(name, 0) / totals[1]) for name in both
    }
    lists = [{name for name, _ in top(counts, count).ranked} for counts in (first, second)]
    common = len(first.keys() & second.keys())
    ordered = sorted(shares.items(), key=lambda item: (-abs(item[1][0] - item[1][1]), item[0]))
    return Shared(
        top=len(lists[0] & lists[1]),
        common=common,
        union=len(both),
        jaccard=common / len(both) if both else math.nan,
        overlap=math.fsum(min(pair) for pair in shares.values()),
        divergence=math.fsum(_divergence(*pair) for pair in shares.values()),
        differences=tuple((name, *pair) for name, pair in ordered),
    )


def _divergence(one: float, two: float) -> float:
    """One concept's part of the Jensen-Shannon divergence, in bits."""
    middle = (one + two) / 2
    return sum(share / 2 * math.log2(share / middle) for share in (one, two) if share)
