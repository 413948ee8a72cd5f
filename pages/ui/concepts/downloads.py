"""Downloads of the concepts page: each figure with its numbers, and the report."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.concepts.result.dissection import Dissection
from core.export import concept_report
from core.export.dissection import ARGS, TABLE, dissection_files
from core.figures.print.sheet import Kind
from core.files.names import download_name
from pages.ui.parts import downloads as take_away


def figure(
    name: str,
    draw: Callable[[Kind], bytes],
    table: Callable[[], str],
    dissection: Dissection,
    picture: str = "",
) -> None:
    """Offer one figure, and what it shows as CSV.

    Args:
        name: of the figure.
        draw: returns the figure as a file.
        table: returns what it shows as CSV.
        dissection: that it shows.
        picture: stem of the picture that it shows, where there is one.
    """
    model = dissection.model_id
    take_away.figure(f"files-{name}", draw, picture, "concepts", model, name, table=table)


def report(dissection: Dissection) -> None:
    """Offer the report and the files of a dissection."""
    st.header("Download", anchor=False)

    def one(name: str) -> bytes:
        files = dissection_files(dissection, concept_report.command_of(dissection))
        return next(data for each, data in files if each == name)

    parts = "concepts", dissection.model_id
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            lambda: concept_report.report_page(dissection),
            download_name(*parts, "report", ending="html"),
            "text/html",
            on_click="ignore",
            key="concept_report",
            type="primary",
            help="Figures, tables, settings and the exact command on one page.",
        )
        st.download_button(
            "Everything (ZIP)",
            lambda: concept_report.report_zip(dissection),
            download_name(*parts, ending="zip"),
            "application/zip",
            on_click="ignore",
            key="concept_zip",
        )
        st.download_button(
            "Descriptions (CSV)",
            lambda: one(TABLE),
            download_name(*parts, "descriptions", ending="csv"),
            "text/csv",
            on_click="ignore",
            key="concept_table",
            help="One row per unit, as CLIP-Dissect writes it.",
        )
        st.download_button(
            "Parameters (JSON)",
            lambda: one(ARGS),
            download_name(*parts, "parameters", ending="json"),
            "application/json",
            on_click="ignore",
            key="concept_args",
        )
    with st.expander("Command to reproduce this"):
        st.code(concept_report.command_of(dissection), language="bash", wrap_lines=True)
