"""How far maps can be trusted, as parts of a report; and the report of `measure`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.explain.methods import title_of
from core.export.page import rendered
from core.files.versions import versions
from core.measure.single import table as measures
from core.measure.single.comparison import Interval
from core.measure.trust import FEWEST, Beside, Split, Summary, TrustRow, splits, summaries

PAGE = "measures.html"


@dataclass(frozen=True, slots=True)
class Section:
    """One measure on the page.

    Attributes:
        title, sentence, direction: of the measure.
        rows, beside, split: cells of the means, of the controls, and of right and wrong pictures.
        chance: cells of each map beside random maps, where pictures are too few for a test.
        extremes: address and caption of the best and the worst map of each method.
        card: sentences.
    """

    title: str
    sentence: str
    direction: str
    rows: Sequence[Sequence[str]]
    beside: Sequence[Sequence[str]]
    split: Sequence[Sequence[str]]
    chance: Sequence[Sequence[str]]
    extremes: Sequence[tuple[str, str]]
    card: Sequence[str]


Draw = Callable[[str, str], str]
"""Gives the address of a small picture of a map: of the picture's name and the method's label."""


def measures_page(
    rows: Sequence[TrustRow],
    model: Mapping[str, object],
    device: str,
    command: str,
    faults: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return the page.

    Args:
        rows: of all pictures.
        model: the model's record.
        device: in words.
        command: makes the same again.
        faults: names and reasons of what could not be measured.
    """
    pictures = len({row.picture for row in rows})
    title = "How far the maps can be trusted"
    return rendered(
        "measures.html",
        tab=title,
        title=title,
        about=f"Model: {model.get('title', '')} ({model.get('id', '')}). {pictures} "
        f"picture{'s' * (pictures != 1)}. Computed on {device}.",
        sections=list(sections(rows)),
        faults=[f"{name}: {reason}" for name, reason in faults],
        command=command,
        versions=json.dumps(versions(), indent=1),
    )


def sections(rows: Sequence[TrustRow], draw: Draw | None = None) -> Iterator[Section]:
    """Yield one section for each measure.

    Args:
        rows: of all pictures.
        draw: shows the best and worst maps; they are only named when not given.
    """
    every, halves = summaries(rows), splits(rows)
    few = rows if len({row.picture for row in rows}) < FEWEST else ()
    few = [row for row in few if row.chance is not None]
    for name in dict.fromkeys(summary.measure for summary in every):
        measure, chosen = measures.get(name), [one for one in every if one.measure == name]
        card = measure.card
        yield Section(
            title=measure.title,
            sentence=measure.sentence,
            direction=f"{measure.better.capitalize()} is better.",
            rows=[_cells(one) for one in chosen],
            beside=[_beside(one, each) for one in chosen for each in one.beside],
            chance=[_chance(row) for row in few if row.measure == name],
            split=[_halves(one) for one in halves if one.measure == name],
            extremes=list(_extremes(rows, chosen, draw)) if draw else (),
            card=(card.definition, card.base, card.units, card.seed, card.ties, card.not_shown),
        )


def _extremes(
    rows: Sequence[TrustRow], chosen: Sequence[Summary], draw: Draw
) -> Iterator[tuple[str, str]]:
    """Yield address and caption of the best and the worst map of each method."""
    values = {(row.measure, row.method, row.picture): row.value for row in rows}
    for one in chosen:
        for word, picture in (("best", one.best), ("worst", one.worst)):
            if one.pictures > 1:
                value = _number(values[one.measure, one.method, picture])
                caption = f"{title_of(one.method)}, {word}: {picture}, {value}"
                yield draw(picture, one.method), caption


def _chance(row: TrustRow) -> tuple[str, ...]:
    """Return a map's value beside what random maps reach on its picture."""
    assert row.chance is not None
    says = {True: "better than random maps", False: "not better", None: "not defined"}
    return (
        title_of(row.method),
        row.picture,
        _number(row.value),
        _number(row.chance.mean),
        _interval(row.chance),
        says[row.beats_chance],
    )


def _halves(split: Split) -> tuple[str, ...]:
    """Return a method's mean on right and on wrong pictures, with intervals."""
    right = _number(split.right.mean), _spread(split.right, split.rights), str(split.rights)
    wrong = _number(split.wrong.mean), _spread(split.wrong, split.wrongs), str(split.wrongs)
    return title_of(split.method), *right, *wrong


def _spread(interval: Interval, pictures: int) -> str:
    """Return the interval of a mean; one picture has none."""
    return _interval(interval) if pictures > 1 else ""


def _cells(summary: Summary) -> tuple[str, ...]:
    ends = (summary.best, summary.worst) if summary.pictures > 1 else ("", "")
    value = summary.value
    interval = _spread(value, summary.pictures)
    return title_of(summary.method), _number(value.mean), interval, str(summary.pictures), *ends


def _beside(summary: Summary, beside: Beside) -> tuple[str, ...]:
    says = "no clear difference"
    if beside.better is None:
        says = f"too few pictures to say (below {FEWEST})"
    elif beside.better or beside.worse:
        says = "better than the control" if beside.better else "worse than the control"
    return (
        title_of(summary.method),
        beside.control,
        _number(beside.mean),
        _number(beside.difference.mean),
        _spread(beside.difference, summary.pictures),
        says,
    )


def _interval(interval: Interval) -> str:
    return f"{_number(interval.low)} to {_number(interval.high)}"


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"
