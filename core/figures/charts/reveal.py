"""The reveal of a class's answers as data: the maps beside what was painted, how guesses split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import Heat, Mask
from core.figures.charts.maps import Panel
from core.figures.charts.rows import Bars, Series
from core.figures.charts.words import defined
from core.figures.drawing import palette
from core.measure.paintings import Reveal, Table

CLASS = "The class"
ROOM = 1.7
"""Length of the axis beside the longest bar, where words stand at the ends of bars."""
WRAPS = 4
"""Lines of an answer that a teacher wrote, beside its bar."""
MODEL, RIGHT, OWN = "the model's answer", "the right answer", "your answer"


@dataclass(frozen=True, slots=True, eq=False)
class RevealPanels:
    """Maps beside the paintings of a class.

    Attributes:
        panels: each map, then the class's mean painting, drawn as a map.
        own: bool (rows, columns), one painting over the same part of the picture, whose outline is
            drawn on the picture and on the first map; None for none.
    """

    panels: tuple[Panel, ...]
    own: Mask | None = None


def beside(
    titles: Sequence[str],
    maps: Sequence[Heat],
    found: Reveal,
    student: int | None = None,
    own: Mask | None = None,
) -> RevealPanels:
    """Show how near a student, or the class on average, came to each map.

    Args:
        titles: of the maps.
        maps: float32 (h, w) in [0, 1] each, as `found` compared them.
        found: what was found.
        student: whose numbers stand above the maps, counted as in `found`; the class's means when
            None.
        own: bool (rows, columns), the painting that is outlined.
    """
    shown = [
        Panel(title, _numbers(found, number, student), values)
        for number, (title, values) in enumerate(zip(titles, maps, strict=True))
    ]
    painted = int((found.shares > 0).sum())
    many = "1 painting" if painted == 1 else f"the mean of {painted} paintings"
    mean = found.mean if painted else None
    detail = many if painted else ""
    shown.append(Panel(CLASS, detail, mean, waiting="nobody has painted"))
    return RevealPanels(tuple(shown), own)


def split(
    names: Sequence[str],
    counts: Sequence[int],
    right: int | None = None,
    own: int | None = None,
    *,
    asks_model: bool = True,
) -> Bars:
    """Show how the guesses of a class are split.

    Args:
        names: of the answers, from top to bottom.
        counts: how many chose each.
        right: which of them the model gave, or is the right one; None for none of them.
        own: which of them one chose oneself; None for none.
        asks_model: whether it was asked what the model says.
    """
    word, called = ("model", MODEL) if asks_model else ("right", RIGHT)
    marks = [", ".join([word] * (at == right) + ["you"] * (at == own)) for at in _places(names)]
    colours = tuple(
        palette.BAR if at == right else palette.series(0) if at == own else palette.BAR_REST
        for at in _places(names)
    )
    legend = {called: palette.BAR} if right is not None else {}
    if own is not None and own == right:
        legend = {f"{called} and yours": palette.BAR}
    elif own is not None:
        legend[OWN] = palette.series(0)
    total = sum(counts)
    rows = tuple(zip(names, counts, marks, strict=True))
    series = Series(
        values=tuple(counts),
        colours=colours,
        readings=tuple(
            f"{name}: {count} of {total}\n{mark}".rstrip() for name, count, mark in rows
        ),
        texts=tuple(f"{count}: {mark}" if mark else str(count) for _, count, mark in rows),
    )
    longest = max(counts, default=0) or 1
    return Bars(
        rows=tuple(names),
        series=(series,),
        axis="answers",
        limits=(0, longest * (ROOM if any(marks) else 1.1)),
        legend=legend,
        least=2,
        whole=True,
        wraps=WRAPS,
        empty="no answers",
    )


def _places(names: Sequence[str]) -> range:
    return range(len(names))


def _numbers(found: Reveal, number: int, student: int | None) -> str:
    """Return the line above a map: a student's overlap with it, or the mean of the class's."""
    if student is None:
        iou, chance = _mean(found.iou[number]), _mean(found.chance[number])
        if iou != iou:
            return ""
        return f"mean IoU {defined(iou)}, chance {defined(chance)}"
    iou, chance = float(found.iou[number, student]), float(found.chance[number, student])
    if iou != iou:
        return "IoU not defined"
    if found.beats[number, student]:
        return f"IoU {defined(iou)}, above chance ({defined(chance)})"
    return f"IoU {defined(iou)}, chance {defined(chance)}"


def _mean(values: Table) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
