"""The reveal: what the model says, how the class split, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.classroom.choices import is_right
from core.classroom.forecasting import gain
from core.classroom.lesson import ASK, CASE, GUESS
from core.classroom.room import Answer, Room, Student
from core.classroom.tally import tally
from core.figures.browser.predictions import confidence
from core.figures.browser.reveal import split
from core.figures.charts import reveal as charts
from pages.ui.checks import words
from pages.ui.classroom import ask, painted, screens
from pages.ui.parts import frame, present, rooms
from pages.ui.parts.figures import drawn
from pages.ui.parts.predicted import STILL
from pages.ui.parts.text import escape


def show(room: Room, student: Student | None, width: int) -> None:
    """Draw everything that a revealed screen has to show.

    Args:
        room: as it is now.
        student: who reads it; None for the teacher.
        width: of the place in pixels.

    Raises:
        SeeWhyError: a picture, a model or a setting is not there.
    """
    screen = room.screen
    answers = rooms.rooms().answers(room.code, room.at)
    if screen.view is not None and (screen.guess or screen.paint):
        looked_at = ask.seen(screen.view)
        if looked_at is None:
            return
        if screen.guess:
            best = looked_at.prediction.guesses[0]
            offered = looked_at.choices(screen.choices, room) if screen.guess == "choices" else ()
            says = escape(screen.says) or "The model"
            st.markdown(f"{says} says **{escape(best.name)}** ({confidence(best)}).")
            _split(answers, GUESS, offered, best.name, student, width)
        if screen.paint:
            painted.show(room, looked_at, answers, student, width)
    if screen.ask:
        st.markdown(f"**{escape(screen.ask)}**")
        _split(answers, ASK, screen.answers, screen.right, student, width)
    if screen.view is not None and not (screen.guess or screen.paint):
        screens.view(screen.view, width, teaches=student is None)
    elif screen.view is not None and student is None and not present.on():
        screens.way(screen.view)
    if screen.forecast == "after":
        _forecast(room, answers, student, frame.is_phone(width))


def turn(name: str) -> None:
    """Show another map, or the maps of another layer, for a key while presenting."""
    painted.turn(name)


def _split(
    answers: Sequence[Answer],
    part: str,
    offered: Sequence[str],
    right: str,
    student: Student | None,
    width: int,
) -> None:
    """Draw how the class split; say whether this student was right."""
    counted = tally(answers, part, offered, right)
    mine = next(
        (one.value for one in answers if student and one.student == student and one.part == part),
        "",
    )
    labels = [each.label for each in counted]
    counts = [each.count for each in counted]
    places = [_place(labels, right), _place(labels, mine)]
    chart = charts.split(labels, counts, *places, asks_model=part == GUESS)
    large = present.on()
    st.plotly_chart(
        drawn(
            "split",
            lambda: split(chart, width, large=large),
            part,
            labels,
            counts,
            places,
            width,
            large,
        ),
        key=f"split_{part}",
        config=STILL,
        alt="; ".join(f"{each.label}: {each.count}" for each in counted),
    )


def _place(labels: Sequence[str], answer: str) -> int | None:
    """Return where an answer stands among the labels; None where it does not."""
    return next((at for at, label in enumerate(labels) if is_right(label, answer)), None)


def _forecast(room: Room, after: Sequence[Answer], student: Student | None, phone: bool) -> None:
    """Draw what was forecast before and after, and whether the lesson helped."""
    lesson = room.lesson
    first = next(at for at, one in enumerate(lesson.screens) if one.forecast == "before")
    before = rooms.rooms().answers(room.code, first)
    found = ask.seen_all(room.screen.cases)
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
    across = 1 if phone else ask.ACROSS
    for start in range(0, len(found), across):
        row = st.columns(across, gap="medium")
        for column, number in zip(row, range(start, min(start + across, len(found))), strict=False):
            looked_at, case = found[number], room.screen.cases[number]
            counts = [_rights(each, number, right[number]) for each in (before, after)]
            with column:
                wide: Literal["stretch"] | int = "stretch" if across > 1 else ask.SMALL
                st.image(looked_at.prediction.view, width=wide, alt=looked_at.picture.name)
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
