"""The pictures of a visit: the built-in ones, and those that a person brought along.

A visit holds references; the pixels lie in the process's cache and the files on its disk, both
bounded in bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import SeeWhyError
from core.files import uploads as upload_files
from core.pictures import built_in as samples
from core.pictures.picture import Picture
from core.requests.loading import FileRequest
from core.requests.references import PictureRef
from pages.ui.parts import jobs

UPLOADS = 24
"""Pictures kept for a visit; the oldest goes first."""


def uploads() -> dict[str, PictureRef]:
    """Return the pictures of this visit by name; they outlive the control that took them."""
    pictures: dict[str, PictureRef] = st.session_state.setdefault("uploads", {})
    return pictures


def _keep(file: UploadedFile) -> bool:
    """Decode an uploaded file once, keep it and choose it; return whether it is new."""
    seen: dict[str, str] = st.session_state.setdefault("uploads_seen", {})
    if file.file_id in seen:
        return False
    seen[file.file_id] = ""
    try:
        path = upload_files.keep(file.getvalue(), file.name)
        jobs.resources().offers.add(path.parent.name, lambda: path)
        request = FileRequest(origin="upload", name=file.name, digest=path.parent.name)
        reference: PictureRef = jobs.finished(request)
    except SeeWhyError as error:
        seen[file.file_id] = str(error)
        return True
    pictures = uploads()
    name, number = reference.name, 1
    while name in pictures or name in titles().values():
        number += 1
        name = f"{reference.name} ({number})"
    while len(pictures) >= UPLOADS:
        pictures.pop(next(iter(pictures)))
    pictures[name] = reference
    st.session_state["wanted_picture"] = name
    return True


def keep_uploads(files: Sequence[UploadedFile]) -> bool:
    """Decode files that have just come; return whether there were any."""
    return sum(_keep(file) for file in files) > 0


def choose(name: str) -> None:
    """Choose a picture at the next run; a control's own value cannot change after it is drawn."""
    st.session_state["wanted_picture"] = name
    st.session_state.pop("lost", None)


def upload_errors(files: Sequence[UploadedFile]) -> list[str]:
    """Return why files that are still in the control were refused."""
    seen: dict[str, str] = st.session_state.get("uploads_seen", {})
    return [seen[file.file_id] for file in files if seen.get(file.file_id)]


def titles() -> dict[str, str]:
    """Return what the built-in pictures are called, by key."""
    return {sample.key: sample.title for sample in samples.SAMPLES}


def own_pictures() -> tuple[str, ...]:
    """Return the names of this visit's own pictures, the newest first."""
    return tuple(reversed(uploads()))


def built_in() -> tuple[str, ...]:
    """Return the keys of the built-in pictures."""
    return tuple(titles())


def title(name: str) -> str:
    """Return what a picture is called on the page."""
    return titles().get(name, name)


def names() -> tuple[str, ...]:
    """Return what can be picked: the built-in pictures, then this visit's own."""
    return (*titles(), *uploads())


def load(name: str) -> Picture:
    """Return the picture of a name from `names`.

    Raises:
        BadPicture: its file is gone; it has to be uploaded again.
    """
    own = uploads().get(name)
    if own is not None:
        return jobs.resources().picture(own)
    picture = samples.load(name)
    jobs.resources().offer_picture(picture, lambda: samples.load(name))
    return picture
