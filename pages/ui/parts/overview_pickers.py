"""What only the overview has: thumbnails, upload, camera, download of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import streamlit as st

from core.errors import SeeWhyError
from core.figures.drawing.pictures import data_uri, telling_square
from core.files import downloads
from core.files.uploads import HOURS
from core.files.web import is_safe
from core.models import catalog
from core.pictures import built_in
from core.pictures.kinds import ACCEPTED
from core.pictures.limits import MAX_BYTES, stated
from core.pictures.picture import Picture
from pages.ui.parts import models, thumbnails, visit_pictures
from pages.ui.parts.text import counted, escape

THUMB = 92
SHOWN = 30
"""Thumbnails at a time: each picture of the server's folder is decoded for the first who looks."""
NAME = 12
"""Characters of a file name that fit under a thumbnail."""
NO_CAMERA = (
    "Browsers give the camera only to pages opened with https or on the computer itself, and this "
    "page was opened with http: upload a photo instead, or ask the owner of this server for https."
)
LARGER = "resnet50"
"""Offered next to the small models that come with SeeWhy."""


def pictures(chosen: Picture) -> None:
    """Offer thumbnails, files and the camera."""
    name, own = st.session_state["kept_picture"], visit_pictures.own_pictures()
    ways = {"Built in": visit_pictures.built_in(), "Upload": own, "Camera": own}
    if folder := visit_pictures.on_server():
        ways["Server folder"] = folder
    _follow(name, ways)
    way = (
        st.segmented_control(
            "From", tuple(ways), required=True, key="from", label_visibility="collapsed"
        )
        or "Built in"
    )
    if way == "Upload":
        files()
    elif way == "Camera":
        camera()
    _thumbnails(ways[way], name)
    for note in chosen.notes:
        st.caption(escape(note))


def _follow(name: str, ways: Mapping[str, Sequence[str]]) -> None:
    """Show the group of the chosen picture when the page opens or another is chosen elsewhere."""
    way: str = st.session_state.get("from", "")
    is_other = st.session_state.get("from_of", name) != name
    st.session_state["from_of"] = name
    if way not in ways or (is_other and name not in ways[way]):
        st.session_state["from"] = next(each for each, names in ways.items() if name in names)


def files() -> None:
    """Take files; more than one at once."""
    # Any suffix: a file that is no picture gets the sentence that says what to do with it.
    given = st.file_uploader(
        f"Seen by you alone unless you share them; removed {HOURS:.0f} hours after their last use.",
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES >> 20,
        help=f"{ACCEPTED}, or a ZIP file of them, {stated()}",
        key="files",
    )
    for error in visit_pictures.upload_errors(given):
        st.error(escape(error))
    if visit_pictures.keep_uploads(given):
        st.rerun()


def camera() -> None:
    """Take a picture with the visitor's camera, where the browser gives it to this page.

    The address is the one in the browser, so that it is right behind a proxy too.
    """
    address = st.context.url
    if address and not is_safe(address):
        st.info(NO_CAMERA)
        return
    shot = st.camera_input("Camera", label_visibility="collapsed")
    if shot is not None and visit_pictures.keep_uploads([shot]):
        st.rerun()


def _thumbnails(names: Sequence[str], chosen: str) -> None:
    """Draw small squares, each a button; of a large folder a part until more are asked for."""
    most: int = st.session_state.get("thumbs_shown", SHOWN)
    thumbs = []
    for name in names[:most]:
        try:
            small = _small(visit_pictures.version(name), name)
        except SeeWhyError:
            continue  # choosing it in the list says why
        thumbs.append(thumbnails.Thumb(name, visit_pictures.title(name), _short(name), small))
    thumbnails.thumbnails(thumbs, chosen, visit_pictures.choose)
    if len(names) > most:
        st.button(
            f"Show more ({len(names) - most} left)",
            key="thumbs_more",
            on_click=st.session_state.__setitem__,
            args=("thumbs_shown", most + SHOWN),
        )
    credit = next((sample for sample in built_in.SAMPLES if sample.key == chosen), None)
    if credit:
        st.caption(escape(credit.description))


def _short(name: str) -> str:
    """Return as much of a title as fits under a thumbnail; of a file name, beginning and end."""
    title = visit_pictures.title(name).removeprefix(visit_pictures.ON_SERVER)
    if name in visit_pictures.built_in():
        return title.partition(" (")[0].partition(" of ")[0]
    if len(title) <= NAME:
        return title
    stem, half = PurePosixPath(title).stem, NAME // 2  # numbers stand at the end of the stem
    return stem if len(stem) <= NAME else f"{stem[:half]}\N{HORIZONTAL ELLIPSIS}{stem[-half:]}"


@st.cache_data(max_entries=1000, show_spinner=False)
def _small(version: str, _name: str) -> str:
    """Return a thumbnail as an address; the version is the key.

    Raises:
        SeeWhyError: the picture cannot be read.
    """
    pixels = visit_pictures.load(_name).pixels
    return data_uri(telling_square(pixels, 2 * THUMB), 2 * THUMB)[0]


def status(model: str) -> None:
    """Say what a person's own weights are; beside a built-in model, offer a larger one."""
    own = models.own_models()
    if model in own:
        title = catalog.find(own[model].base).title.partition(" (")[0]
        st.caption(escape(f"Your own weights in {title}."))
    elif catalog.find(model).file is not None:
        _larger()


def _larger() -> None:
    """Offer a full-size model beside a built-in one, with the size of what would be fetched."""
    entry = catalog.find(LARGER)
    status = catalog.status(entry)
    have = status.path is not None
    if not have and not downloads.allowed():
        return
    st.button(
        f"Use {entry.title.partition(' (')[0]}"
        + ("" if have else f": download {status.size_mb:.0f} MB"),
        key="larger",
        icon=":material/arrow_forward:" if have else ":material/download:",
        help=f"{counted(entry.classes, 'class')} at {entry.input_size} pixels, "
        f"top-1 {entry.top1:.1f} %.",
        on_click=models.choose_model,
        args=(entry.id,),
    )
