"""Downloads of the concepts page: each figure as PNG, SVG and CSV, and the report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.concepts.result.dissection import Dissection
from core.export import concept_report
from core.export.dissection import ARGS, TABLE, dissection_files
from core.figures.print.sheet import KINDS, Kind

_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def figure(key: str, draw: Callable[[Kind], bytes], table: Callable[[], str]) -> None:
    """Offer one figure in three kinds; each is made on the click.

    Args:
        key: of the figure, and the file's name.
        draw: returns the figure as a file.
        table: returns what it shows as CSV.
    """
    with st.container(horizontal=True, gap="xsmall", key=f"files-{key}"):
        for kind in KINDS:
            st.download_button(
                kind.upper(),
                partial(draw, kind),
                f"{key}.{kind}",
                _TYPES[kind],
                on_click="ignore",
                key=f"{key}-{kind}",
                type="tertiary",
                icon=":material/download:",
            )
        st.download_button(
            "CSV",
            table,
            f"{key}.csv",
            "text/csv",
            on_click="ignore",
            key=f"{key}-csv",
            type="tertiary",
            icon=":material/download:",
        )


def report(dissection: Dissection) -> None:
    """Offer the report and the files of a dissection."""
    st.subheader("Download", anchor=False)

    def one(name: str) -> bytes:
        files = dissection_files(dissection, concept_report.command_of(dissection))
        return next(data for each, data in files if each == name)

    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)",
            lambda: concept_report.report_page(dissection),
            "report.html",
            "text/html",
            on_click="ignore",
            key="concept_report",
            type="primary",
            help="Figures, tables, settings and the exact command on one page.",
        )
        st.download_button(
            "Everything (ZIP)",
            lambda: concept_report.report_zip(dissection),
            "dissection.zip",
            "application/zip",
            on_click="ignore",
            key="concept_zip",
        )
        st.download_button(
            "Descriptions (CSV)",
            lambda: one(TABLE),
            TABLE,
            "text/csv",
            on_click="ignore",
            key="concept_table",
            help="One row per unit, as CLIP-Dissect writes it.",
        )
        st.download_button(
            "Parameters (JSON)",
            lambda: one(ARGS),
            ARGS,
            "application/json",
            on_click="ignore",
            key="concept_args",
        )
    with st.expander("Command to reproduce this"):
        st.code(concept_report.command_of(dissection), language="bash", wrap_lines=True)
