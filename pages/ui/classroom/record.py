"""What a room brought, to take away: a table of all answers and a page."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core.classroom.forecasting import gain
from core.classroom.lesson import ASK, CASE, GUESS, Screen, View
from core.classroom.report import Measured, Outcome, answers_csv, report_page
from core.classroom.room import Answer, Room
from core.classroom.tally import Tally, tally
from core.errors import SeeWhyError
from core.explain.base import Explanation
from core.explain.methods import title_of
from core.figures.charts.reveal import beside
from core.files.names import download_name
from core.measure.paintings import Reveal
from core.requests.command_line import command_of
from core.work.handlers.maps import Prediction
from pages.ui.classroom import painted, views
from pages.ui.parts import jobs, rooms


def downloads(room: Room) -> None:
    """Offer the table and the page; both are made on the click."""
    st.download_button(
        "Answers (CSV)",
        partial(_table, room),
        download_name("classroom", room.code, ending="csv"),
        "text/csv",
        on_click="ignore",
        key="room_csv",
    )
    st.download_button(
        "Report (HTML)",
        partial(_page, room),
        download_name("classroom", room.code, ending="html"),
        "text/html",
        on_click="ignore",
        key="room_report",
    )


def _table(room: Room) -> bytes:
    """Return the table with a mark of its encoding: Excel spoils names without it."""
    return answers_csv(rooms.rooms().answers(room.code), outcomes(room)).encode("utf-8-sig")


def _page(room: Room) -> bytes:
    people = len(rooms.rooms().students(room.code))
    made = time.strftime("%Y-%m-%d %H:%M")
    return report_page(room.code, room.lesson, people, outcomes(room), made)


def outcomes(room: Room) -> tuple[Outcome, ...]:
    """Return what came out of every screen that was answered; a fault costs its screen only."""
    answers = rooms.rooms().answers(room.code)
    found = []
    for at, screen in enumerate(room.lesson.screens):
        here = [answer for answer in answers if answer.screen == at]
        if not here:
            continue
        try:
            found.append(_outcome(room, at, screen, here, answers))
        except SeeWhyError:
            found.append(Outcome(at, screen, {}))
    return tuple(found)


def _outcome(
    room: Room, at: int, screen: Screen, here: Sequence[Answer], answers: Sequence[Answer]
) -> Outcome:
    """Return what came out of one screen."""
    right = {ASK: screen.right} if screen.right else {}
    tallies: list[tuple[str, Sequence[Tally]]] = []
    found = Outcome(at, screen, right, tallies)
    if screen.ask:
        tallies.append((screen.ask, tally(here, ASK, screen.answers, screen.right)))
    if screen.view is not None and (screen.guess or screen.paint):
        prediction: Prediction = jobs.finished(views.prediction_of(screen.view))
        right[GUESS] = prediction.guesses[0].name
        if screen.guess:
            says = screen.says or "the model"
            tallies.append((f"What will {says} say?", tally(here, GUESS, (), right[GUESS])))
        found = _with_maps(found, screen.view, prediction, here)
    for number, case in enumerate(screen.cases):
        seen: Prediction = jobs.finished(views.prediction_of(case.view))
        part = f"{CASE}{number}"
        right[part] = seen.guesses[0].name
        question = f"{number + 1}. What will {case.says or 'the model'} say?"
        tallies.append((question, tally(here, part, case.choices, right[part])))
    if screen.forecast == "after":
        first = next(n for n, one in enumerate(room.lesson.screens) if one.forecast == "before")
        before = [answer for answer in answers if answer.screen == first]
        found = replace(found, gain=gain(before, here, list(right.values())))
    return found


def _with_maps(
    found: Outcome, view: View, prediction: Prediction, here: Sequence[Answer]
) -> Outcome:
    """Add the maps, the paintings' numbers and their mean."""
    study = views.study_of(view)
    if study is None:
        return found
    drawn = painted.paintings(here)
    target = prediction.guesses[0].index
    asked = painted.request_of(study, target, list(drawn.values()))
    result: Reveal = jobs.finished(asked)
    made: list[Explanation] = [jobs.finished(each) for each in asked.maps]
    columns = zip(result.iou[0], result.chance[0], result.energy[0], strict=True)
    chart = beside([title_of(one.label) for one in made], [one.shown for one in made], result)
    maps = [
        (panel.shown, ": ".join(filter(None, (panel.title, panel.detail))))
        for panel in chart.panels
        if panel.shown is not None
    ]
    return replace(
        found,
        paintings={
            student: Measured(*map(float, each))
            for student, each in zip(drawn, columns, strict=True)
        },
        picture=jobs.resources().picture(study.pictures[0]),
        box=prediction.box,
        maps=maps,
        command=shlex.join(["python", "-m", "core", *command_of(study)]),
    )
