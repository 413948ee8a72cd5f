"""A new dissection: what is asked, how long it will take, how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.concepts import vocabulary
from core.concepts.encoders import clip_weights
from core.concepts.encoders import load as encoders
from core.concepts.encoders.encoder import Encoder
from core.concepts.probes import published
from core.concepts.probes.open import BUILT_IN, open_probes, state_of
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.probes.uploaded import from_upload
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.concepts.run.dissect import Estimate, Request, estimate, words_for
from core.concepts.run.similarity import SIMILARITIES
from core.concepts.vocabulary import Vocabulary
from core.errors import SeeWhyError
from core.files import downloads
from core.models import device
from core.models.classifier import Classifier
from core.models.readout import POOLS, Pool
from core.pictures.server_folder import folder
from core.requests.keys import content_key
from core.work.handlers.models import LOADING
from pages.ui.concepts import chooser, running
from pages.ui.parts import jobs, models, pickers
from pages.ui.parts.text import escape

T = TypeVar("T")

OWN_FILE, ON_SERVER = "own file (ZIP or Parquet)", "the server's folder"
OWN_WORDS, ENCODERS_WORDS, OUR_WORDS = "own words", "the encoder's own", "SeeWhy's list"
SETS = {"built in": BUILT_IN} | {set_.title: name for name, set_ in published.SETS.items()}
KEEP: dict[str, Any] = {"persist_state": "session"}
"""Choices outlive a look at another view; they are too long for the address."""
HELD = 2
"""Encoders in memory at a time: CLIP's take half a gigabyte."""


def control(dissection: Dissection) -> None:
    """Prepare the same dissection of the network with random weights."""
    record: Mapping[str, Any] = dissection.record
    base = str(record["model"]["id"]).partition(":")[0]
    st.session_state["wanted_model"] = f"{base}:random"
    layers = [units.layer for units in dissection.layers]
    st.session_state.setdefault("run_layers", {})[f"{base}:random"] = layers
    st.session_state["wanted_view"] = chooser.RUN


def shown(below: DeltaGenerator) -> None:
    """Ask what to dissect, say how long it takes, start it and show how far it is."""
    with below:
        model, where = pickers.model(), pickers.device_name()
    summary = models.summary(model, where)
    if summary is None:
        return
    classifier = jobs.resources().classifier(summary.reference)
    left, right = st.columns(2, gap="large")
    with left:
        layers = _layers(classifier)
        probes = _probes()
        pool = st.segmented_control(
            "Pooling over positions", POOLS, default="mean", required=True, key="run_pool",
            **KEEP, format_func=str.capitalize,
        )  # fmt: skip
    with right:
        encoder = _encoder(where)
        given = _words()
        similarity = st.selectbox(
            "Similarity", tuple(SIMILARITIES), key="run_similarity", **KEEP,
            index=list(SIMILARITIES).index("soft_wpmi"),
            help="How a unit's activations are compared with how well a word fits the pictures.",
        )  # fmt: skip
    with st.expander("Chance"):
        draws = st.number_input(
            "Random draws for significance, at least",
            20,
            1_000_000,
            1000,
            100,
            key="draws",
            **KEEP,
            help="Wide layers get more by themselves: 40 for each unit.",
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="run_seed", **KEEP)
    if encoder is None or probes is None or given is None or not layers:
        return
    try:
        request = Request(
            classifier=classifier,
            layers=tuple(layers),
            encoder=encoder,
            probes=probes,
            vocabulary=given if given.words else words_for(encoder),
            similarity=similarity,
            pool=_pool(pool),
            draws=int(draws),
            seed=int(seed),
        )
        name = library.name_of(request)
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return
    _offer(request, name)


def _pool(name: str | None) -> Pool:
    return "max" if name == "max" else "mean"


def _offer(request: Request, name: str) -> None:
    """Say how long it will take, and offer to start."""
    if name == running.name():
        return  # its line stands above, with Stop or Start again
    root = disk_blocks.default_root()
    trial = jobs.want(
        content_key(kind="estimate", name=name, tries=running.tries()),
        lambda link: estimate(request, root),
        LOADING,
        title="The estimate",
    )
    if not jobs.watch([trial]):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Start",
            type="primary",
            on_click=running.start,
            args=(name, request),
            key="dissect_start",
        )
        st.markdown(escape(_words_of(trial.result(), request)))


def _words_of(found: Estimate, request: Request) -> str:
    """Say what a dissection takes."""
    pictures = f"{len(request.probes):,} pictures ({request.probes.name})"
    layers = f"{len(request.layers)} layer{'s' * (len(request.layers) != 1)}"
    what = f"{pictures}, {len(request.vocabulary.words):,} words, {layers}"
    if found.seconds == 0:
        return f"{what}: already computed."
    seen = f", {found.of - found.pictures:,} of the pictures already done" * (
        found.pictures < found.of
    )
    return f"{what}: {jobs.seconds(found.seconds)}{seen}."


def _layers(classifier: Classifier) -> list[str]:
    """Pick layers; any module that runs once may be typed."""
    offered = [*(layer.path for layer in classifier.layers()), *classifier.heads]
    key = f"run_layers {classifier.id}"
    wanted = st.session_state.get("run_layers", {}).get(classifier.id, [classifier.default_layer])
    offered += [path for path in wanted if path not in offered]
    return st.multiselect(
        "Layers", offered, default=wanted, key=key, accept_new_options=True, **KEEP,
        help="Any module path may be typed; all layers are read in one pass.",
    )  # fmt: skip


