"""What everybody sees of a screen: where the class is, the text, the page it looks at."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.classroom.lesson import View
from core.classroom.rooms import Room
from core.figures.browser.places import per_row_for
from core.figures.charts.maps import HeatmapLook
from pages.ui.classroom import views
from pages.ui.maps import show as shown_maps
from pages.ui.maps import wanted_maps
from pages.ui.parts import frame, jobs, models, present
from pages.ui.parts.text import escape, lesson_markdown


def head(room: Room, *, who: str, more: Callable[[], object] | None = None) -> None:
    """Draw the heading and the text.

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
    if screen.text:
        with st.container(key="lesson"):
            st.markdown(lesson_markdown(screen.text))


def view(of: View, width: int) -> None:
    """Show the maps of a view, and the way to its page.

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
        target = views.target_of(study, prediction, summary.names)
        plan = wanted_maps.plan(study, (target,), summary.names)
        wanted_maps.progress(plan)
        look = HeatmapLook(2 if present.on() else per_row_for(width), large=present.on())
        picture = jobs.resources().picture(asked.picture)
        shown_maps.grid(plan, picture, prediction.box, look, width)
    page = next(each for each in frame.PAGES if each.path == f"pages/{of.page}.py")
    st.page_link(
        page.path,
        label=f"Open in {page.title}",
        icon=page.icon,
        query_params=dict(views.parameters(of)),
    )
