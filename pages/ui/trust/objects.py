"""Where the object is: a mask that a person uploads or draws, for the measures that ask."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.errors import SeeWhyError
from core.figures.browser.marking import marking
from core.files.names import download_name
from core.measure.truth.open import truth_of
from core.measure.truth.shapes import drawn_mask, mask_png
from core.pictures.picture import Picture
from core.requests.references import TruthRef
from pages.ui.parts import jobs, toolbar
from pages.ui.parts.figures import drawn
from pages.ui.parts.text import escape

FILES = ["png", "json", "parquet"]
MEASURES = ("energy", "pointing")
"""Added to the measures when an object comes."""
WIDTH = 420
CONFIG = {"displaylogo": False, "modeBarButtons": [["lasso2d", "select2d"]]}


def truth(picture: Picture, class_name: str) -> TruthRef | None:
    """Let a person say where the object is; return the mask of this picture.

    Args:
        picture: the explained one.
        class_name: the explained class, where a file knows the objects of several.
    """
    known: dict[str, TruthRef] = st.session_state.setdefault("truths", {})
    reference = known.get(picture.sha256)
    with toolbar.tool("Object", reference.name if reference else "not marked"):
        st.caption(
            "Draw around the object on the picture, or upload a mask. Energy and pointing game "
            "are then "
            "added to the measures."
        )
        st.file_uploader(
            "PNG mask of the picture's size, COCO JSON, or Parquet with boxes",
            type=FILES,
            key="truth_file",
            max_upload_size=50,
            on_change=_uploaded,
            args=(picture, class_name),
        )
        if problem := st.session_state.pop("truth_problem", ""):
            st.error(escape(problem))
        mask = jobs.resources().truth(reference) if reference else None
        st.plotly_chart(
            drawn(
                "marking",
                lambda: marking(picture.pixels, WIDTH, mask, picture.sha256),
                picture.sha256,
                reference,
            ),
            key="marked",
            width=WIDTH,
            on_select=partial(_drawn, picture),
            selection_mode=("box", "lasso"),
            config=CONFIG,
            alt=f"{picture.name}, to draw around the object",
        )
        with st.container(horizontal=True):
            st.button(
                "Clear",
                key="clear_truth",
                on_click=_clear,
                args=(picture,),
                disabled=reference is None,
            )
            if mask is not None:
                st.download_button(
                    "Mask (PNG)",
                    partial(mask_png, mask),
                    download_name(picture.stem, "object", ending="png"),
                    "image/png",
                    on_click="ignore",
                    key="truth_png",
                    help="For the command line: --truth FILE",
                )
    return reference


def _uploaded(picture: Picture, class_name: str) -> None:
    file = st.session_state["truth_file"]
    if file is None:
        return
    try:
        mask = truth_of(file.getvalue(), file.name).find(picture, class_name)
    except SeeWhyError as error:
        st.session_state["truth_problem"] = str(error)
        return
    if mask is None:
        st.session_state["truth_problem"] = f"{file.name} says nothing of {picture.name}."
        return
    keep(picture, jobs.resources().offer_truth(mask, file.name, lambda: mask))


def _drawn(picture: Picture) -> None:
    chosen: Any = st.session_state["marked"]["selection"]
    boxes = [(*_ends(each["x"], each["y"]),) for each in chosen["box"]]
    loops = [list(zip(each["x"], each["y"], strict=True)) for each in chosen["lasso"]]
    if not boxes and not loops:
        return  # a redrawn chart forgets what was chosen on it
    try:
        mask = drawn_mask(boxes, loops, picture)
    except SeeWhyError as error:
        st.session_state["truth_problem"] = str(error)
        return
    keep(picture, jobs.resources().offer_truth(mask, "drawn", lambda: mask))


def _ends(across: list[float], down: list[float]) -> tuple[float, float, float, float]:
    return across[0], down[0], across[1], down[1]


def keep(picture: Picture, reference: TruthRef) -> None:
    """Keep a mask, and measure with it from now on."""
    st.session_state.setdefault("truths", {})[picture.sha256] = reference
    chosen: list[str] = list(st.session_state.get("measures", ()))
    st.session_state["measures"] = [*chosen, *(each for each in MEASURES if each not in chosen)]


def _clear(picture: Picture) -> None:
    st.session_state["truths"].pop(picture.sha256, None)
    chosen: list[str] = list(st.session_state.get("measures", ()))
    st.session_state["measures"] = [each for each in chosen if each not in MEASURES]