def _encoder(where: str) -> Encoder | None:
    """Pick what names the concepts; None while it is not loaded."""
    spec = st.selectbox(
        "Label with", encoders.names(), key="run_encoder", **KEEP,
        format_func=lambda name: "embedded mini encoder, not CLIP" if name == encoders.EMBEDDED
        else name.removeprefix(clip_weights.OPEN_CLIP) + " (OpenCLIP)",
    )  # fmt: skip
    held = _held()
    key = content_key(kind="encoder", spec=spec, device=where)
    if key in held:
        return held[key]
    ready, size = encoders.is_ready(spec), encoders.download_mb(spec)
    if not ready and not downloads.allowed():
        st.info(escape(downloads.refusal(spec.removeprefix(clip_weights.OPEN_CLIP))))
        return None
    if not ready and st.session_state.get("fetch_encoder") != key:
        st.button(
            f"Download {size} MB" if size else "Download", key="encoder_button",
            on_click=st.session_state.__setitem__, args=("fetch_encoder", key),
            icon=":material/download:",
        )  # fmt: skip
        return None

    def load(tick: Callable[[float, str], None]) -> str:
        found = encoders.load(spec, device=device.pick(where), allow_download=not ready, tick=tick)
        for old in list(held)[: max(0, len(held) - HELD + 1)]:
            held.pop(old, None)  # another worker may have been quicker
        held[key] = found
        return key

    # Not kept with the results: an encoder that had to make room must be loaded again.
    loaded = _fetched(key, load, "The encoder", network=not ready, keep=False)
    return held.get(key) if loaded else None


@st.cache_resource(show_spinner=False)
def _held() -> dict[str, Encoder]:
    """Return the loaded encoders of this process."""
    return {}


def _probes() -> ProbeSet | None:
    """Pick the pictures that are shown; None while they are not there."""
    names = [*SETS, OWN_FILE, *([ON_SERVER] if folder() else [])]
    chosen = st.selectbox("Probe pictures", names, key="run_probes", **KEEP)
    if chosen == OWN_FILE:
        file = st.file_uploader("ZIP or Parquet", type=["zip", "parquet"], key="run_file")
        if file is None:
            st.caption("Pictures in a ZIP file, or a Parquet file with a column `image`.")
            return None
        return _uploaded(file)
    spec = str(folder()) if chosen == ON_SERVER else SETS[chosen]
    try:
        state = _state(spec)
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
    key = content_key(kind="probes", spec=spec, state=state)
    missing = spec in published.SETS and not published.on_disk(spec)
    if missing and not downloads.allowed():
        st.info(escape(downloads.refusal(chosen)))
        return None
    if missing and st.session_state.get("fetch_probes") != key:
        st.button(
            f"Download about {published.SETS[spec].size_mb} MB", key="probes_button",
            on_click=st.session_state.__setitem__, args=("fetch_probes", key),
            icon=":material/download:",
        )  # fmt: skip
        return None
    return _fetched(
        key, lambda tick: open_probes(spec, allow_download=missing), "The probe pictures",
        network=missing,
    )  # fmt: skip


@st.cache_data(ttl=5.0, max_entries=8, show_spinner=False)
def _state(spec: str) -> str:
    """Return what differs once the pictures of a folder must be opened again."""
    return state_of(spec)


def _uploaded(file: UploadedFile) -> ProbeSet | None:
    """Return the pictures of an uploaded file, which go with the visit."""
    held: tuple[str, ProbeSet] | None = st.session_state.get("uploaded_probes")
    if held is not None and held[0] == file.file_id:
        return held[1]
    data, title = file.getvalue(), file.name
    key = content_key(kind="probes", file=file.file_id)
    found = _fetched(key, lambda tick: from_upload(data, title), "The probe pictures", keep=False)
    if found is not None:
        st.session_state["uploaded_probes"] = (file.file_id, found)
    return found


def _fetched(
    key: str, work_: Callable[[Callable[[float, str], None]], T], title: str, *,
    network: bool = False, keep: bool = True,
) -> T | None:  # fmt: skip
    """Do what takes a while before anything can start; None until it is there."""
    job = jobs.want(
        key, lambda link: work_(link), LOADING, title=title,
        lane="network" if network else "compute", keep=keep,
    )  # fmt: skip
    return job.result() if jobs.watch([job]) else None


def _words() -> Vocabulary | None:
    """Pick the words; one without any stands for the encoder's own, None while none are given."""
    chosen = st.selectbox("Words", (ENCODERS_WORDS, OUR_WORDS, OWN_WORDS), key="run_words", **KEEP)
    if chosen == ENCODERS_WORDS:
        return Vocabulary("", ())
    if chosen == OUR_WORDS:
        return vocabulary.built_in()
    text = st.text_area("One a line", key="run_text", **KEEP, height=120)
    file = st.file_uploader("or a text file", type=["txt", "csv"], key="run_words_file")
    try:
        if file is not None:
            return vocabulary.decode(file.getvalue(), file.name)
        return vocabulary.parse(text, "pasted words") if text and text.strip() else None
    except SeeWhyError as error:
        st.error(escape(str(error)))
        return None
