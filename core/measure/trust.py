"""What measures say of the maps of many pictures, as rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.measure.chance import mean_interval
from core.measure.single import table as measures
from core.measure.single.base import Better
from core.measure.single.check import Check
from core.measure.single.comparison import Interval, is_better, paired


@dataclass(frozen=True, slots=True)
class TrustRow:
    """One measure of one map.

    Attributes:
        picture, layer, class_name: of the map.
        method: label.
        measure: command-line name.
        value: NaN where undefined.
        seconds: of the measure, without those of the map.
        passes: pictures through the whole model.
        controls: values of the controls of the same picture and measure, by name; NaN where
            undefined. Empty where the measure makes maps anew, which controls cannot.
        spent: seconds and passes of the controls, by name.
        chance: what random maps reach on the picture; None where that was not asked.
        right: whether the true class is predicted; None where it is not known.
    """

    picture: str
    layer: str
    class_name: str
    method: str
    measure: str
    value: float
    seconds: float
    passes: int
    controls: dict[str, float] = field(default_factory=dict)
    spent: dict[str, tuple[float, int]] = field(default_factory=dict)
    chance: Interval | None = None
    right: bool | None = None

    @property
    def beats_chance(self) -> bool | None:
        """Whether it is better than random maps are; None where that is not known."""
        measure = measures.get(self.measure)
        if self.chance is None or measure.yes_no:
            return None
        return self.chance.beaten_by(self.value, measure.better)


def row_of(check: Check, picture: str, class_name: str, method: str) -> TrustRow:
    """Return a check as a row.

    Args:
        check: of a map.
        picture: its name.
        class_name: the explained class.
        method: its label.
    """
    known = math.isfinite(check.chance.mean) and not check.makes_maps
    return TrustRow(
        picture=picture,
        layer=check.layer,
        class_name=class_name,
        method=method,
        measure=check.measure.name,
        value=check.measured.value,
        seconds=check.seconds,
        passes=check.measured.passes,
        controls=dict(check.controls),
        chance=check.chance if known else None,
    )


FEWEST = 5
"""Pictures from which on a method is called better or worse than a control."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A method beside a control, over the same pictures.

    Attributes:
        control: its name.
        mean: of the control.
        difference: of the method to the control, with its 95 % bootstrap interval.
        better: whether the interval lies on the better side of 0; None where that is not known,
            also for fewer than `FEWEST` pictures.
        worse: whether it lies on the other side.
    """

    control: str
    mean: float
    difference: Interval
    better: bool | None
    worse: bool | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One measure of one method over all pictures.

    Attributes:
        measure, method: by name.
        value: mean with its 95 % bootstrap interval over the pictures.
        pictures: where the measure is defined.
        beside: the controls.
        best, worst: names of the pictures; empty where nothing is defined.
    """

    measure: str
    method: str
    value: Interval
    pictures: int
    beside: tuple[Beside, ...]
    best: str
    worst: str


def summaries(rows: Sequence[TrustRow]) -> tuple[Summary, ...]:
    """Return one summary for each measure and method, in their order."""
    return tuple(_summary(key, group) for key, group in _grouped(rows))


def _grouped(rows: Sequence[TrustRow]) -> Iterator[tuple[tuple[str, str], list[TrustRow]]]:
    """Yield measure and method with their rows, measure by measure."""
    groups: dict[tuple[str, str], list[TrustRow]] = {}
    for row in rows:
        groups.setdefault((row.measure, row.method), []).append(row)
    for name in dict.fromkeys(measure for measure, _ in groups):
        yield from ((key, group) for key, group in groups.items() if key[0] == name)


def _summary(key: tuple[str, str], rows: Sequence[TrustRow]) -> Summary:
    measure, method = key
    higher = measures.get(measure).better == "higher"
    values = [row.value for row in rows]
    known = sorted((row for row in rows if math.isfinite(row.value)), key=lambda row: row.value)
    ends = (known[-1].picture, known[0].picture) if known else ("", "")
    controls = dict.fromkeys(name for row in rows for name in row.controls)
    return Summary(
        measure=measure,
        method=method,
        value=Interval(*mean_interval(values)),
        pictures=len(known),
        beside=tuple(_beside(rows, name, "higher" if higher else "lower") for name in controls),
        best=ends[0] if higher else ends[1],
        worst=ends[1] if higher else ends[0],
    )


@dataclass(frozen=True, slots=True)
class Split:
    """One measure of one method on the pictures that the model gets right, and on the others.

    Attributes:
        measure, method: by name.
        right, wrong: mean with its 95 % bootstrap interval over the pictures.
        rights, wrongs: pictures where the measure is defined.
    """

    measure: str
    method: str
    right: Interval
    wrong: Interval
    rights: int
    wrongs: int


def splits(rows: Sequence[TrustRow]) -> tuple[Split, ...]:
    """Return one split for each measure and method, in their order.

    Pictures whose true class is not known do not count; nothing where that is so for all.
    """
    known = [row for row in rows if row.right is not None]
    return tuple(_split(key, group) for key, group in _grouped(known))


def _split(key: tuple[str, str], rows: Sequence[TrustRow]) -> Split:
    right = [row.value for row in rows if row.right]
    wrong = [row.value for row in rows if not row.right]
    return Split(
        *key,
        Interval(*mean_interval(right)),
        Interval(*mean_interval(wrong)),
        sum(map(math.isfinite, right)),
        sum(map(math.isfinite, wrong)),
    )


def _beside(rows: Sequence[TrustRow], control: str, better: Better) -> Beside:
    values = [row.value for row in rows]
    others = [row.controls.get(control, math.nan) for row in rows]
    both = sum(math.isfinite(one - two) for one, two in zip(values, others, strict=True))
    difference = paired(values, others)
    enough = both >= FEWEST
    return Beside(
        control=control,
        mean=mean_interval(others)[0],
        difference=difference,
        better=is_better(difference, better) if enough else None,
        worse=is_better(difference, "lower" if better == "higher" else "higher")
        if enough
        else None,
    )
