"""What to take away from the trust page: curves, numbers, and the command that makes them again."""

from __future__ import annotations

import shlex

import streamlit as st

from core.export.measures_table import table
from core.figures.charts.trust import Lines
from core.figures.print.sheet import Kind
from core.figures.print.trust import trust_file
from core.files.names import download_name
from core.measure.trust import row_of
from core.pictures.picture import Picture
from core.requests.command_line import command_of, without_folders
from core.requests.measures import MeasuredStudyRequest, MeasureSettings
from core.requests.references import TruthFileRef
from core.work.handlers.models import ModelSummary
from pages.ui.parts import downloads
from pages.ui.trust import deleted, randomised
from pages.ui.trust.table import CheckedMaps


def section(
    checked: CheckedMaps, settings: MeasureSettings, picture: Picture, model: ModelSummary
) -> None:
    """Offer the curves as a figure, the numbers as a table, and the command.

    Args:
        checked: the checks.
        settings: of the measures.
        picture: the explained one.
        model: that was explained.
    """
    st.header("Download", anchor=False)
    done = [tile.result for tile in checked.plan.tiles if tile.result is not None]
    if not any(cell.check for cell in checked):
        st.caption("Files are offered as soon as the first number is there.")
        return
    classes, layers = (
        tuple(dict.fromkeys(filter(None, values)))
        for values in ((one.class_name for one in done), (one.layer for one in done))
    )
    study = checked.plan.study
    caption = downloads.stated(picture.name, model.title, classes, layers, study.fit)
    parts = picture.stem, "trust", model.id
    rows = _charts(checked)
    with st.container(horizontal=True, gap="small"):
        if rows:
            downloads.figure("trust", lambda kind: _file(rows, picture, caption, kind), *parts)
        st.download_button(
            "Table (CSV)",
            lambda: _table(checked, picture, model),
            download_name(*parts, ending="csv"),
            "text/csv",
            on_click="ignore",
            key="trust_csv",
            help="Each number with its controls, as the command line writes it.",
        )
    names = tuple(measure.name for measure in checked.measures)
    request = MeasuredStudyRequest(
        study=study, measures=names, settings=settings, truth=_truth(checked, picture)
    )
    arguments = command_of(without_folders(request))
    with st.expander("The same on the command line"):
        command = shlex.join(["python", "-m", "core", *arguments, "--out", "measures"])
        st.code(command, language="bash", wrap_lines=True)


def _truth(checked: CheckedMaps, picture: Picture) -> TruthFileRef | None:
    """Return the object as the file that the page offers."""
    given = next((cell.request.truth for cell in checked if cell.request.truth), None)
    name = download_name(picture.stem, "object", ending="png")
    return None if given is None else TruthFileRef(given.digest, name)


def _charts(checked: CheckedMaps) -> list[list[Lines]]:
    """Return what the page draws as curves, row by row."""
    first = [deleted.chart(checked, kind) for kind in deleted.BOTH if checked.of(kind)]
    second = [randomised.chart(checked)] if checked.of(randomised.NAME) else []
    return [row for row in (first, second) if row]


def _file(rows: list[list[Lines]], picture: Picture, caption: str, kind: Kind) -> bytes:
    return trust_file(rows, f"How far maps of {picture.name} can be trusted", caption, kind)


def _table(checked: CheckedMaps, picture: Picture, model: ModelSummary) -> str:
    found = []
    for place, row in checked.cells.items():
        tile = checked.plan.tiles[place]
        label = tile.request.label if tile.request else tile.title
        found += [
            row_of(cell.check, picture.name, tile.class_name, label) for cell in row if cell.check
        ]
    return table(found, model.id)
