"""Figures to take away: one button that opens on their kinds of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core.figures.print.sheet import KINDS, Kind
from core.files.names import download_name
from core.requests.maps import Fit
from pages.ui.parts import pickers

_TYPES: dict[Kind, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_USES: dict[Kind, str] = {
    "png": "for slides and messages",
    "svg": "for the web, and to edit; its words can be searched",
    "pdf": "for papers and print",
}


def stated(
    picture: str,
    model: str,
    classes: Sequence[str] = (),
    layers: Sequence[str] = (),
    fit: Fit = "squash",
) -> str:
    """Return what is the same for all panels of a figure, in one line.

    Args:
        picture: its name.
        model: its title.
        classes: that are explained.
        layers: of the maps; their mean is shown where there are several.
        fit: how the picture was fitted to the model's input.
    """
    inputs = {value: words for words, value in pickers.FITS.items()}
    facts = (
        ("Picture", (picture,)),
        ("model", (model,)),
        ("class", classes),
        ("layer", layers),
        ("input", (inputs[fit],)),
    )
    return " · ".join(f"{what} {', '.join(names)}" for what, names in facts if names)


def figure(
    key: str,
    draw: Callable[[Kind], bytes],
    *parts: str,
    table: Callable[[], str] | None = None,
    primary: bool = False,
) -> None:
    """Offer the figure as PNG, SVG and PDF, and what it shows as CSV; each is made on the click.

    Args:
        key: of the control.
        draw: returns the figure as a file.
        parts: of the file's name: picture, page, model, and what is in it.
        table: returns what it shows as CSV.
        primary: whether this is what most people come for.
    """
    with st.popover(
        "Figure", icon=":material/download:", type="primary" if primary else "secondary"
    ):
        for kind in KINDS:
            _offer(f"{key}-{kind}", partial(draw, kind), parts, kind, _TYPES[kind], _USES[kind])
        if table is not None:
            _offer(f"{key}-csv", table, parts, "csv", "text/csv", "for spreadsheets: its numbers")


def _offer(
    key: str,
    make: Callable[[], bytes | str],
    parts: tuple[str, ...],
    kind: str,
    mime: str,
    use: str,
) -> None:
    st.download_button(
        f"**{kind.upper()}** {use}",
        make,
        download_name(*parts, ending=kind),
        mime,
        on_click="ignore",
        key=key,
        type="tertiary",
    )
