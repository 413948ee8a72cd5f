"""The maps of a gallery in the files of other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.export.formats.kinds import Format, offered
from core.export.formats.packed import export_file
from core.export.record import Explained
from core.files.names import download_name
from core.requests.agreements import AgreementRequest
from core.work.handlers.models import ModelSummary

WIDTH = 170
"""Of the list of formats in pixels."""


def offer(
    model: ModelSummary,
    asked: AgreementRequest,
    explained: Callable[[], Sequence[Explained]],
    *parts: str,
) -> None:
    """Offer a list of formats and the file of the chosen one, which is made on the click.

    Args:
        model: that is explained.
        asked: the gallery, which says what its maps mark.
        explained: returns the results of the pictures whose maps are there.
        parts: of the file's name.
    """
    formats = {each.title: each for each in offered()}
    title = st.selectbox(
        "Format for other programs",
        tuple(formats),
        key="export_format",
        label_visibility="collapsed",
        width=WIDTH,
        persist_state="session",
    )
    chosen: Format = formats[title]
    st.download_button(
        "Maps for other programs",
        lambda: export_file(
            chosen,
            model.record,
            model.device,
            explained(),
            asked.top,
            asked.study.lime.outline.superpixels,
        ),
        download_name(*parts, chosen.name, ending=chosen.ending),
        chosen.mime,
        on_click="ignore",
        key="export",
        help=f"{chosen.use[0].upper()}{chosen.use[1:]}.",
    )
