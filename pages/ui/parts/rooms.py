"""Who is in a room here, and how the class's pages keep together.

A teacher's session notes which page it has open; a student's goes there, unless it is told not to.
Both look at the room in a fragment that runs by itself, on every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.runtime.state import SessionState

from core.classroom import codes
from core.classroom.lesson_file import PAGES
from core.classroom.room import Room, Student
from core.classroom.rooms import Rooms
from core.errors import BadRoom
from core.files.folders import cache_folder
from pages.ui.parts import history, push, visit
from pages.ui.parts.text import counted, escape

HOME = "pages/classroom.py"
DRAWN = "heatmaps?"
"""The page that the classroom draws for students itself, without its controls: thirty phones that
ran the whole of it would wait for each other."""
SEAT, DESK = 3.0, 0.25
"""Seconds between two looks of a student's page at the room, and of the teacher's at itself.

Students' pages are told of what changes; they look for themselves in case they missed it."""
LOOK = "look_at_room"
"""Key of the fragment that looks."""
LONGEST = 4000
"""Characters of an address that is shown to the class."""
FILE = "rooms-1.sqlite"
"""With the number of its format."""
PATHS = ("dashboard.py", *(f"pages/{page}.py" for page in (*PAGES, "classroom")))
"""Pages that the class may be led to."""


@st.cache_resource(show_spinner=False, on_release=Rooms.close)
def rooms() -> Rooms:
    """Return the rooms of this server; they outlive it.

    Raises:
        BadRoom: their file cannot be used.
    """
    folder = cache_folder()
    return Rooms(folder / FILE if folder else None, on_change=_tell)


def _tell(code: str) -> None:
    """Have the pages of a room look at it."""

    def is_in(visit: SessionState) -> bool:
        place = visit["classroom"] if "classroom" in visit else None  # noqa: SIM401 - has no `get`
        return place is not None and place.code == code

    push.run(LOOK, is_in, lambda visit: "drawn_path" in visit and visit["drawn_path"] == HOME)


@dataclass(frozen=True, slots=True)
class Place:
    """Where this visit is in a room.

    Attributes:
        code: of the room.
        token: the teacher's; empty for a student.
        student: who this is; None for the teacher.
    """

    code: str
    token: str = ""
    student: Student | None = None


def place() -> Place | None:
    """Return where this visit is, or None."""
    found: Place | None = st.session_state.get("classroom")
    return found


def sit(where: Place | None) -> None:
    """Take a place, or leave the room."""
    st.session_state["classroom"] = where
    for name in ("led", "showed"):
        st.session_state.pop(name, None)


def arrive() -> Place | None:
    """Return the place that the address of the classroom names, or that this visit has.

    Raises:
        BadRoom: the address names a room that is not there.
    """
    asked = st.query_params.get("room", "")
    if not asked:
        return place()
    code, token = codes.code_from(asked), st.query_params.get("teacher", "")
    now = place()
    if now is not None and now.code == code and token in ("", now.token):
        rooms().room(code)
        return now
    room = rooms().room(code)
    if token:
        if not rooms().is_teacher(code, token):
            raise BadRoom(
                f"This is not the teacher's address of room {code}: copy it again from where the "
                "room was started."
            )
        sit(Place(room.code, token))
    else:
        known = (
            (each, rooms().student(code, codes.student_of(code, each))) for each in visit.tokens()
        )
        token, student = next((pair for pair in known if pair[1]), ("", None))
        if student:
            visit.enter(code, token)
        sit(Place(room.code, student=student) if student else None)
    if place() is not None:
        st.rerun()  # what keeps the pages together was drawn for another place, or not at all
    return None


def join(code: str, name: str) -> None:
    """Let this visit into a room.

    Raises:
        BadRoom: there is no such room, or it is full.
    """
    token = visit.enter(code)
    sit(Place(code, student=rooms().join(code, codes.student_of(code, token), name)))


def together(path: str) -> None:
    """Keep this page and those of the class together; call it once in each run.

    Args:
        path: of the page that is drawn.
    """
    if "classroom" not in st.session_state:
        try:
            sit(_before())
        except BadRoom:  # only the classroom needs the rooms, and says what is wrong with them
            return
    now = place()
    if now is None:
        return
    room = _room(now)
    if room is None:
        return
    if st.session_state.get("leading") == path:
        del st.session_state["leading"]
    if now.student is None and (st.session_state.get("showed") or "").startswith(f"{_name(path)}?"):
        _show(_address(path), now)  # the class need not wait until this page is drawn
    # Noted before anything is drawn: what changes meanwhile is drawn by the next run.
    st.session_state["drawn_room"] = room.version, led_to(room)
    st.session_state["drawn_path"] = path
    look = _seat if now.student else _desk
    st.session_state["page_begins"] = True
    try:
        with st.sidebar:
            st.fragment(look, key=LOOK, run_every=SEAT if now.student else DESK)(path, now)
    finally:
        st.session_state["page_begins"] = False


