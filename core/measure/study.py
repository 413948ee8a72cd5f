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

from core.explain.methods import title_of
from core.measure.agreement import Pair
from core.measure.chance import mean_interval
from core.measure.pair_rows import PairRow
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
TRUTH = ("true_class", "right")
"""Columns where the true class of a picture is known."""
LOWEST = 0.1
"""Share of the pictures with the lowest agreement that are worth a second look."""

PairKey = tuple[str, str]
"""Labels of both methods."""
AnyPair = Pair | PairRow
"""With its maps, or as numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One picture.

    Attributes:
        name: of the picture.
        guess: the explained class with its probability; None where the picture failed.
        pairs: each method with each later one.
        error: why the picture failed, or empty.
        truth: name of the true class, or empty.
        right: whether the model predicts it; None where it is not known.
        faults: sentences on methods that failed on it, while others did not.
    """

    name: str
    guess: Guess | None = None
    pairs: tuple[AnyPair, ...] = ()
    error: str = ""
    truth: str = ""
    right: bool | None = None
    faults: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Mean IoU over the pairs that are defined; NaN where none is."""
        known = [pair.iou for pair in self.pairs if math.isfinite(pair.iou)]
        return sum(known) / len(known) if known else math.nan

    @property
    def below_chance(self) -> tuple[AnyPair, ...]:
        """The pairs that overlap less than chance would let them."""
        return tuple(pair for pair in self.pairs if pair.below_chance)


def key_of(pair: AnyPair) -> PairKey:
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
    grouped: dict[PairKey, list[AnyPair]] = {}
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
            names = ", ".join(pair_title(key_of(pair)) for pair in row.below_chance)
            reasons[index] = f"below chance: {names}"
    return reasons


def table(rows: Iterable[Row], model: str) -> str:
    """Return the table of all pairs as CSV, one row a picture and pair, no summary rows.

    Numbers have four decimals; what is not defined is an empty cell, and so is all of a pair with
    a method that failed on the picture. The true class has columns where one is known.
    """
    rows = list(rows)
    keys = [summary.key for summary in summaries(rows)]
    judged = any(row.truth for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER + TRUTH if judged else HEADER)
    for row in rows:
        truth = (row.truth, _yes(row.right)) if judged else ()
        there = {key_of(pair) for pair in row.pairs}
        missing = [key for key in keys if key not in there] if row.faults else []
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
                    *truth,
                )
            )
        explained = row.guess.name if row.guess else ""
        for key in missing:
            empty = ("",) * (len(HEADER) - 6)
            writer.writerow((row.name, model, "", explained, *key, *empty, *truth))
    return text.getvalue()


def facts(rows: Sequence[Row]) -> tuple[str, ...]:
    """Say in sentences what was measured; nothing here is an opinion."""
    whole = [row for row in rows if row.pairs]
    failed = sum(bool(row.error) for row in rows)
    partly = sum(bool(row.faults) for row in rows)
    sentences = [
        f"{len(whole)} picture{_s(len(whole))} explained"
        + f", {failed} failed" * bool(failed)
        + f", {partly} with a method that failed" * bool(partly)
        + "."
    ]
    judged = [row.right for row in rows if row.right is not None]
    if judged:
        sentences.append(
            f"{sum(judged)} of {len(judged)} picture{_s(len(judged))} with a known true class are "
            "predicted right."
        )
    known = [summary for summary in summaries(whole) if math.isfinite(summary.mean)]
    if known:
        best = max(known, key=lambda each: each.mean)
        worst = min(known, key=lambda each: each.mean)
        sentences.append(_of_pair("agree most", best))
        if worst is not best:
            sentences.append(_of_pair("agree least", worst))
        sentences += map(_beside_chance, known)
    ranked = sorted((row for row in whole if math.isfinite(row.mean)), key=lambda row: row.mean)
    if len(ranked) > 1:
        sentences.append(
            f"The methods agree most on {ranked[-1].name} (mean IoU {ranked[-1].mean:.3f}) and "
            f"least on {ranked[0].name} ({ranked[0].mean:.3f})."
        )
    return (*sentences, *_run_times(whole))


def _beside_chance(each: Summary) -> str:
    """Compare a pair with chance; one picture has no interval, and nothing is said to follow."""
    names = pair_title(each.key)
    if each.pictures == 1:
        return f"{names}: IoU {each.mean:.3f} on 1 picture, where chance gives {each.chance:.3f}."
    if each.low > each.chance:
        verdict = "above chance"
    elif each.high < each.chance:
        verdict = "below chance"
    else:
        verdict = "not significantly different from chance"
    return (
        f"{names}: mean IoU {each.mean:.3f}, 95 % interval {each.low:.3f} to {each.high:.3f} "
        f"over {each.pictures} pictures, {verdict} ({each.chance:.3f})."
    )


def _of_pair(verb: str, each: Summary) -> str:
    what = "IoU" if each.pictures == 1 else "mean IoU"
    return f"{pair_title(each.key)} {verb}: {what} {each.mean:.3f}."


def pair_title(key: PairKey) -> str:
    """Return what a pair is called in sentences: `Grad-CAM and LIME`."""
    return " and ".join(map(title_of, key))


def _run_times(rows: Sequence[Row]) -> list[str]:
    """Say how long each method took."""
    taken: dict[str, list[float]] = {}
    for row in rows:
        each = {map_.label: map_ for pair in row.pairs for map_ in (pair.first, pair.second)}
        for label, map_ in each.items():
            taken.setdefault(label, []).append(map_.seconds)
    # They may be of an earlier computation whose result was kept: no cost of this visit.
    return [
        f"{title_of(label)} was computed in {seconds[0]:.2f} s."
        if len(seconds) == 1
        else f"{title_of(label)} was computed in {median(seconds):.2f} s a picture (median), "
        f"{sum(seconds):.1f} s in all."
        for label, seconds in taken.items()
    ]


def _cell(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""


def _yes(right: bool | None) -> str:
    return "" if right is None else "yes" if right else "no"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
