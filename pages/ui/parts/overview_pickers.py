"""What only the overview has: thumbnails, upload, camera, download of weights."""

from __future__ import annotations

import streamlit as st

from core import Pixels
from core.figures.drawing.pictures import in_square
from core.files import downloads
from core.files.web import is_safe
from core.models import catalog
from core.models.uploads import Own
from core.pictures import built_in
from core.pictures.kinds import ACCEPTED
from core.pictures.limits import MAX_BYTES, MAX_DECLARED, MAX_PIXELS
from core.pictures.picture import Picture
from pages.ui.parts import models, visit_pictures
from pages.ui.parts.text import counted, escape

THUMB = 92
NAME = 12
"""Characters of a file name that fit under a thumbnail."""
NO_CAMERA = (
    "Browsers give the camera only to pages opened with https or on the computer itself, and this "
    "page was opened with http: upload a photo instead, or ask the owner of this server for https."
)
_LIMITS = (
    f"{ACCEPTED}, up to {MAX_BYTES >> 20} MB and {MAX_PIXELS // 10**6} megapixels; JPEG, and PNG "
    f"with 8 bits a channel, up to {MAX_DECLARED // 10**6} megapixels."
)
"""What is said beside the upload control."""
LARGER = "resnet50"
"""Offered next to the small models that come with SeeWhy."""


def pictures(chosen: Picture) -> None:
    """Offer thumbnails, files and the camera."""
    ways = ("Built in", "Upload", "Camera")
    way = st.segmented_control(
        "From", ways, default=ways[0], required=True, key="from", label_visibility="collapsed"
    )
    if way == "Upload":
        files()
    elif way == "Camera":
        camera()
    names = visit_pictures.own_pictures() if way != "Built in" else visit_pictures.built_in()
    _thumbnails(names, chosen)


def files() -> None:
    """Take files; more than one at once."""
    # Any suffix: a file that is no picture gets the sentence that says what to do with it.
    given = st.file_uploader(
        "Pictures stay on this server and are forgotten when you leave.",
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES >> 20,
        help=_LIMITS,
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


def _thumbnails(names: tuple[str, ...], chosen: Picture) -> None:
    """Draw small squares with a button under each."""
    with st.container(horizontal=True, gap="xsmall", key="thumbnails"):
        for number, name in enumerate(names):
            picture = visit_pictures.load(name)
            with st.container(width=THUMB, gap="xxsmall"):
                st.image(_small(picture.sha256, picture), width="stretch")
                st.button(
                    _short(visit_pictures.title(name)),
                    key=f"pick{number}",
                    on_click=visit_pictures.choose,
                    args=(name,),
                    type="primary" if picture.sha256 == chosen.sha256 else "secondary",
                    width="stretch",
                    help=name if len(name) > NAME and name in visit_pictures.uploads() else None,
                )
    credit = next(
        (s for s in built_in.SAMPLES if visit_pictures.load(s.key).sha256 == chosen.sha256), None
    )
    if credit:
        st.caption(escape(credit.description))
    for note in chosen.notes:
        st.caption(escape(note))


def _short(title: str) -> str:
    """Return as much of a title as fits under a thumbnail."""
    return title.partition(" (")[0].partition(" of ")[0]


@st.cache_data(max_entries=200, show_spinner=False)
def _small(digest: str, _picture: Picture) -> Pixels:
    """Return a thumbnail; the digest is the key."""
    return in_square(_picture.pixels, 2 * THUMB)


def status(model: str) -> None:
    """Say what a person's own weights are; beside a built-in model, offer a larger one."""
    own: dict[str, Own] = st.session_state.get("own", {})
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
