"""The pictures of a visit: built in, of the server's folder, and what a person brought along.

A visit holds references; the pixels lie in the process's cache and the files on its disk, both
bounded in bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import BadPicture, SeeWhyError
from core.files import uploads as upload_files
from core.pictures import built_in as samples
from core.pictures import server_folder
from core.pictures.picture import Picture
from core.requests.loading import ArchiveRequest, FileRequest
from core.requests.references import PictureRef
from core.work.handlers.pictures import Unpacked
from core.work.visits import SHARED_PREFIX, StoredPicture
from pages.ui.parts import history, jobs, visit
from pages.ui.parts.text import escape

ZIP = ".zip"
"""Ending of files that hold pictures."""
ON_SERVER = "folder/"
"""Before the name of a picture in the server's folder."""


def uploads() -> dict[str, PictureRef]:
    """Return the pictures of this visit by name; they outlive the control that took them."""
    return {name: each.reference for name, each in visit.current().pictures().items()}


def _keep(file: UploadedFile) -> bool:
    """Decode an uploaded file once, keep it and choose it; return whether it is new."""
    seen: dict[str, str] = st.session_state.setdefault("uploads_seen", {})
    if file.file_id in seen:
        return False
    seen[file.file_id] = ""
    try:
        path = upload_files.keep(file.getvalue(), file.name)
        jobs.resources().offers.add(path.parent.name, lambda: path)
        if file.name.lower().endswith(ZIP):
            _keep_archive(path, file.name)
            return True
        request = FileRequest(origin="upload", name=file.name, digest=path.parent.name)
        reference: PictureRef = jobs.finished(request)
    except SeeWhyError as error:
        seen[file.file_id] = str(error)
        return True
    picture = StoredPicture(reference, path)
    name = visit.current().add_picture(picture, _reserved())
    choose(name)
    return True


def _keep_archive(path: Path, name: str) -> None:
    """Keep the pictures of a ZIP file, and where each lies in it: folders may be called as classes.

    Raises:
        SeeWhyError: no ZIP file, or one without pictures.
    """
    request = ArchiveRequest(name=name, digest=path.parent.name)
    found: tuple[Unpacked, ...] = jobs.finished(request)
    kept = ""
    for each in found:
        picture = StoredPicture(each.reference, each.file, each.place)
        kept = visit.current().add_picture(picture, _reserved())
    if kept:
        choose(kept)


def places() -> dict[str, str]:
    """Return where the pictures of this visit lay in a ZIP file, by name; empty for the others."""
    return {name: each.place for name, each in visit.current().pictures().items()}


def keep_uploads(files: Sequence[UploadedFile]) -> list[UploadedFile]:
    """Decode files that have just come; return these, with those that were refused."""
    return [file for file in files if _keep(file)]


def choose(name: str) -> None:
    """Choose a picture at the next run; a control's own value cannot change after it is drawn."""
    st.session_state["wanted_picture"] = name
    forget_notice()


def find(linked: str) -> str | None:
    """Return the name of the picture that a link means; None where this visit has none.

    A picture that another visitor shares becomes one of this visit.

    Args:
        linked: what stands in the address: a title, a name, or the id of a shared picture.
    """
    by_title = {each: key for key, each in titles().items()}
    if linked in by_title or linked in names():
        return by_title.get(linked, linked)
    picture = visit.visits().shared(linked)
    if picture is None:
        return None
    return visit.current().receive(linked, picture, _reserved())


def follow_link() -> None:
    """Open what the address names before its control is drawn; what is not there is said once."""
    if history.just_arrived():
        forget_notice()
    linked = st.query_params.get("picture", "")
    if not linked or "picture" in st.session_state:
        return
    name = find(linked)
    if name is None:
        st.session_state["lost"] = (
            "The picture of this link is shared no longer: ask for it again."
            if linked.startswith(SHARED_PREFIX)
            else f"{linked[:80]} belongs to another visitor, who has not shared it by this link: "
            "upload it, or ask for a link copied after sharing."
        )
    elif title(name) != linked and name != linked:
        st.query_params["picture"] = name
        st.rerun()


def notice() -> None:
    """Say what a link asked for in vain, until another picture is chosen or the page is left."""
    if lost := st.session_state.get("lost"):
        st.info(escape(lost))


def forget_notice() -> None:
    """Say no more of what a link asked for."""
    st.session_state.pop("lost", None)


def _reserved() -> set[str]:
    """Names that a visitor's own pictures must not have."""
    return {*titles(), *titles().values()}


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


def on_server() -> tuple[str, ...]:
    """Return the names of the pictures in the server's folder; none where it cannot be read."""
    try:
        return tuple(f"{ON_SERVER}{name}" for name in server_folder.names())
    except BadPicture:
        return ()


def warn_unreadable() -> None:
    """Say it where the server's folder cannot be read."""
    try:
        server_folder.names()
    except BadPicture as error:
        st.warning(escape(str(error)))


def title(name: str) -> str:
    """Return what a picture is called on the page."""
    return titles().get(name, name)


def names() -> tuple[str, ...]:
    """Return what can be picked: built in, this visit's own, the server's folder."""
    return (*titles(), *uploads(), *on_server())


def load(name: str) -> Picture:
    """Return the picture of a name from `names`.

    Raises:
        BadPicture: its file is gone or damaged.
    """
    if name in titles():
        picture = samples.load(name)
        jobs.resources().offer_picture(picture, lambda: samples.load(name))
        return picture
    return jobs.resources().picture(reference(name))


def reference(name: str) -> PictureRef:
    """Return the picture of a name from `names` as requests have it.

    Raises:
        BadPicture: its file is gone or damaged.
    """
    own = uploads().get(name)
    if own is not None:
        return own
    if not name.startswith(ON_SERVER):
        return PictureRef.of(load(name))
    file = name.removeprefix(ON_SERVER)
    request = FileRequest(origin="server", name=file, digest=server_folder.version(file))
    made: PictureRef = jobs.finished(request)
    return made


def version(name: str) -> str:
    """Return what changes with the content of the picture of a name from `names`.

    Raises:
        BadPicture: its file is gone.
    """
    if name.startswith(ON_SERVER):
        return f"{name} {server_folder.version(name.removeprefix(ON_SERVER))}"
    own = uploads().get(name)
    return own.digest if own is not None else name
