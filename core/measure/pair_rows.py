"""Pairs of maps as numbers: what is kept of many pictures, where the maps themselves are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.explain.base import Explanation
from core.measure.agreement import Pair
from core.requests.studies import Rule


@dataclass(frozen=True, slots=True)
class MapRow:
    """What a table says of a map.

    Attributes:
        label, layer, class_name, seconds: as in `Explanation`.
    """

    label: str
    layer: str
    class_name: str
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class PairRow:
    """A `Pair` without its maps and masks.

    Attributes:
        first, second: of which maps.
        rules: what each of them marks.
        iou, dice, spearman, chance: as in `Pair`.
    """

    first: MapRow
    second: MapRow
    rules: tuple[Rule, Rule]
    iou: float
    dice: float
    spearman: float
    chance: float

    @property
    def rule(self) -> str:
        """Both rules in one word: `top10`, or `top10|superpixels5` where they differ."""
        return "|".join(dict.fromkeys(rule.text for rule in self.rules))

    @property
    def below_chance(self) -> bool:
        """Whether the masks overlap less than chance would let them."""
        return bool(self.iou < self.chance)


def pair_rows(pairs: Iterable[Pair]) -> tuple[PairRow, ...]:
    """Return the numbers of pairs; nothing of their arrays stays alive."""
    return tuple(
        PairRow(
            _row(pair.first),
            _row(pair.second),
            pair.rules,
            float(pair.iou),
            float(pair.dice),
            float(pair.spearman),
            float(pair.chance),
        )
        for pair in pairs
    )


def rows_of_numbers(
    maps: Sequence[Explanation], rules: Sequence[Rule], numbers: Iterable[Sequence[float]]
) -> tuple[PairRow, ...]:
    """Return what `pair_rows` gave, from its numbers.

    Args:
        maps: that were compared; their arrays are not needed.
        rules: what each of them marks.
        numbers: of each pair, in the order of `pair_rows`: IoU, Dice, Spearman, chance.

    Raises:
        ValueError: there are more or fewer numbers than pairs.
    """
    each = combinations(zip(maps, rules, strict=True), 2)
    return tuple(
        PairRow(_row(first), _row(second), (one, other), *map(float, four))
        for ((first, one), (second, other)), four in zip(each, numbers, strict=True)
    )


def numbers_of(pair: PairRow) -> tuple[float, float, float, float]:
    """Return IoU, Dice, Spearman, chance."""
    return pair.iou, pair.dice, pair.spearman, pair.chance


def _row(each: Explanation) -> MapRow:
    return MapRow(each.label, each.layer, each.class_name, each.seconds)
