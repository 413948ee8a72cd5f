"""How far the maps of a gallery can be trusted: a table, the best and worst maps, the split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from html import escape as as_html

import streamlit as st

from core.export.measures_record import Measures
from core.measure.beside import RANDOM_WEIGHTS
from core.measure.single.comparison import Interval
from core.measure.single.table import MEASURES
from core.measure.trust import FEWEST, Beside, Split, Summary, TrustRow, splits, summaries
from core.requests.measures import RANDOM_MAPS
from pages.ui.gallery import grid
from pages.ui.gallery.jobs import Item
from pages.ui.parts.figures import drawn
from pages.ui.parts.method_picker import method_labels
from pages.ui.parts.text import counted, escape

CONTROLS = {
    "random": "random maps",
    "sobel": "edges",
    "centre": "centre",
    RANDOM_WEIGHTS: "untrained network",
}
"""What controls are called in a sentence."""
NAMES = 6
"""Pictures that are named beside a reason why they have no number."""
_STYLE = """<style>
.trust {overflow-x: auto; font-size: .88rem; line-height: 1.4}
.trust table {border-collapse: collapse; font-variant-numeric: tabular-nums}
.trust :is(th, td) {text-align: left; vertical-align: top; padding: .45rem 1.4rem .45rem 0;
  border-bottom: 1px solid rgba(128, 128, 128, .35)}
