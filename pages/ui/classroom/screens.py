"""What everybody sees of a screen: where the class is, the text, the page it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from core.classroom.lesson import Screen, View
from core.classroom.lesson_file import view_of
from core.classroom.room import Room
from core.errors import SeeWhyError
from core.figures.browser.places import per_row_for
from core.figures.charts.maps import HeatmapLook
from pages.ui.classroom import views
from pages.ui.maps import show as shown_maps
from pages.ui.maps import wanted_maps
from pages.ui.parts import frame, history, jobs, models, present
from pages.ui.parts.picture_page import sentence
from pages.ui.parts.text import escape, lesson_markdown

FOUR, NARROWEST = 4, 170
"""Panels that would leave one alone in a second row, and pixels that each needs."""
PATIENCE, EVERY = 1.2, 1.5
"""Seconds to wait for quick maps, and between two looks at the others: each look that finds a map
draws the page of a whole class again."""
HERS = "Open it below: the students' pages follow yours, and come back when you do."
THEIRS = "It opens here when your teacher opens it; you may also look at it by yourself."
"""What a teacher and a student do where a page shows more than maps."""


@contextmanager
def told() -> Iterator[None]:
    """Say why something cannot be drawn in its place, and go on with the rest of the screen."""
    try:
        yield
    except SeeWhyError as error:
        st.error(escape(str(error)))


def head(room: Room, *, who: str, more: Callable[[], object] | None = None) -> None:
    """Draw the heading and where the class is.

    Args:
        room: as it is now.
        who: reads it.
        more: draws what stands beside the heading; None for nothing.
    """
    lesson, screen = room.lesson, room.screen
    with st.container(horizontal=True, vertical_alignment="center", key="title"):
        st.title(escape(screen.title), anchor=False)
        if more is not None:
            more()
    parts = f"Room **{room.code}**", escape(lesson.title), f"{room.at + 1} of {len(lesson.screens)}"
    with st.container(key="said"):
        st.caption(" · ".join((*parts, escape(who))))


def text(screen: Screen) -> None:
    """Draw what everybody reads."""
    if screen.text:
        with st.container(key="lesson"):
            st.markdown(lesson_markdown(screen.text))


def led(room: Room, address: str, width: int) -> None:
    """Draw what the teacher has open instead of the screen.

    Args:
        room: as it is now.
        address: of the teacher's page.
        width: of the page in pixels.

    Raises:
        SeeWhyError: a picture, a model or a setting is not there.
    """
    of = view_of(address)
    st.title(escape(page_of(of).title), anchor=False)
    with st.container(key="said"):
        st.caption(f"Room **{room.code}** · your teacher's view")
    view(of, width, teaches=False, says=True)


def view(of: View, width: int, *, teaches: bool, says: bool = False) -> None:
    """Show the maps of a view, and the way to its page.

    Args:
        of: what to show.
        width: of the place in pixels.
        teaches: whether the teacher reads it.
        says: whether to tell what the model says.

    Raises:
        SeeWhyError: a picture, a model or a setting is not there.
    """
    study = views.study_of(of)
    if study is not None:
        summary = models.summary(study.model.id, study.model.device)
        asked = study.prediction(study.pictures[0])
        prediction = models.prediction(asked) if summary else None
        if summary is None or prediction is None:
            return
        targets = views.targets_of(study, prediction, summary.names)
        plan = wanted_maps.plan(study, targets, summary.names, patience=PATIENCE)
        wanted_maps.progress(plan, every=EVERY)
        look = HeatmapLook(across(1 + len(plan.tiles), width), large=present.on())
        picture = jobs.resources().picture(asked.picture)
        if says:
            st.caption(sentence(picture, summary, prediction))
        shown_maps.grid(plan, picture, prediction.box, look, width)
        _notes(plan)
    else:
        said = f"This screen is about the page {escape(page_of(of).title)}."
        st.info(f"{said} {HERS if teaches else THEIRS}")
    way(of)


def _notes(plan: wanted_maps.PlannedMaps) -> None:
    """Say what is to be known about maps, which their captions refer to."""
    for tile in plan.tiles:
        for note in tile.result.notes if tile.result else ():
            st.caption(f":material/info: {escape(f'{tile.title}: {note}')}")


def across(panels: int, width: int) -> int:
    """Return how many panels stand in a row; four that fit stay side by side.

    Args:
        panels: with the picture.
        width: of the place in pixels.
    """
    if present.on():
        return 3 if panels == 3 else 2
    return FOUR if panels == FOUR and width >= FOUR * NARROWEST else per_row_for(width)


def page_of(of: View) -> frame.Page:
    """Return the page of a view."""
    return next(each for each in frame.PAGES if each.path == f"pages/{of.page}.py")


def way(of: View) -> None:
    """Draw the link to the page of a view."""
    page = page_of(of)
    if st.button(f"Open in {page.title}", icon=page.icon, key="open_view"):
        # A link would let the page keep what was chosen on it before.
        history.opens(views.parameters(of))
        st.switch_page(page.path)