def led_to(room: Room) -> str:
    """Return the address of the teacher's page that a student is to see here; empty for none."""
    follows = room.leads and st.session_state.get("kept_follows", True)
    return room.shown if follows and room.shown.startswith(DRAWN) else ""


def leave() -> None:
    """Leave the room; what was answered stays."""
    now = place()
    if now is not None and now.student is not None:
        rooms().leave(now.code, now.student.id)
    sit(None)
    st.query_params.pop("room", None)


def _before() -> Place | None:
    """Return where this visitor's browser was a moment ago, on any page: phones fall asleep."""
    tokens = visit.tokens()
    for code in rooms().lively() if tokens else ():
        for token in tokens:
            if student := rooms().student(code, codes.student_of(code, token)):
                visit.enter(code, token)
                return Place(code, student=student)
    return None


def _room(now: Place) -> Room | None:
    """Return the room; where it was closed, leave it."""
    try:
        return rooms().room(now.code)
    except BadRoom as error:
        sit(None)
        st.session_state["room_problem"] = str(error)
        st.rerun()


def _seat(path: str, now: Place) -> None:
    """Follow the teacher, and draw the lesson again when it has gone on."""
    room = _room(now)
    if room is None:
        return
    if path != HOME:
        st.caption(f"Room **{now.code}** · {escape(now.student.name if now.student else '')}")
    follows = st.toggle(
        "Follow the teacher",
        st.session_state.get("kept_follows", True),
        key="follows",
        disabled=not room.leads,
    )
    st.session_state["kept_follows"] = follows  # Streamlit forgets a control of another page
    led = st.session_state.get("led", "") == room.shown and "leading" not in st.session_state
    if not (follows and room.leads):
        st.session_state["led"] = None  # who follows again goes where the teacher is
    elif not led:
        st.session_state["led"] = room.shown
        home = not room.shown or room.shown.startswith(DRAWN)
        _go(path, f"classroom?room={now.code}" if home else room.shown)
    if path == HOME and st.session_state.get("drawn_room") != (room.version, led_to(room)):
        st.rerun()


def _go(path: str, address: str) -> None:
    """Open the page of an address, as a link to it would."""
    page, _, query = address.partition("?")
    parameters = parse_qs(query, keep_blank_values=True)
    target = next(
        (each for each in PATHS if each.removesuffix(".py").rpartition("/")[2] == page), None
    )
    if target is None or target == path == HOME:
        st.session_state.pop("leading", None)
        return
    history.opens(parameters)
    if target == path:
        st.rerun()
    st.session_state["leading"] = target  # until it has come there
    st.switch_page(target)


def _desk(path: str, now: Place) -> None:
    """Note which page the teacher has open."""
    room = _room(now)
    if room is None:
        return
    address = "" if path == HOME else _address(path)
    # A page that has just been opened without parameters adds what it shows at the end of its run.
    if not (st.session_state.get("page_begins") and address == f"{_name(path)}?"):
        _show(address, now)
    if path == HOME and st.session_state.get("drawn_room", (0, ""))[0] < room.version:
        st.rerun()
    if path == HOME:
        return
    everybody, _ = rooms().counts(now.code, room.at)
    st.caption(f"Room **{now.code}** · {counted(everybody, 'student')}")
    if not room.leads:
        st.caption("Their pages do not follow yours.")
    elif address is None:
        st.caption(
            "Your own picture is not shown to the class: press *Share this picture*, and they will "
            "see it."
        )
    else:
        st.caption("Their pages follow yours.")
    st.page_link(
        HOME,
        label="Back to the lesson",
        icon=":material/school:",
        query_params={"room": now.code, "teacher": now.token},
    )


def _show(address: str | None, now: Place) -> None:
    """Show the class what the teacher has open; nothing new where that is not to be seen."""
    # Of two windows of a teacher, the class follows that in which something was opened last.
    if address is not None and address != st.session_state.get("showed"):
        st.session_state["showed"] = address
        rooms().change(now.code, shown=address)


def _name(path: str) -> str:
    """Return a page's name in an address."""
    return path.removeprefix("pages/").removesuffix(".py")


def _address(path: str) -> str | None:
    """Return the address of the page as others open it; None where it has an unshared picture."""
    mine = visit.current()
    known = mine.received() | mine.shared()
    pairs = []
    for name in sorted(st.query_params):
        for value in st.query_params.get_all(name) if name not in ("room", "teacher") else ():
            if "picture" in name and value in mine.pictures() and value not in known:
                return None
            pairs.append((name, known.get(value, value) if "picture" in name else value))
    address = f"{_name(path)}?{urlencode(pairs)}"
    return address if len(address) <= LONGEST else None
