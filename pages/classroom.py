"""A class that works together: rooms, lessons, guesses, paintings and what the model does."""

from __future__ import annotations

import streamlit as st

from pages.ui.parts import frame

with frame.opening("pages/classroom.py"):
    from core.errors import SeeWhyError
    from pages.ui.classroom import desk, doors, screens, seat
    from pages.ui.parts import rooms
    from pages.ui.parts.text import escape

width = frame.width()
try:
    place = rooms.arrive()
    if place is None:
        doors.show()
except SeeWhyError as error:
    st.error(escape(str(error)))
    doors.again()
else:
    with screens.told():  # nobody leaves the room because a picture is not there
        if place is not None and place.student is not None:
            seat.show(place, place.student, width)
        elif place is not None:
            desk.show(place, width)
