"""The reveal: what the model says, how the class split, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.classroom.choices import is_right
from core.classroom.lesson import ASK, GUESS
from core.classroom.room import Answer, Room, Student
from core.classroom.tally import tally
from core.figures.browser.predictions import confidence
from core.figures.browser.reveal import split
from core.figures.charts import reveal as charts
from pages.ui.classroom import forecast, painted, screens
from pages.ui.classroom.seen import seen_in
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
        looked_at = seen_in(screen.view)
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
        forecast.result(room, answers, student, frame.is_phone(width))


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
