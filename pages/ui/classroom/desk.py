"""The teacher's page: the lesson step by step, who has answered, the reveal, the room."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from core.classroom.lesson import Screen
from core.classroom.room import Room
from core.errors import BadRoom
from pages.ui.classroom import ask, forecast, invitation, outcome, painted, record, screens
from pages.ui.classroom.seen import seen_in
from pages.ui.parts import present, rooms
from pages.ui.parts.text import counted, escape, lesson_markdown

LOOK = 1.0
"""Seconds between two looks at who has answered."""
BESIDE = (4, 1)
"""Widths of the screen and of what stands beside it."""


def show(place: rooms.Place, width: int) -> None:
    """Draw it.

    Args:
        place: where this visit is; it has the teacher's token.
        width: of the page in pixels.

    Raises:
        BadRoom: the room was closed.
    """
    room = rooms.rooms().room(place.code)
    st.query_params.from_dict({"room": room.code, "teacher": place.token})
    screen = room.screen
    screens.head(room, who="you teach", more=partial(present.button, _steering(room)))
    _steps(room)
    screens.text(screen)
    left, right = st.columns(BESIDE, gap="large")
    with right:
        invitation.small(room.code)
        st.fragment(_people, run_every=LOOK)(room.code)
    inner = width * BESIDE[0] // sum(BESIDE) if width > 640 else width
    with left:
        if screen.notes and not present.on():
            with st.expander("For the teacher", icon=":material/sticky_note_2:", expanded=True):
                st.markdown(lesson_markdown(screen.notes))
        if room.revealed:
            with st.container(key="outcome"), screens.told():
                outcome.show(room, None, inner)
        else:
            _asked(room, screen, inner)


def _asked(room: Room, screen: Screen, width: int) -> None:
    """Show what the students are asked, without the answers."""
    with screens.told():
        if screen.view is not None and not (screen.guess or screen.paint):
            screens.view(screen.view, width, teaches=True)
        elif screen.view is not None:
            looked_at = seen_in(screen.view)
            if looked_at is not None:
                ask.preview(room, screen, looked_at)
                if screen.paint:
                    painted.compute_ahead(looked_at)
    if screen.ask:
        with st.container(key="asked"):
            st.subheader(escape(screen.ask), anchor=False)
            st.markdown("\n".join(f"- {escape(answer)}" for answer in screen.answers))
    if screen.cases:
        forecast.preview(room)


def _steps(room: Room) -> None:
    """Draw the buttons that go through the lesson."""
    screen, last = room.screen, len(room.lesson.screens) - 1
    can_reveal = bool(screen.parts) and screen.forecast != "before" and not room.revealed
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.button(
            "Back",
            icon=":material/arrow_back:",
            key="screen_back",
            disabled=room.at == 0,
            on_click=_move,
            args=(room, -1),
        )
        st.button(
            "Reveal",
            icon=":material/visibility:",
            key="screen_reveal",
            type="primary" if can_reveal else "secondary",
            disabled=not can_reveal,
            on_click=_reveal,
            args=(room,),
        )
        st.button(
            "Next",
            icon=":material/arrow_forward:",
            key="screen_next",
            type="secondary" if can_reveal else "primary",
            disabled=room.at == last,
            on_click=_move,
            args=(room, 1),
        )
        st.fragment(_count, run_every=LOOK)(room.code, room.at)
        _settings(room)


def _count(code: str, at: int) -> None:
    """Say how many have answered."""
    try:
        everybody, done = rooms.rooms().counts(code, at)
        asked = rooms.rooms().room(code).lesson.screens[at].parts
    except BadRoom:
        return
    words = f"**{done}** of {everybody} answered" if asked else counted(everybody, "student")
    with st.container(key="answered"):
        st.markdown(words)


def _people(code: str) -> None:
    """List who is here and who has answered; while presenting only where names are allowed."""
    try:
        room = rooms.rooms().room(code)
        people = rooms.rooms().students(code)
        done = rooms.rooms().finished(code, room.at)
    except BadRoom:
        return
    if not people:
        st.caption("Nobody is here yet.")
        return
    if present.on() and not room.named:
        return
    lines = (f"{':material/check: ' * (one.id in done)}{escape(one.name)}" for one in people)
    st.caption("  \n".join(lines))


def _settings(room: Room) -> None:
    """Draw what concerns the room as a whole."""
    with st.popover("Room", icon=":material/settings:", key="room_settings"):
        st.toggle(
            "Students' pages follow mine",
            room.leads,
            key="leads",
            on_change=_set,
            args=(room.code, "leads"),
            help="Open Heat maps or another page: what you choose there appears on their screens.",
        )
        st.toggle(
            "Names on this screen",
            room.named,
            key="named",
            on_change=_set,
            args=(room.code, "named"),
            help="Who was closest, and who is here while you present.",
        )
        record.downloads(room)
        if st.button("Close the room", key="close_room", icon=":material/delete:"):
            _close(room.code)


@st.dialog("Close the room?")
def _close(code: str) -> None:
    st.write("Everything that was answered in it is deleted. Download the results first.")
    if st.button("Close and delete", type="primary", key="close_really"):
        rooms.rooms().end(code)
        rooms.sit(None)
        st.query_params.clear()
        st.rerun()


def _set(code: str, name: str) -> None:
    with suppress(BadRoom):  # another window has closed it, which the next run says
        rooms.rooms().change(code, **{name: st.session_state[name]})


def _move(room: Room, step: int) -> None:
    st.session_state.pop("present_map", None)
    with suppress(BadRoom):  # another window has closed it, which the next run says
        rooms.rooms().change(room.code, at=room.at + step)


def _reveal(room: Room) -> None:
    rooms.rooms().reveal(room.code, room.at)


def _steering(room: Room) -> present.Steering:
    """Return what the keys do in front of a class."""
    screen = room.screen

    def act(name: str) -> None:
        if name == "reveal":
            if screen.parts and screen.forecast != "before":
                _reveal(room)
        elif name in ("next step", "last step"):
            _move(room, 1 if name == "next step" else -1)
        elif name == "next picture":
            _move(room, 1)
        else:
            outcome.turn(name)

    return present.Steering(
        {
            "ArrowRight": "next step",
            "ArrowLeft": "last step",
            "r": "reveal",
            "p": "next picture",
            "m": "next map",
            "l": "next layer",
            # What a clicker sends, and what keys are with caps lock.
            "PageDown": "next step",
            "PageUp": "last step",
            "R": "reveal",
            "P": "next picture",
            "M": "next map",
            "L": "next layer",
        },
        "← → step · R reveal · P picture · M map · L layer · Esc leaves",
        act,
        str(room.at),
    )
