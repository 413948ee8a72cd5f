"""A person's own superpixels, as a label image."""

from __future__ import annotations

import streamlit as st

from core.errors import SeeWhyError
from core.explain.perturb.label_image import read_labels
from pages.ui.parts.text import escape

LABEL_FILES = ["png", "bmp", "tif", "tiff", "gif"]


def labels() -> str:
    """Take a label image and return it as text; it is kept for the visit, the control is not."""
    file = st.file_uploader(
        "Label image of the whole picture, with one colour or grey level per superpixel",
        type=LABEL_FILES,
        key="label_file",
        max_upload_size=20,
    )
    if file is not None:
        if st.session_state.get("label_file_read", ("", ""))[0] != file.file_id:
            st.session_state["label_file_read"] = (file.file_id, _read(file.name, file.getvalue()))
        if error := st.session_state["label_file_read"][1]:
            st.error(escape(error))
    name, drawn = st.session_state.get("drawn", ("", ""))
    if drawn and file is None:
        st.caption(
            f"Using {escape(name)}. To make another one, download the superpixels of any "
            "segmentation below, edit them in a paint program, and upload the result here."
        )
    return str(drawn)


def _read(name: str, data: bytes) -> str:
    """Keep the labels of a file that has just come; return what is wrong with it, or nothing."""
    try:
        st.session_state["drawn"] = (name, read_labels(data, name))
    except SeeWhyError as error:
        return str(error)
    return ""
