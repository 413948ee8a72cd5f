"""Paintings at the reveal: beside the maps, beside chance, and the class's mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.classroom.lesson import PAINT
from core.classroom.room import Answer, Room, Student
from core.errors import BadOption
from core.figures.browser.reveal import grid
from core.figures.charts import reveal as charts
from core.figures.charts.maps import HeatmapLook
from core.measure.paintings import Reveal
from core.requests.paintings import Painting
from core.requests.reveals import RevealRequest
from core.requests.studies import StudyRequest
from pages.ui.checks import words
from pages.ui.classroom import object_truth, screens, views
from pages.ui.classroom.ask import read
from pages.ui.classroom.seen import Seen
from pages.ui.maps import wanted_maps
from pages.ui.maps.show import CONFIG, FEW
from pages.ui.parts import jobs, present, rooms
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import escape

CLOSEST = 3
"""Students who are named as the closest."""


def paintings(answers: Sequence[Answer]) -> dict[str, Painting]:
    """Return what was painted by the student's id, in the order of joining; without empty ones."""
    read_all = ((one.student.id, read(one.value)) for one in answers if one.part == PAINT)
    return {
        student: painting
        for student, painting in read_all
        if painting is not None and painting.mask.any()
    }


def turn(name: str) -> None:
    """Show another map, or the maps of another layer."""
    place = f"present_{name.partition(' ')[2]}"
    st.session_state[place] = st.session_state.get(place, 0) + 1


def study_of(looked_at: Seen) -> StudyRequest:
    """Return the maps of a screen, for a presenter's own choice of layer and map.

    Raises:
        SeeWhyError: a picture, a model or a setting is not there.
    """
    study = views.study_of(looked_at.view)
    if study is None:
        raise BadOption("This screen's view shows no maps: give it the page heatmaps.")
    if present.on():
        layers = [layer.path for layer in looked_at.model.layers]
        if turned := st.session_state.get("present_layer", 0):
            study = replace(study, layers=(layers[-1 - turned % len(layers)],))
        if turned := st.session_state.get("present_map", 0):
            at = turned % (len(study.methods) + 1)
            study = replace(study, methods=study.methods[at - 1 : at] or study.methods)
    return study


def request_of(study: StudyRequest, target: int, drawn: Sequence[Painting]) -> RevealRequest:
    """Return the comparison of all maps of a study with all paintings."""
    maps = tuple(study.map_of(label, study.pictures[0], target) for label in study.methods)
    return RevealRequest(maps=maps, paintings=tuple(drawn))


def compute_ahead(looked_at: Seen) -> None:
    """Have the maps computed while the class paints."""
    study = study_of(looked_at)
    target = views.target_of(study, looked_at.prediction, looked_at.model.names)
    for request in request_of(study, target, ()).maps:
        jobs.submit(request)


def show(
    room: Room, looked_at: Seen, answers: Sequence[Answer], student: Student | None, width: int
) -> None:
    """Draw the maps, the mean painting and this student's own, and who was closest.

    Args:
        room: as it is now.
        looked_at: the picture and the prediction.
        answers: to the screen.
        student: who reads it; None for the teacher.
        width: of the place in pixels.

    Raises:
        SeeWhyError: a picture, a model or a setting is not there.
    """
    study = study_of(looked_at)
    names = looked_at.model.names
    target = views.target_of(study, looked_at.prediction, names)
    drawn_by = paintings(answers)
    plan = wanted_maps.plan(study, (target,), names)
    wanted_maps.progress(plan)
    job = jobs.submit(request_of(study, target, list(drawn_by.values())))
    if not jobs.watch([job], quiet=True):
        return
    result: Reveal = job.result()
    _figure(plan, looked_at, drawn_by, result, student, width)
    _said(room, plan, drawn_by, result, student)
    if room.screen.paint == "object" and drawn_by:
        object_truth.show(looked_at, plan, drawn_by, teaches=student is None)


def _figure(
    plan: wanted_maps.PlannedMaps,
    looked_at: Seen,
    drawn_by: dict[str, Painting],
    result: Reveal,
    student: Student | None,
    width: int,
) -> None:
    """Draw the maps, the class's mean painting, and this student's own."""
    place = list(drawn_by).index(student.id) if student and student.id in drawn_by else None
    finished = [tile for tile in plan.tiles if tile.result is not None]
    chart = charts.beside(
        [tile.title for tile in finished],
        [tile.result.shown for tile in finished if tile.result is not None],
        result,
        place,
        drawn_by[student.id].mask if place is not None and student else None,
    )
    look = HeatmapLook(screens.across(1 + len(chart.panels), width), large=present.on())
    picture = looked_at.picture
    st.plotly_chart(
        drawn(
            "reveal",
            lambda: grid(
                picture.pixels, looked_at.prediction.box, chart, look, width, picture.sha256
            ),
            plan.study,
            plan.mark,
            [painting.counts for painting in drawn_by.values()],
            place,
            look,
            width,
        ),
        key="reveal",
        config={**CONFIG, "modeBarButtons": [FEW]},
        alt=f"{picture.name}, and over it: {', '.join(one.title for one in chart.panels)}",
    )


def _said(
    room: Room,
    plan: wanted_maps.PlannedMaps,
    drawn_by: dict[str, Painting],
    result: Reveal,
    student: Student | None,
) -> None:
    """Say what the numbers are, who was closest, and what this student's painting came to."""
    if not drawn_by:
        st.caption("Nobody painted.")
        return
    first = plan.tiles[0].title
    ids = list(drawn_by)
    if student and student.id in drawn_by:
        at = ids.index(student.id)
        if result.shares[at]:
            verdict = "above" if result.beats[0, at] else "not above"
            st.markdown(
                f"You are number **{result.places[at]}** of {len(ids)} by the overlap with "
                f"{escape(first)}: {words.number(result.iou[0, at])}, {verdict} what a blind "
                f"painting of this shape reaches ({words.number(result.low[0, at])} to "
                f"{words.number(result.high[0, at])}). "
                f"{words.percent(result.energy[0, at])} of the map's "
                f"heat lies inside, on {words.percent(result.shares[at])} of the picture."
            )
    if student is None or room.named:
        names = {one.id: one.name for one in rooms.rooms().students(room.code)}
        show_names = room.named or not present.on()
        best = [at for at in result.order if result.iou[0, at] > 0][:CLOSEST]
        if show_names and best:
            said = (
                f"{escape(names.get(ids[at], ''))} ({words.number(result.iou[0, at])})"
                for at in best
            )
            st.markdown(f"Closest to {escape(first)}: {', '.join(said)}.")
    above = int(result.beats[0].sum())
    st.caption(
        f"IoU: what both mark, divided by what either marks; of a map, as many of its hottest "
        f"pixels as were painted. Chance: as many pixels drawn at random. {above} of {len(ids)} "
        f"paintings {'is' if above == 1 else 'are'} nearer to {escape(first)} than 97.5 % of all "
        "shifts of the same shape."
    )
