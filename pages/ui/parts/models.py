"""Loading models, fetching weights, and what a model predicts."""

from __future__ import annotations

import streamlit as st

from core.errors import SeeWhyError
from core.files import downloads, uploads
from core.models import catalog, device
from core.models.cache import Models
from core.models.catalog_entry import Entry
from core.models.classifier import Classifier, Fit, Guess, Prepared
from core.models.download import download
from core.models.load import load, missing
from core.models.uploads import Own
from core.pictures.picture import Picture
from core.requests.keys import content_key
from core.work.job import Job, Link
from pages.ui.parts.jobs import want, watch

LOADING = 8.0
"""Cost of loading a model: it may use the quick lane, because nothing else can start before."""


@st.cache_resource(show_spinner=False)
def models() -> Models:
    """Return the loaded models of this process."""
    return Models()


def classifier(model: str, device_name: str = "auto") -> Classifier | None:
    """Return a loaded model, or show its loading, its download button or what is wrong with it.

    Args:
        model: an id from the catalogue, or the title of one of this visit's own models.
        device_name: as `core.models.device.pick` takes it.
    """
    try:
        where = device.pick(device_name)
        own: Own | None = st.session_state.get("own", {}).get(model)
        entry = catalog.find(own.base if own else model)
    except SeeWhyError as error:
        st.error(str(error))
        return None
    status = catalog.status(entry)
    if own is None and status.state in ("downloadable", "missing"):
        _offer_download(entry)
        return None
    key = content_key(
        kind="model",
        id=entry.id,
        device=str(where),
        file=str(own.path) if own else status.digest or str(status.path),
        labels=(own.labels or b"").hex() if own else "",
    )
    path, labels = (uploads.use(own.path), own.labels) if own else (None, None)

    def work(link: Link[str]) -> str:
        link(0.0, "loading weights")
        return models().load(key, lambda: load(entry.id, where, path, labels)).id

    loaded = models().get(key)
    if loaded is None and watch([want(key, work, LOADING, title=entry.title, keep=False)]):
        loaded = models().get(key)
        if loaded is None:  # models of other visits came in the same moment and took its place
            st.rerun()
    return loaded


def choose_model(model: str) -> None:
    """Choose a model at the next run; its weights are fetched where they are not on disk."""
    st.session_state["wanted_model"] = model
    if catalog.status(catalog.find(model)).state == "downloadable":
        st.session_state["download"] = _download_key(catalog.find(model))


def _download_key(entry: Entry) -> str:
    return content_key(kind="download", id=entry.id)


def _offer_download(entry: Entry) -> None:
    """Say which file to put where, with a button that fetches it; once pressed, the progress."""
    key = _download_key(entry)
    if not entry.url or st.session_state.get("download") != key:
        st.info(str(missing(entry)) if downloads.allowed() else downloads.refusal(entry.title))
        if not entry.url or not downloads.allowed():
            return
        st.button(
            f"Download {entry.size_mb:.0f} MB",
            key="download_button",
            on_click=st.session_state.__setitem__,
            args=("download", key),
        )
        return
    job = want(
        key,
        lambda link: str(download(entry, link)),
        entry.size_mb,
        title=f"Download of {entry.title}",
        lane="network",
        keep=False,
    )
    if watch([job]):
        del st.session_state["download"]
        st.rerun()


def predicting(classifier: Classifier, prepared: Prepared) -> Job[tuple[Guess, ...]]:
    """Ask for the five best guesses of one picture."""
    key = _prediction_key(classifier, prepared.picture, prepared.fit)
    return want(key, lambda link: classifier.predict(prepared), 1, title="The prediction")


def _prediction_key(classifier: Classifier, picture: Picture, fit: Fit) -> str:
    return content_key(
        kind="prediction",
        picture=picture.sha256,
        fit=fit,
        model=classifier.id,
        weights=classifier.digest,
        names=classifier.names,
        device=str(classifier.device),
    )


def prediction(
    classifier: Classifier, picture: Picture, fit: Fit
) -> tuple[Prepared, tuple[Guess, ...]]:
    """Return the picture as the model sees it, and its five best guesses, none until they come."""
    key = _prediction_key(classifier, picture, fit)
    held: tuple[str, int, Prepared] | None = st.session_state.get("prepared")
    if held is None or held[:2] != (key, id(classifier)):
        held = (key, id(classifier), classifier.prepare(picture, fit))
        st.session_state["prepared"] = held
    prepared = held[2]
    job = predicting(classifier, prepared)
    return prepared, job.result() if watch([job], quiet=True) else ()
