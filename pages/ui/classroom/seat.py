"""A student's page: what the class is at, what is asked, and what came out."""

from __future__ import annotations

import streamlit as st

from core.classroom.room import Student
from pages.ui.classroom import ask, outcome, screens
from pages.ui.parts import frame, rooms
from pages.ui.parts.text import escape


def show(place: rooms.Place, student: Student, width: int) -> None:
    """Draw it.

    Args:
        place: where this visit is.
        student: who this is.
        width: of the page in pixels.

    Raises:
        BadRoom: the room was closed.
    """
    room = rooms.rooms().room(place.code)
    screen = room.screen
    if address := rooms.led_to(room):
        with screens.told():
            screens.led(room, address, width)
        _leave_button()
        return
    screens.head(room, who=student.name)
    if problem := st.session_state.pop("answer_problem", ""):
        st.error(escape(problem))
    screens.text(screen)
    if room.revealed:
        with screens.told():
            outcome.show(room, student, width)
    else:
        if screen.view is not None and not (screen.guess or screen.paint):
            with screens.told():
                screens.view(screen.view, width, teaches=False)
        ask.parts(room, student, phone=frame.is_phone(width))
        if not screen.parts:
            st.caption("Your teacher goes on when everybody is ready.")
    _leave_button()


def _leave_button() -> None:
    st.button(
        "Leave the room",
        icon=":material/logout:",
        key="leave_room",
        type="tertiary",
        on_click=rooms.leave,
    )