.trust td, .trust thead th:not(:first-child) {min-width: 12.5rem; max-width: 19rem}
.trust th span {display: block; font-weight: 400}
.trust b {font-size: 1.05rem; font-weight: 600}
</style>"""


def shown(items: Sequence[Item], made: Measures, precision: str) -> None:
    """Show what is there: the table, the best and worst maps, right and wrong pictures apart.

    Args:
        items: the pictures.
        made: what was measured of them.
        precision: as it was picked, in the words of the control.
    """
    if not made.names:
        return
    st.header("How far the maps can be trusted", anchor=False)
    _failures(items)
    if not made.rows:
        st.caption("Nothing is measured yet.")
        return
    keys = tuple(part.key for item in items for part in item.numbers if part.result is not None)
    judged = tuple((item.title, item.right) for item in items)
    every = drawn("trust", partial(summaries, made.rows), keys, judged)
    halves = drawn("trust of right and wrong", partial(splits, made.rows), keys, judged)
    pictures = len({row.picture for row in made.rows})
    st.caption(
        f"Means over {counted(pictures, 'picture')} with 95 % bootstrap intervals in brackets; in "
        "parentheses the same of maps that know nothing of the model: random smooth ones, the "
        "picture's edges and centre, and the same method on the untrained network. Better and "
        "worse are told by the paired differences over the pictures. No number says that a map is "
        "right."
    )
    cells = {(one.measure, one.method): _mean(one, pictures, made.rows) for one in every}
    _table("Each measure of each method", cells, _head)
    for number, name in enumerate(dict.fromkeys(one.measure for one in every)):
        _extremes(number, items, [one for one in every if one.measure == name], precision)
    if halves:
        st.subheader("Right and wrong predictions", anchor=False)
        st.caption("Pictures whose true class the model predicts, and the others.")
        cells = {(one.measure, one.method): _halves(one) for one in halves}
        _table("Each measure on right and on wrong predictions", cells, _title)


def _table(words: str, cells: dict[tuple[str, str], str], head: Callable[[str], str]) -> None:
    """Draw methods against measures.

    Args:
        words: what the table shows, for those who do not see it.
        cells: HTML by measure and method.
        head: gives the HTML of a measure.
    """
    names = tuple(dict.fromkeys(measure for measure, _ in cells))
    methods = tuple(dict.fromkeys(method for _, method in cells))
    heads = "".join(f'<th scope="col">{head(name)}</th>' for name in names)
    lines = "".join(
        f'<tr><th scope="row">{as_html(method_labels()[method])}</th>'
        + "".join(f"<td>{cells.get((name, method), '')}</td>" for name in names)
        + "</tr>"
        for method in methods
    )
    st.html(
        f'{_STYLE}<div class="trust" role="region" tabindex="0" aria-label="{as_html(words)}">'
        f'<table><thead><tr><th scope="col">Method</th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _title(name: str) -> str:
    return as_html(MEASURES[name].title)


def _head(name: str) -> str:
    measure = MEASURES[name]
    sentence = f"{measure.sentence} {measure.better.capitalize()} is better."
    return f"{_title(name)}<span>{as_html(sentence)}</span>"


def _mean(one: Summary, pictures: int, rows: Sequence[TrustRow]) -> str:
    """Return a mean with its interval, and what it is beside the controls."""
    some = f", {one.pictures} of {pictures} pictures" if 0 < one.pictures < pictures else ""
    lines = [each for each in map(partial(_verdict, one.beside), (True, None, False)) if each]
    if one.beside and not any(each.better is not None for each in one.beside):
        lines = [*_by_picture(one, rows), f"too few pictures to say more (below {FEWEST})"]
    listed = "".join(f"<div>{as_html(line)}</div>" for line in lines)
    return f"{_interval(one.value, one.pictures)}{some}{listed}"


def _by_picture(one: Summary, rows: Sequence[TrustRow]) -> list[str]:
    """Say on how many pictures a method is better than random maps; nothing where unknown."""
    own = (row for row in rows if (row.measure, row.method) == (one.measure, one.method))
    known = [row.beats_chance for row in own if row.beats_chance is not None]
    if not known:
        return []
    many = counted(len(known), "picture")
    return [f"better than {RANDOM_MAPS} random maps on {sum(known)} of {many}"]


def _verdict(beside: Sequence[Beside], better: bool | None) -> str:
    """Return which controls a method is better than, or worse, or neither, with their means."""
    found = [
        f"{CONTROLS.get(each.control, each.control)}\u00a0({_number(each.mean)})"
        for each in beside
        if each.better is not None
        and (True if each.better else False if each.worse else None) is better
    ]
    words = {
        True: "\u2713 better than",
        None: "\u25cb no clear difference to",
        False: "\u2715 worse than",
    }[better]
    return f"{words} {', '.join(found)}" if found else ""


def _halves(one: Split) -> str:
    """Return the means of right and of wrong predictions."""
    return "".join(
        f"<div>{word} {_interval(value, count)} ({count})</div>"
        for word, value, count in (
            ("right", one.right, one.rights),
            ("wrong", one.wrong, one.wrongs),
        )
        if count
    )


def _interval(value: Interval, pictures: int) -> str:
    """Return a mean and where it lies; one picture has no interval."""
    spread = f" [{_number(value.low)}, {_number(value.high)}]" if pictures > 1 else ""
    return f"<b>{_number(value.mean)}</b>{spread}"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}" if math.isfinite(value) else "not defined"


def _extremes(
    number: int, items: Sequence[Item], chosen: Sequence[Summary], precision: str
) -> None:
    """Draw the best and the worst map of each method by one measure."""
    by_title = {item.title: item for item in items}
    values = {
        (item.title, each.label): float(each.own.result.measured.value)
        for item in items
        for each in item.measured
        if each.measure == chosen[0].measure and each.whole
    }
    cells, targets = [], {}
    for one in chosen:
        for word, title in (("best", one.best), ("worst", one.worst)):
            if one.pictures < 2 or title not in by_title:
                continue
            item = by_title[title]
            parts = zip(item.requests, item.parts, strict=True)
            part = next(part for request, part in parts if request.label == one.method)
            target = f"{one.method} {word}"
            targets[target] = item, one.method
            value = _number(values[title, one.method])
            cells.append(
                grid.cell(item, one.method, part)
                | {"title": f"{method_labels()[one.method]}, {word}: {value}"}
                | {"below": title, "target": target}
            )
    if cells:
        title = f"{MEASURES[chosen[0].measure].title}: best and worst picture of each method"
        data = {"name": title, "guess": "", "verdict": "", "cells": cells, "wrap": True}
        grid.draw_row(f"gallery_extremes_{number}", data, targets, precision)


def _failures(items: Sequence[Item]) -> None:
    """Say why there is no number, each reason once."""
    failed: dict[str, list[str]] = {}
    for item in items:
        for each in item.measured if item.whole else ():
            if each.failure:
                what = f"{MEASURES[each.measure].title} of {method_labels()[each.label]}"
                failed.setdefault(f"{what}: {each.failure}", []).append(item.title)
    for reason, names in failed.items():
        named = ", ".join(names[:NAMES]) + f" and {len(names) - NAMES} more" * (len(names) > NAMES)
        st.warning(escape(f"{named}: {reason}"))
