"""What a student is asked: guess, paint, choose; each answer is taken at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial

import streamlit as st

from core.classroom.lesson import ASK, CASE, GUESS, PAINT, Painted, Screen
from core.classroom.room import Room, Student
from core.errors import BadOption, SeeWhyError
from core.requests.paintings import Painting, cells_for, painting_from
from pages.ui.classroom import forecast, paint, screens
from pages.ui.classroom.seen import Seen, seen_all, seen_in
from pages.ui.parts import rooms
from pages.ui.parts.text import escape

Send = Callable[[str, str], None]
"""Takes the part of a screen and the answer to it."""
PICTURE = 420
"""Width of a picture in pixels; narrower on a phone."""
PAINTED = {"model": "Where does the model look?", "object": "Where is the object?"}
"""What is asked to be painted."""


def question(screen: Screen) -> str:
    """Return the question what the model will say, as Markdown."""
    return f"What will {escape(screen.says) or 'the model'} say?"


def parts(room: Room, student: Student, *, phone: bool) -> None:
    """Draw everything that the room's screen asks, and take the answers."""
    screen = room.screen
    mine = rooms.rooms().mine(room.code, room.at, student.id)
    send = partial(_send, room.code, room.at, student.id)
    place = f"{room.code}_{room.at}"
    with screens.told():
        if not _picture(room, mine, place, send):
            return
    if screen.ask:
        _pills(f"**{escape(screen.ask)}**", ASK, place, mine.get(ASK, ""), screen.answers, send)
    _cases(room, place, mine, send, 1 if phone else forecast.ACROSS)
    if screen.parts and all(part in mine for part in screen.parts):
        st.caption(
            ":material/check: Everything is answered. You may change it until your teacher goes on."
        )


def _picture(room: Room, mine: Mapping[str, str], place: str, send: Send) -> bool:
    """Ask what is asked about the screen's picture; return whether it is there by now."""
    screen = room.screen
    if screen.view is None or not (screen.guess or screen.paint):
        return True
    looked_at = seen_in(screen.view)
    if looked_at is None:
        return False
    if screen.guess:
        label = f"**{question(screen)}**"
        if not screen.says:
            label += f" · {escape(looked_at.model.title)}"
        if screen.guess == "free":
            _free(label, GUESS, place, mine.get(GUESS, ""), looked_at.model.names, send)
        else:
            offered = looked_at.choices(screen.choices, room)
            _pills(label, GUESS, place, mine.get(GUESS, ""), offered, send)
    if screen.paint and (not screen.guess or GUESS in mine):
        _canvas(looked_at, screen.paint, place, mine.get(PAINT, ""), send)
    else:
        st.image(looked_at.cropped, width=PICTURE, alt=looked_at.picture.name)
    return True


def _cases(room: Room, place: str, mine: Mapping[str, str], send: Send, across: int) -> None:
    """Ask what models will say about the pictures of a forecast."""
    found = seen_all(room.screen.cases)
    if found is None:
        return
    for number, looked_at in forecast.grid(found, across):
        case, part = room.screen.cases[number], f"{CASE}{number}"
        st.image(
            looked_at.prediction.view,
            width=forecast.width_of(across),
            alt=looked_at.picture.name,
        )
        says = case.says or looked_at.model.title
        label = f"**{number + 1}. What will {escape(says)} say?**"
        offered = looked_at.choices(case.choices, room)
        _pills(label, part, place, mine.get(part, ""), offered, send)


def _canvas(looked_at: Seen, asked: Painted, place: str, given: str, send: Send) -> None:
    """Let a place be painted on what the model sees."""
    label = PAINTED[asked]
    st.markdown(f"**{label}**")
    rows, columns = cells_for(looked_at.map_size)
    paint.canvas(
        looked_at.cropped,
        rows,
        columns,
        f"paint_{place}",
        label=label,
        start=read(given),
        on_change=lambda painting: send(PAINT, json.dumps(asdict(painting))),
    )
    state = st.session_state.get(f"paint_{place}") or {}
    with suppress(BadOption):
        painting = painting_from(state.get("painting"))
        if (painting.height, painting.width) == (rows, columns):
            _send_again(PAINT, json.dumps(asdict(painting)), given, send)


def read(value: str) -> Painting | None:
    """Return the painting of a kept answer; None where it is none."""
    try:
        return painting_from(json.loads(value))
    except (ValueError, BadOption):
        return None


def _pills(
    label: str, part: str, place: str, given: str, offered: Sequence[str], send: Send
) -> None:
    """Ask for one of a few answers."""
    key = f"{part}_{place}"
    value = st.pills(
        label,
        offered,
        default=given if given in offered and key not in st.session_state else None,
        format_func=escape,  # the words of pills are Markdown, which would fetch pictures
        key=key,
        wrap=True,
        on_change=_chosen,
        args=(key, part, tuple(offered), send),
    )
    _send_again(part, value, given, send)


def _send_again(part: str, value: str | None, given: str, send: Send) -> None:
    """Give an answer that stands on the page alone.

    What is chosen while the server is away comes with the first run of a new session, which knows
    of no change.
    """
    if not value or given:
        return
    send(part, value)
    if "answer_problem" not in st.session_state:
        st.rerun()


def _free(label: str, part: str, place: str, given: str, names: Sequence[str], send: Send) -> None:
    """Ask for one of all classes."""
    key = f"{part}_{place}"
    value = st.selectbox(
        label,
        names,
        names.index(given) if given in names else None,
        key=key,
        placeholder="Type to search all classes",
        on_change=_chosen,
        args=(key, part, tuple(names), send),
    )
    _send_again(part, value if value in names else None, given, send)


def _chosen(key: str, part: str, offered: tuple[str, ...], send: Send) -> None:
    value = st.session_state[key]
    if value in offered:
        send(part, value)


def _send(code: str, at: int, student: str, part: str, value: str) -> None:
    """Give an answer to the room; called before the page runs, which says what went wrong."""
    try:
        rooms.rooms().answer(code, at, part, student, value)
    except SeeWhyError as error:
        st.session_state["answer_problem"] = str(error)


def preview(room: Room, screen: Screen, looked_at: Seen) -> None:
    """Show a teacher what is asked about a picture."""
    picture, questions = st.columns(2, gap="large")
    with picture:
        st.image(looked_at.cropped, width="stretch", alt=looked_at.picture.name)
    with questions, st.container(key="question"):
        if screen.guess:
            st.subheader(question(screen), anchor=False)
        if screen.guess == "choices":
            offered = looked_at.choices(screen.choices, room)
            st.markdown("\n".join(f"- {escape(name)}" for name in offered))
        if screen.paint:
            st.subheader(PAINTED[screen.paint], anchor=False)
