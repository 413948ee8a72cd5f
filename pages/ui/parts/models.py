"""Loading models, fetching weights, and what a model predicts."""

from __future__ import annotations

import streamlit as st

from core.errors import MissingWeights, SeeWhyError
from core.files import downloads
from core.models import catalog
from core.models.catalog_entry import Entry
from core.models.files import missing
from core.models.reference import reference_of
from core.models.uploads import Own
from core.requests.keys import key_of
from core.requests.loading import DownloadRequest, SummaryRequest
from core.requests.maps import PredictionRequest
from core.requests.references import ModelRef
from core.work.handlers.maps import Prediction
from core.work.handlers.models import ModelSummary
from pages.ui.parts import jobs, visit
from pages.ui.parts.text import escape


def own_models() -> dict[str, Own]:
    """Return the models that this visit brought along, by title."""
    return visit.current().models()


def reference(model: str, device_name: str = "auto") -> ModelRef | None:
    """Return what requests call a model, or show what is wrong with it.

    Args:
        model: an id from the catalogue, or the title of one of this visit's own models.
        device_name: as `core.models.device.pick` takes it.
    """
    own = own_models().get(model)
    try:
        if own is None:
            asked = reference_of(model, device_name)
            jobs.resources().offer_model(asked)
            return asked
        return own_reference(own, device_name)
    except MissingWeights:
        _offer_download(catalog.find(model))
    except SeeWhyError as error:
        st.error(escape(str(error)))
    return None


def own_reference(own: Own, device_name: str = "auto") -> ModelRef:
    """Return what requests call a person's own weights.

    Raises:
        SeeWhyError: a file cannot be read, or a change is outside its range.
    """
    for path in filter(None, (own.path, own.labels)):
        jobs.resources().offer_file(path)
    return reference_of(own.base, device_name, own.path, own.labels, own.changes)


def summary(model: str, device_name: str = "auto") -> ModelSummary | None:
    """Return what there is to know about a model; show its loading until it is there.

    Args:
        model: an id from the catalogue, or the title of one of this visit's own models.
        device_name: as `core.models.device.pick` takes it.
    """
    asked = reference(model, device_name)
    if asked is None:
        return None
    job = jobs.submit(SummaryRequest(model=asked))
    return job.result() if jobs.watch([job]) else None


def choose_model(model: str) -> None:
    """Choose a model at the next run; its weights are fetched where they are not on disk."""
    st.session_state["wanted_model"] = model
    if catalog.status(catalog.find(model)).state == "downloadable":
        st.session_state["download"] = _download_key(catalog.find(model))


def _download_key(entry: Entry) -> str:
    return key_of(DownloadRequest(what="weights", name=entry.id))


def _offer_download(entry: Entry) -> None:
    """Say which file to put where, with a button that fetches it; once pressed, the progress."""
    key = _download_key(entry)
    if not entry.url or st.session_state.get("download") != key:
        advice = str(missing(entry)) if downloads.allowed() else downloads.refusal(entry.title)
        st.info(escape(advice))
        if not entry.url or not downloads.allowed():
            return
        st.button(
            f"Download {entry.size_mb:.0f} MB" if entry.size_mb else "Download",
            key="download_button",
            on_click=st.session_state.__setitem__,
            args=("download", key),
        )
        return
    if jobs.watch([jobs.submit(DownloadRequest(what="weights", name=entry.id))]):
        del st.session_state["download"]
        st.rerun()


def prediction(request: PredictionRequest) -> Prediction | None:
    """Return what a model says about a picture, None until it does."""
    job = jobs.submit(request)
    return job.result() if jobs.watch([job], quiet=True) else None
