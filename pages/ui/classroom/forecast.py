"""Forecasts of what models will say: before the lesson, after it, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import streamlit as st

from core.classroom.forecasting import gain
from core.classroom.lesson import CASE
from core.classroom.room import Answer, Room, Student
from core.classroom.tally import tally
from pages.ui.checks import words
from pages.ui.classroom.seen import Seen, seen_all
from pages.ui.parts import rooms
from pages.ui.parts.text import escape

ACROSS = 3
"""Cases side by side."""
SMALL = 240
"""Width of a case's picture on a phone, so that its question stands beside it on the screen."""


def grid(found: Sequence[Seen], across: int) -> Iterator[tuple[int, Seen]]:
    """Yield each case with its number, in its place of rows of so many."""
    for start in range(0, len(found), across):
        row = st.columns(across, gap="medium")
        for column, number in zip(row, range(start, len(found)), strict=False):
            with column:
                yield number, found[number]


def width_of(across: int) -> Literal["stretch"] | int:
    """Return the width of a case's picture."""
    return "stretch" if across > 1 else SMALL


def preview(room: Room) -> None:
    """Show a teacher the pictures of a forecast."""
    found = seen_all(room.screen.cases)
    if found is None:
        return
    for number, looked_at in grid(found, ACROSS):
        says = room.screen.cases[number].says or looked_at.model.title
        st.image(looked_at.prediction.view, width="stretch", alt=looked_at.picture.name)
        st.caption(f"{number + 1}\\. What will {escape(says)} say?")


def result(room: Room, after: Sequence[Answer], student: Student | None, phone: bool) -> None:
    """Draw what was forecast before and after, and whether the lesson helped."""
    lesson = room.lesson
    first = next(at for at, one in enumerate(lesson.screens) if one.forecast == "before")
    before = rooms.rooms().answers(room.code, first)
    found = seen_all(room.screen.cases)
    if found is None:
        return
    right = [one.names[0] for one in found]
    result = gain(before, after, right)
    with st.container(horizontal=True, key="numbers"):
        st.metric("Right before", words.percent(result.before))
        st.metric("Right after", words.percent(result.after))
        st.metric("Students, both times", result.students)
    st.markdown(f"**{escape(result.verdict)}**")
    if result.one_time:
        st.caption(f"{result.one_time} answered only once or not all, and do not count.")
    st.caption(
        "Points are percent of the pictures. The interval is Student's t over the students; it "
        "holds for classes like this one, not for this lesson in general."
    )
    across = 1 if phone else ACROSS
    for number, looked_at in grid(found, across):
        case = room.screen.cases[number]
        counts = [_rights(each, number, right[number]) for each in (before, after)]
        st.image(looked_at.prediction.view, width=width_of(across), alt=looked_at.picture.name)
        says = escape(case.says or looked_at.model.title)
        st.markdown(f"{number + 1}\\. {says} says **{escape(right[number])}**")
        st.caption(f"Right before: {counts[0]}, after: {counts[1]}")
        if student:
            _own(student, after, number, right[number])


def _own(student: Student, answers: Sequence[Answer], number: int, right: str) -> None:
    part = f"{CASE}{number}"
    own = tally([one for one in answers if one.student == student], part, (), right)
    given = next((one for one in own if one.count), None)
    if given is not None:
        st.caption(f"You said {escape(given.label)}{', right' if given.right else ''}.")


def _rights(answers: Sequence[Answer], number: int, name: str) -> str:
    """Return how many of those who answered were right."""
    counted = tally(answers, f"{CASE}{number}", (), name)
    right = sum(one.count for one in counted if one.right)
    return f"{right} of {sum(one.count for one in counted)}"
