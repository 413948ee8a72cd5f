"""A person's own weights on the overview: upload, what is assumed of them, and their input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.errors import SeeWhyError
from core.models import architectures, uploads
from core.models.guess import Assumed
from core.models.reference import reference_of
from core.models.uploads import Own
from core.requests.input_settings import (
    ACTIVATIONS,
    CHANNELS,
    INTERPOLATIONS,
    changed,
    numbers_text,
    size_text,
)
from core.requests.loading import CheckpointRequest, SummaryRequest
from core.requests.references import Activation, ModelRef, Preprocess
from pages.ui.parts import jobs, models, visit
from pages.ui.parts.text import escape

GUESS = "guess from the file"
PAIRS = (
    ("size", "resize"),
    ("mean", "std"),
    ("channels", "crop"),
    ("interpolation", "activation"),
)
"""Settings that stand side by side."""
LABELS = {
    "size": "Size",
    "resize": "Resize",
    "mean": "Mean",
    "std": "Standard deviation",
    "channels": "Channels",
    "crop": "As trained",
    "interpolation": "Interpolation",
    "activation": "Activation",
}
HELPS = {
    "size": "Pixels, as in 224 or 224x192 (height x width).",
    "resize": "Shorter side in pixels before the centre crop.",
    "mean": "Of colours in [0, 1]: one number, or three.",
    "std": "Of colours in [0, 1]: one number, or three.",
}
"""What is typed; all others are chosen."""
CHOICES: Mapping[str, Mapping[str, str]] = {
    "channels": {str(count): words for count, words in CHANNELS.items()},
    "crop": {"center": "centre crop", "squash": "whole picture"},
    "interpolation": {name: name for name in INTERPOLATIONS},
    "activation": {name: name for name in ACTIVATIONS},
}


def upload(model: str) -> None:
    """Take a state dict and a label file; the architecture is guessed where none is chosen."""
    # Another key is another control: a new popover is closed, a new upload control is empty.
    taken, replaced = _counted("weights_taken"), _counted("weights_replaced")
    with st.popover("Use your own weights", icon=":material/upload_file:", key=f"own{taken}"):
        # Any suffix: the first bytes tell what a file is, and the refusal names that.
        file = st.file_uploader(
            "Weights (.pth, .pt, .ckpt, .bin, .safetensors)", key=f"weights{taken or ''}"
        )
        refused, sentence = st.session_state.get("refused", ("", ""))
        if refused and (file is None or file.file_id != refused):
            # What was chosen for a refused file is not meant for the next one.
            st.session_state["weights_replaced"] = replaced = replaced + 1
            st.session_state.pop("refused")
        suffix = taken + replaced or ""
        architecture = st.selectbox(
            "Architecture",
            (GUESS, *architectures.ids()),
            key=f"architecture{suffix}",
            help="All classifiers of torchvision and timm; type to search.",
        )
        names = st.file_uploader(
            "Class names (optional)",
            key=f"labels{suffix}",
            help="One name a line, a table of id and name, or JSON (a list, id2label ...).",
        )
        if st.button("Use them", disabled=file is None) and file is not None:
            labels = names.getvalue() if names else None
            chosen = "" if architecture == GUESS else architecture
            try:
                _take(uploads.keep(file.getvalue(), file.name, chosen, labels))
            except SeeWhyError as error:
                st.session_state["refused"] = file.file_id, str(error)
            else:
                st.session_state.pop("refused", None)
                st.session_state["weights_taken"] = taken + 1
                st.rerun()
        refused, sentence = st.session_state.get("refused", ("", ""))
        if file is not None and file.file_id == refused:  # also in the runs after the click
            st.error(escape(sentence))


def _counted(key: str) -> int:
    number: int = st.session_state.setdefault(key, 0)
    return number


def _take(own: Own) -> None:
    """Let the visit have a model of its own, and choose it.

    Raises:
        SeeWhyError: the files make no model: one cannot be read, the weights fit no architecture,
            or the class names do not fit the weights.
    """
    own = replace(own, base=_assumed(own).id)
    with st.spinner("Loading the weights"):
        jobs.finished(SummaryRequest(model=models.own_reference(own)))
    visit.current().put_model(own)
    st.session_state["wanted_model"] = own.title


def _assumed(own: Own) -> Assumed:
    """Return what is assumed of a file; guesses where no architecture is known.

    Raises:
        SeeWhyError: it cannot be read, or fits none.
    """
    digest = jobs.resources().offer_file(own.path)
    request = CheckpointRequest(weights=digest, name=str(own.path), architecture=own.architecture)
    made: Assumed = jobs.finished(request)
    return made


def assumption(model: str, reference: ModelRef) -> None:
    """Say what is assumed of an own file, with what its owner changed."""
    own = models.own_models().get(model)
    if own is None:
        return
    named = own.labels is not None
    sentence = _assumed(own).sentence(reference.preprocess, reference.activation, named=named)
    st.caption(escape(sentence))


def settings(model: str) -> None:
    """Let the owner of a file change what is assumed of its input and its activation."""
    own = models.own_models().get(model)
    if own is None:
        return
    with st.expander("Input and activation", icon=":material/tune:"):
        try:
            reference = reference_of(own.architecture, "cpu", own.path)
            basis = (reference.preprocess, reference.activation)
            given = _form(own, _texts(*basis), _texts(*changed(*basis, own.changes)))
            if given is None:
                return
            changed(*basis, given)
        except SeeWhyError as error:
            st.error(escape(str(error)))
            return
        visit.current().put_model(replace(own, changes=given))
        st.rerun()


def _texts(preprocess: Preprocess, activation: Activation) -> dict[str, str]:
    """Return every setting as `changed` reads it."""
    return {
        "size": size_text(preprocess.size),
        "resize": str(preprocess.resize),
        "channels": str(preprocess.channels),
        "mean": numbers_text(preprocess.mean),
        "std": numbers_text(preprocess.std),
        "interpolation": preprocess.interpolation,
        "crop": preprocess.crop,
        "activation": activation,
    }


def _form(own: Own, assumed: dict[str, str], shown: dict[str, str]) -> tuple[str, ...] | None:
    """Draw the settings.

    Args:
        own: the file.
        assumed: every setting without changes, as text.
        shown: the same with the changes.

    Returns:
        The changes that its owner wants now; None while nothing was pressed.
    """
    suffix = f"{own.digest[:8]} {' '.join(own.changes)}"  # a changed value needs a new control
    with st.form(f"input {own.digest[:8]}", border=False):
        given = {}
        for pair in PAIRS:
            for place, name in zip(st.columns(2), pair, strict=True):
                with place:
                    given[name] = _control(name, shown[name], f"{name} {suffix}")
        with st.container(horizontal=True):
            applied = st.form_submit_button("Apply", type="primary")
            reset = st.form_submit_button("Reset", disabled=not own.changes)
    if reset:
        return ()
    before = {change.partition("=")[0] for change in own.changes}
    return (
        tuple(
            f"{name}={value}"
            for name, value in given.items()
            if (value != shown[name] or name in before)
            and (value != assumed[name] or name == "resize")
        )
        if applied
        else None
    )


def _control(name: str, value: str, key: str) -> str:
    """Draw one setting and return it as text."""
    if name in HELPS:
        typed: str = st.text_input(LABELS[name], value, key=key, help=HELPS[name])
        return typed.strip()
    words = CHOICES[name]
    chosen: str = st.selectbox(
        LABELS[name], tuple(words), tuple(words).index(value), words.__getitem__, key=key
    )
    return chosen
