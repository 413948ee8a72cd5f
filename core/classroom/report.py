"""What a room brought: a table of all answers, and a page to hand round."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from core import Heat
from core.classroom.choices import is_right
from core.classroom.forecasting import Gain
from core.classroom.lesson import PAINT, Lesson, Screen
from core.classroom.room import Answer
from core.classroom.tally import Tally
from core.export.page import rendered
from core.figures.charts.pairs import DASH
from core.figures.drawing.overlay import Box, OverlayLook, overlay
from core.figures.drawing.pictures import data_uri, shrunk
from core.files.versions import versions
from core.pictures.picture import Picture

COLUMNS = ("screen", "title", "part", "student", "answer", "right", "iou", "chance", "energy")
NAN = math.nan
LONGEST = 400
"""Pixels of a picture's longest side on the page."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets compute; names come from anybody's phone."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One painting beside the first map.

    Attributes:
        iou, chance, energy: as in `core.measure.paintings.Reveal`.
    """

    iou: float
    chance: float
    energy: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one screen.

    Attributes:
        at: its place, from 0.
        screen: as it was asked.
        right: what the model says or the right answer, by part; no entry without one.
        tallies: question and answers.
        paintings: of each student by id, beside the first map.
        picture: that was shown; None without maps.
        box: left, top, right, bottom of what the model saw, in its pixels.
        maps: heat in [0, 1] and caption, of the methods and of the mean painting.
        gain: of a forecast that was asked twice.
        command: makes the maps again; empty without any.
    """

    at: int
    screen: Screen
    right: dict[str, str]
    tallies: Sequence[tuple[str, Sequence[Tally]]] = ()
    paintings: dict[str, Measured] | None = None
    picture: Picture | None = None
    box: Box = (0, 0, 1, 1)
    maps: Sequence[tuple[Heat, str]] = ()
    gain: Gain | None = None
    command: str = ""


def answers_csv(answers: Sequence[Answer], outcomes: Sequence[Outcome]) -> str:
    """Return a row for each answer.

    Args:
        answers: of the room.
        outcomes: of its screens.
    """
    known = {outcome.at: outcome for outcome in outcomes}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for answer in answers:
        outcome = known.get(answer.screen)
        right = outcome.right.get(answer.part, "") if outcome else ""
        measured = (outcome.paintings or {}).get(answer.student.id) if outcome else None
        numbers = (measured.iou, measured.chance, measured.energy) if measured else (NAN,) * 3
        is_painting = answer.part == PAINT
        writer.writerow(
            map(
                _cell,
                (
                    str(answer.screen + 1),
                    outcome.screen.title if outcome else "",
                    answer.part,
                    answer.student.name,
                    answer.value,
                    str(is_right(answer.value, right)).lower() if right else "",
                    *(_number(number) if is_painting else "" for number in numbers),
                ),
            )
        )
    return text.getvalue()


def report_page(
    code: str, lesson: Lesson, students: int, outcomes: Sequence[Outcome], made: str
) -> bytes:
    """Return the page: per screen how the class split, the maps, the class's mean painting.

    Args:
        code: of the room.
        lesson: that was held.
        students: who took part.
        outcomes: in the order of the lesson.
        made: when, in words.
    """
    commands = dict.fromkeys(outcome.command for outcome in outcomes if outcome.command)
    return rendered(
        "classroom.html",
        tab=f"{lesson.title} · SeeWhy",
        title=lesson.title,
        about=f"Room {code}, {students} student{'s' * (students != 1)}, {made}. {lesson.summary}",
        command="\n".join(commands) or "python run.py",
        sections=[_section(outcome) for outcome in outcomes],
        versions=versions(),
    )


def _section(outcome: Outcome) -> dict[str, object]:
    """Return one screen as the template has it."""
    return {
        "title": f"{outcome.at + 1}. {outcome.screen.title}",
        "tallies": [
            (question, [(each.label, str(each.count), _mark(each)) for each in tallies])
            for question, tallies in outcome.tallies
        ],
        "pictures": _pictures(outcome),
        "gain": _gain(outcome.gain) if outcome.gain else None,
    }


def _pictures(outcome: Outcome) -> list[tuple[str, str]]:
    """Return address and caption of every map over its picture."""
    if outcome.picture is None:
        return []
    pixels, share = shrunk(outcome.picture.pixels, LONGEST)
    left, top, right, bottom = (edge * share for edge in outcome.box)
    return [
        (
            data_uri(overlay(pixels, heat, (left, top, right, bottom), OverlayLook()), LONGEST)[0],
            caption,
        )
        for heat, caption in outcome.maps
    ]


def _mark(each: Tally) -> str:
    return "yes" if each.right else ""


def _gain(gain: Gain) -> dict[str, object]:
    return {
        "rows": [
            ("before", _percent(gain.before)),
            ("after", _percent(gain.after)),
            ("students who answered both times", str(gain.students)),
            ("others", str(gain.one_time)),
        ],
        "verdict": gain.verdict,
    }


def _number(value: float) -> str:
    """Return a number of the table; empty where it is not defined."""
    return f"{value:.4f}" if math.isfinite(value) else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else DASH


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
