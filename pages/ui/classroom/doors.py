"""Before a room: join one, or start one."""

from __future__ import annotations

import streamlit as st

from core.classroom import codes, lesson_file, lessons
from core.classroom.lesson import Lesson
from core.errors import SeeWhyError
from pages.ui.classroom import own_round
from pages.ui.parts import copy_link, rooms
from pages.ui.parts.text import counted, escape

OWN, FILE = "Pictures of my choice", "A lesson from a file"


def show() -> None:
    """Draw both."""
    copy_link.title("Classroom")
    if problem := st.session_state.pop("room_problem", ""):
        st.warning(escape(problem))
    asked = st.query_params.get("room", "")
    if asked:
        _join(asked)
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Join a room", anchor=False)
        st.caption("Your teacher has the code.")
        _join("")
    with right:
        st.header("Start a room", anchor=False)
        st.caption(
            "Students guess what the model says and paint where it looks, then everybody sees what "
            "it did. No accounts; a room goes after a day."
        )
        _start()


def again() -> None:
    """Offer a way out of an address that leads nowhere."""
    st.button("Enter another code", on_click=_leave)


def _leave() -> None:
    rooms.sit(None)
    for name in ("room", "teacher"):
        st.query_params.pop(name, None)


def _join(code: str) -> None:
    with st.form("join", border=False, enter_to_submit=True):
        if code:
            st.header(f"Room {codes.code_from(code)}", anchor=False)
        typed = code or st.text_input(
            "Room code", max_chars=12, key="room_code", placeholder="BKRT"
        )
        name = st.text_input(
            "Your name", max_chars=codes.LONGEST_NAME, key="room_name", placeholder="Anonymous"
        )
        pressed = st.form_submit_button("Join", type="primary", key="join_room")
    if not pressed:
        return
    try:
        found = codes.code_from(typed)
        rooms.join(found, name)
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return
    st.query_params["room"] = found
    st.rerun()


def _start() -> None:
    texts = lessons.texts()
    known = {name: lesson_file.parse(text) for name, text in texts.items()}
    labels = {name: lesson.title for name, lesson in known.items()}
    name = st.selectbox(
        "Lesson",
        (*known, OWN, FILE),
        format_func=lambda each: labels.get(each, each),
        key="lesson",
    )
    text: str | None
    if name == OWN:
        text = own_round.text()
    elif name == FILE:
        text = _uploaded()
    else:
        _about(known[name])
        text = texts[name]
    if st.button("Start the room", type="primary", key="start_room", disabled=text is None):
        assert text is not None
        try:
            code, token = rooms.rooms().start(text)
        except SeeWhyError as error:
            st.error(escape(str(error)))
            return
        rooms.sit(rooms.Place(code, token))
        st.query_params.from_dict({"room": code, "teacher": token})
        st.rerun()


def _about(lesson: Lesson) -> None:
    screens = counted(len(lesson.screens), "screen")
    st.caption(f"{escape(lesson.summary)} {lesson.minutes} minutes, {screens}.")


def _uploaded() -> str | None:
    """Take a lesson's file; say what is wrong with it."""
    file = st.file_uploader(
        "Lesson (Markdown)", type=["md", "txt"], key="lesson_file", max_upload_size=1
    )
    if file is None:
        st.caption("docs/lessons.md says how a lesson is written.")
        return None
    try:
        text = lesson_file.lesson_from(file.getvalue(), file.name)
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
    _about(lesson_file.parse(text))
    return text
