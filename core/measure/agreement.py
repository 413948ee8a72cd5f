"""How far explanations of one picture agree, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from core import Heat, Mask
from core.explain.base import Explanation
from core.explain.methods import title_of
from core.explain.ranks import ranks
from core.explain.scaling import Size, resized
from core.measure import overlap as measures
from core.measure.chance import PERCENTS, Curve, chance, chance_band, curve, curve_band
from core.measure.masks import Marked, common_size, marked
from core.measure.memo import once
from core.requests.studies import Rule


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two maps are, whatever they mark.

    Attributes:
        pearson: linear correlation of the raw maps in [-1, 1]; NaN where one is flat.
        ssim: structural similarity of the scaled maps in [-1, 1].
        peaks: distance of the highest places, as a share of the diagonal; NaN where one is flat.
        centres: distance of the centres of mass, likewise; NaN where one is empty.
    """

    pearson: float
    ssim: float
    peaks: float
    centres: float


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """How far two explanations of one picture agree.

    Attributes:
        first, second: the explanations.
        rules: what each of them marks.
        marked: what they mark, at the larger of their sizes.
        iou, dice, overlap: of the masks in [0, 1]; NaN where both are empty.
        chance: expected IoU of masks of these sizes that are laid at random.
    """

    first: Explanation
    second: Explanation
    rules: tuple[Rule, Rule]
    marked: tuple[Marked, Marked]
    iou: float
    dice: float
    overlap: float
    chance: float

    @property
    def spearman(self) -> float:
        """Rank correlation of the raw maps in [-1, 1]; NaN where one is flat; computed once."""
        return spearman(self.first, self.second)

    @property
    def likeness(self) -> Likeness:
        """How alike the maps are; computed once."""
        return likeness(self.first, self.second)

    @property
    def band(self) -> tuple[float, float]:
        """95 % of the IoU over all shifts of one mask; computed anew each time."""
        return chance_band(self.marked[0].mask, self.marked[1].mask)

    @property
    def rule(self) -> str:
        """Both rules in one word: `top10`, or `top10|superpixels5` where they differ."""
        return "|".join(dict.fromkeys(rule.text for rule in self.rules))

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of the masks, each with the name of its method."""
        each = zip((self.first, self.second), self.marked, strict=True)
        return tuple(
            f"{title_of(found.label)}: {note}" for found, mask in each for note in mask.notes
        )

    @property
    def below_chance(self) -> bool:
        """Whether the masks overlap less than chance would let them."""
        return bool(self.iou < self.chance)


def compare(first: Explanation, second: Explanation, rules: tuple[Rule, Rule]) -> Pair:
    """Compare two explanations at the larger of their sizes.

    Args:
        first: a finished map.
        second: another of the same picture.
        rules: what each of them marks.
    """
    size = common_size(first, second)
    one, two = marked(first, rules[0], size), marked(second, rules[1], size)
    return Pair(
        first,
        second,
        rules,
        (one, two),
        iou=measures.iou(one.mask, two.mask),
        dice=measures.dice(one.mask, two.mask),
        overlap=measures.overlap_coefficient(one.mask, two.mask),
        chance=chance(int(one.mask.sum()), int(two.mask.sum()), one.mask.size),
    )


def likeness(first: Explanation, second: Explanation) -> Likeness:
    """Compare two maps of one picture without marking anything; computed once."""
    size = common_size(first, second)
    maps = first.heat, second.heat, first.shown, second.shown
    return once("likeness", size, lambda: _likeness(first, second, size), *maps)


def _likeness(first: Explanation, second: Explanation, size: Size) -> Likeness:
    raw = resized(first.heat, size), resized(second.heat, size)
    shown = resized(first.shown, size), resized(second.shown, size)
    return Likeness(
        pearson=measures.pearson(*raw),
        ssim=measures.ssim(*shown),
        peaks=measures.apart(measures.peak(shown[0]), measures.peak(shown[1]), size),
        centres=measures.apart(measures.centre(shown[0]), measures.centre(shown[1]), size),
    )


def spearman(first: Explanation, second: Explanation) -> float:
    """Rank correlation of two maps of one picture (Spearman 1904); computed once."""
    size = common_size(first, second)
    one, two = first.heat, second.heat
    return once(
        "spearman", size, lambda: measures.pearson(_ranks(one, size), _ranks(two, size)), one, two
    )


def _ranks(heat: Heat, size: Size) -> npt.NDArray[np.float64]:
    """Rank a map's pixels; sorting is most of the work of a pair, and a map is in many pairs."""
    return once("ranks", size, lambda: ranks(resized(heat, size)), heat)


def pairs(explanations: Sequence[Explanation], rules: Sequence[Rule]) -> tuple[Pair, ...]:
    """Compare each explanation with each later one, in order."""
    each = list(zip(explanations, rules, strict=True))
    return tuple(compare(a, b, (x, y)) for (a, x), (b, y) in combinations(each, 2))


def table_of(pairs: Sequence[Pair], count: int, values: Sequence[float]) -> Curve:
    """Return one value of each pair as a square table.

    Args:
        pairs: from `pairs` of `count` explanations.
        count: of the explanations.
        values: one for each pair.

    Returns:
        float64 (count, count), symmetric, 1 on the diagonal.
    """
    table = np.eye(count)
    places = combinations(range(count), 2)
    for (row, column), _, value in zip(places, pairs, values, strict=True):
        table[row, column] = table[column, row] = value
    return table


def consensus(masks: Sequence[Mask]) -> npt.NDArray[np.uint8]:
    """Return how many of the masks hold each pixel, uint8 (h, w)."""
    count: npt.NDArray[np.uint8] = np.sum(np.stack(masks), axis=0, dtype=np.uint8)
    return count


@dataclass(frozen=True, slots=True, eq=False)
class OverlapCurves:
    """How the overlap of two maps grows with the threshold; all float64 (thresholds,).

    Attributes:
        iou: of the top masks; NaN where both are empty.
        level: IoU by chance.
        low, high: its 95 % band.
    """

    iou: Curve
    level: Curve
    low: Curve
    high: Curve


def overlap_curves(first: Explanation, second: Explanation) -> OverlapCurves:
    """Compare the top masks of two explanations over `PERCENTS`; computed once."""
    size = common_size(first, second)
    return once(
        "growth", size, lambda: _overlap_curves(first, second, size), first.shown, second.shown
    )


def _overlap_curves(first: Explanation, second: Explanation, size: Size) -> OverlapCurves:
    maps = resized(first.shown, size), resized(second.shown, size)
    return OverlapCurves(curve(*maps), *curve_band(*maps, PERCENTS))
