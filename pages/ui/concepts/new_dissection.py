"""A new dissection: what is asked, how long it will take, how far it is."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.concepts import vocabulary
from core.concepts.encoders import clip_weights, word_bank
from core.concepts.encoders import load as encoders
from core.concepts.probes import published
from core.concepts.probes.open import BUILT_IN, state_of
from core.concepts.run import library
from core.concepts.run.dissect import Estimate
from core.errors import SeeWhyError
from core.files import downloads, uploads
from core.pictures.server_folder import folder
from core.requests.dissections import POOLS, SIMILARITIES, DissectionRequest
from core.requests.keys import key_of
from core.requests.loading import DownloadRequest, EncoderRequest, EstimateRequest, ProbesRequest
from core.requests.references import WORD_BANK, ProbesRef, WordsRef
from core.work.concept_resources import OUR_WORDS as SEEWHY
from core.work.handlers.concepts import NamedEncoder
from core.work.handlers.models import ModelSummary
from pages.ui.concepts import running
from pages.ui.parts import jobs, models, pickers
from pages.ui.parts.text import counted, escape

OWN_FILE, ON_SERVER = "own file (ZIP or Parquet)", "the server's folder"
OWN_WORDS, ENCODERS_WORDS, OUR_WORDS = "own words", "the encoder's own", "SeeWhy's list"
SETS = {"built in": BUILT_IN} | {set_.title: name for name, set_ in published.SETS.items()}
KEEP: dict[str, Any] = {"persist_state": "session"}
"""Choices outlive a look at another view; they are too long for the address."""


def shown(model: str, below: DeltaGenerator) -> None:
    """Ask what to dissect, say how long it takes, start it and show how far it is.

    Args:
        model: in use, as the picker of models returns it.
        below: the side bar under it.
    """
    with below:
        where = pickers.device_name()
    summary = models.summary(model, where)
    if summary is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        layers = _layers(summary)
        probes = _probes()
        pool = st.segmented_control(
            "Pooling over positions",
            POOLS,
            default="mean",
            required=True,
            key="run_pool",
            format_func=str.capitalize,
            **KEEP,
        )
    with right:
        encoder = _encoder(summary, where)
        words = _words(encoder)
        similarity = st.selectbox(
            "Similarity",
            SIMILARITIES,
            key="run_similarity",
            help="How a unit's activations are compared with how well a word fits the pictures.",
            **KEEP,
        )
    with st.expander("Chance"):
        draws = st.number_input(
            "Random draws for significance, at least",
            20,
            1_000_000,
            1000,
            100,
            key="draws",
            help="Wide layers use more automatically: 40 per unit.",
            **KEEP,
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="run_seed", **KEEP)
    if encoder is None or probes is None or words is None or not layers:
        return
    _offer(
        DissectionRequest(
            model=summary.reference,
            layers=tuple(layers),
            encoder=encoder.reference,
            probes=probes,
            words=words,
            similarity=similarity,
            pool=pool or "mean",
            draws=int(draws),
            seed=int(seed),
        )
    )


def _offer(request: DissectionRequest) -> None:
    """Say how long it will take, and offer to start."""
    if library.name_of(request) == running.name():
        return  # its line stands above, with Stop or Start again
    trial = jobs.submit(EstimateRequest(dissection=request, tries=running.tries()))
    if not jobs.watch([trial]):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Start",
            type="primary",
            on_click=running.start,
            args=(request,),
            key="dissect_start",
        )
        st.markdown(escape(_sentence(trial.result(), len(request.layers))))


def _sentence(estimate: Estimate, layers: int) -> str:
    """Say what a dissection takes."""
    what = (
        f"{counted(estimate.of, 'picture')} ({estimate.probes}), "
        f"{counted(estimate.words, 'word')}, {counted(layers, 'layer')}"
    )
    if estimate.seconds == 0:
        return f"{what}: already computed."
    done = estimate.of - estimate.pictures
    seen = f", {done:,} of the pictures already done" if done else ""
    return f"{what}: {jobs.seconds(estimate.seconds)}{seen}."


def _layers(model: ModelSummary) -> list[str]:
    """Pick layers; any module that runs once may be typed."""
    offered = [*(layer.path for layer in model.layers), *model.heads]
    chosen = st.session_state.get("run_layers", {}).get(model.id, [model.default_layer])
    offered += [path for path in chosen if path not in offered]
    return st.multiselect(
        "Layers",
        offered,
        default=chosen,
        key=f"run_layers {model.id}",
        accept_new_options=True,
        help="You can type any module path; all layers are read in one pass.",
        **KEEP,
    )


def _encoder_title(spec: str) -> str:
    if spec == WORD_BANK:
        return word_bank.TITLE
    return f"{spec.removeprefix(clip_weights.OPEN_CLIP)} (OpenCLIP)"


def _encoder(model: ModelSummary, where: str) -> NamedEncoder | None:
    """Pick what names the concepts of a model; None while it is not loaded."""
    picked = st.selectbox(
        "Label with", encoders.names(), key="run_encoder", format_func=_encoder_title, **KEEP
    )
    try:
        choice = encoders.choice(picked, model.reference)
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
    spec = choice.spec
    for note in choice.notes:
        st.caption(escape(note))
    state = encoders.state_of(spec)
    if not state:
        title = spec.removeprefix(clip_weights.OPEN_CLIP)
        _download(DownloadRequest(what="encoder", name=spec), title, encoders.download_mb(spec))
        return None
    job = jobs.submit(EncoderRequest(spec=spec, device=where, state=state))
    return job.result() if jobs.watch([job]) else None


def _download(request: DownloadRequest, title: str, megabytes: int | None) -> None:
    """Offer a download; once it was asked for, show how far it is."""
    if not downloads.allowed():
        st.info(escape(downloads.refusal(title)))
        return
    slot = f"fetch_{request.what}"
    if st.session_state.get(slot) != key_of(request):
        st.button(
            f"Download about {megabytes} MB" if megabytes else "Download",
            key=f"{request.what}_button",
            on_click=st.session_state.__setitem__,
            args=(slot, key_of(request)),
            icon=":material/download:",
        )
    elif jobs.watch([jobs.submit(request)]):
        del st.session_state[slot]
        st.rerun()


def _probes() -> ProbesRef | None:
    """Pick the pictures that are shown; None while they are not there."""
    names = [*SETS, OWN_FILE, *([ON_SERVER] if folder() else [])]
    chosen = st.selectbox("Probe pictures", names, key="run_probes", **KEEP)
    try:
        if chosen == OWN_FILE:
            request = _uploaded()
        elif chosen == ON_SERVER:
            request = ProbesRequest(name=str(folder()), digest=_state(str(folder())))
        else:
            request = ProbesRequest(name=SETS[chosen])
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
    if request is None:
        return None
    if request.name in published.SETS and not published.on_disk(request.name):
        fetch = DownloadRequest(what="probes", name=request.name)
        _download(fetch, chosen, published.SETS[request.name].size_mb)
        return None
    job = jobs.submit(request)
    return job.result() if jobs.watch([job]) else None


@st.cache_data(ttl=5.0, max_entries=8, show_spinner=False)
def _state(spec: str) -> str:
    """Return what differs once the pictures of a folder must be opened again."""
    return state_of(spec)


def _uploaded() -> ProbesRequest | None:
    """Take a file of pictures, which goes with the visit."""
    file = st.file_uploader("ZIP or Parquet", type=["zip", "parquet"], key="run_file")
    if file is None:
        st.caption("Pictures in a ZIP file, or a Parquet file with a column `image`.")
        return None
    seen: tuple[str, ProbesRequest] | None = st.session_state.get("uploaded_probes")
    if seen is None or seen[0] != file.file_id:
        seen = (file.file_id, _saved(file))
        st.session_state["uploaded_probes"] = seen
    return seen[1]


def _saved(file: UploadedFile) -> ProbesRequest:
    """Write an uploaded file to the server's folder for them."""
    path = uploads.keep(file.getvalue(), file.name)
    jobs.resources().offers.add(path.parent.name, lambda: path)
    return ProbesRequest(name=file.name, digest=path.parent.name)


def _words(encoder: NamedEncoder | None) -> WordsRef | None:
    """Pick the words; None while none are given."""
    chosen = st.selectbox("Words", (ENCODERS_WORDS, OUR_WORDS, OWN_WORDS), key="run_words", **KEEP)
    if chosen == ENCODERS_WORDS:
        return encoder.words if encoder else None
    concepts = jobs.resources().concepts
    if chosen == OUR_WORDS:
        return concepts.offer_words(vocabulary.built_in(), SEEWHY)
    text = st.text_area("One a line", key="run_text", height=120, **KEEP)
    file = st.file_uploader("or a text file", type=["txt", "csv"], key="run_words_file")
    try:
        if file is not None:
            return concepts.offer_words(vocabulary.decode(file.getvalue(), file.name), file.name)
        if not text or not text.strip():
            return None
        return concepts.offer_words(vocabulary.parse(text, "pasted words"), "pasted words")
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
