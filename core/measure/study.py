"""Many pictures, the same methods: how far they agree, as rows and as sentences."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from core.measure.agreement import Pair
from core.measure.chance import mean_interval
from core.models.card import Guess

HEADER = (
    "picture",
    "model",
    "layer",
    "class",
    "method_a",
    "method_b",
    "rule",
    "iou",
    "dice",
    "spearman",
    "chance",
    "seconds_a",
    "seconds_b",
)
LOWEST = 0.1
"""Share of the pictures with the lowest agreement that are worth a second look."""

PairKey = tuple[str, str]
"""Labels of both methods."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One picture.

    Attributes:
        name: of the picture.
        guess: the explained class with its probability; None where the picture failed.
        pairs: each method with each later one.
        error: why the picture failed, or empty.
    """

    name: str
    guess: Guess | None = None
    pairs: tuple[Pair, ...] = ()
    error: str = ""

    @property
    def mean(self) -> float:
        """Mean IoU over the pairs that are defined; NaN where none is."""
        known = [pair.iou for pair in self.pairs if math.isfinite(pair.iou)]
        return sum(known) / len(known) if known else math.nan

    @property
    def below_chance(self) -> tuple[Pair, ...]:
        """The pairs that overlap less than chance would let them."""
        return tuple(pair for pair in self.pairs if pair.below_chance)


def key_of(pair: Pair) -> PairKey:
    """Return the labels of a pair."""
    return pair.first.label, pair.second.label


@dataclass(frozen=True, slots=True)
class Summary:
    """One pair of methods over all pictures.

    Attributes:
        key: labels of both methods.
        mean, low, high: mean IoU with its 95 % bootstrap interval over pictures; NaN where no
            picture has a defined one.
        chance: mean chance level.
        pictures: how many are defined.
    """

    key: PairKey
    mean: float
    low: float
    high: float
    chance: float
    pictures: int


def summaries(rows: Sequence[Row]) -> tuple[Summary, ...]:
    """Return one summary for each pair of methods, in the order of the first picture."""
    grouped: dict[PairKey, list[Pair]] = {}
    for pair in (pair for row in rows for pair in row.pairs):
        grouped.setdefault(key_of(pair), []).append(pair)
    made = []
    for key, pairs in grouped.items():
        known = [pair for pair in pairs if math.isfinite(pair.iou)]
        level = sum(pair.chance for pair in known) / len(known) if known else math.nan
        made.append(Summary(key, *mean_interval([p.iou for p in known]), level, len(known)))
    return tuple(made)


def series(rows: Sequence[Row]) -> tuple[tuple[Summary, ...], npt.NDArray[np.float64]]:
    """Return the summaries, and the IoU of each of their pairs on each picture.

    Returns:
        Summaries, and float64 (pairs, pictures); NaN where not defined.
    """
    known = summaries(rows)
    values = np.full((len(known), len(rows)), np.nan)
    for column, row in enumerate(rows):
        own = {key_of(pair): pair.iou for pair in row.pairs}
        for place, each in enumerate(known):
            values[place, column] = own.get(each.key, np.nan)
    return known, values


def second_look(rows: Sequence[Row]) -> dict[int, str]:
    """Return the rows whose methods disagree, with the reason in words.

    A row is flagged when a pair overlaps less than chance, or when its mean IoU is among the
    lowest tenth (at least one of ten pictures or more).
    """
    reasons: dict[int, str] = {}
    ranked = sorted((row.mean, index) for index, row in enumerate(rows) if math.isfinite(row.mean))
    for _, index in ranked[: math.floor(len(ranked) * LOWEST)]:
        reasons[index] = "lowest tenth"
    for index, row in enumerate(rows):
        if row.below_chance:
            names = ", ".join(" and ".join(key_of(pair)) for pair in row.below_chance)
            reasons[index] = f"below chance: {names}"
    return reasons


def table(rows: Iterable[Row], model: str) -> str:
    """Return the table of all pairs as CSV, one row a picture and pair, no summary rows.

    Numbers have four decimals; what is not defined is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        for pair in row.pairs:
            first, second = pair.first, pair.second
            layers = "|".join(dict.fromkeys(filter(None, (first.layer, second.layer))))
            measured = (pair.iou, pair.dice, pair.spearman, pair.chance)
            writer.writerow(
                (
                    row.name,
                    model,
                    layers,
                    first.class_name,
                    first.label,
                    second.label,
                    pair.rule,
                    *(_cell(value) for value in measured),
                    f"{first.seconds:.3f}",
                    f"{second.seconds:.3f}",
                )
            )
    return text.getvalue()


def facts(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say in sentences what was measured; nothing here is an opinion."""
    whole = [row for row in rows if row.pairs]
    failed = sum(bool(row.error) for row in rows)
    sentences = [
        f"{len(whole)} picture{_s(len(whole))} explained"
        + (f", {failed} failed." if failed else ".")
    ]
    known = [summary for summary in summaries(whole) if math.isfinite(summary.mean)]
    if known:
        best = max(known, key=lambda each: each.mean)
        worst = min(known, key=lambda each: each.mean)
        sentences.append(_of_pair("agree most", best))
        if worst is not best:
            sentences.append(_of_pair("agree least", worst))
        for each in known:
            if each.low > each.chance:
                verdict = "above chance"
            elif each.high < each.chance:
                verdict = "below chance"
            else:
                verdict = "not significantly different from chance"
            sentences.append(
                f"{_names(each.key)}: mean IoU {each.mean:.3f}, 95 % interval {each.low:.3f} to "
                f"{each.high:.3f} over {each.pictures} pictures, {verdict} ({each.chance:.3f})."
            )
    ranked = sorted((row for row in whole if math.isfinite(row.mean)), key=lambda row: row.mean)
    if len(ranked) > 1:
        sentences.append(
            f"The methods agree most on {ranked[-1].name} (mean IoU {ranked[-1].mean:.3f}) and "
            f"least on {ranked[0].name} ({ranked[0].mean:.3f})."
        )
    return (*sentences, *_run_times(whole))


def _of_pair(verb: str, each: Summary) -> str:
    return f"{_names(each.key)} {verb}: mean IoU {each.mean:.3f}."


def _names(key: PairKey) -> str:
    return f"{key[0]} and {key[1]}"


def _run_times(rows: Sequence[Row]) -> list[str]:
    """Say how long each method took."""
    taken: dict[str, list[float]] = {}
    for row in rows:
        each = {map_.label: map_ for pair in row.pairs for map_ in (pair.first, pair.second)}
        for label, map_ in each.items():
            taken.setdefault(label, []).append(map_.seconds)
    return [
        f"{label} took {median(seconds):.2f} s a picture (median), {sum(seconds):.1f} s in all."
        for label, seconds in taken.items()
    ]


def _cell(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""


def _s(count: int) -> str:
    return "" if count == 1 else "s"
