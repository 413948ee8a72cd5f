"""The dissections that can be chosen: those that come with SeeWhy, of this machine, of the visit.

Of this machine only those are listed that show nothing of another person: dissections of models of
the catalogue with pictures and words that everybody has, and of the visitor's own weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import streamlit as st

from core.concepts.probes import published
from core.concepts.probes.open import BUILT_IN
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.concepts.run.library import Finished
from core.errors import BadLabels, UnknownModel
from core.models import catalog
from core.models.catalog_entry import RANDOM
from core.models.reference import preprocess_of
from core.models.uploads import Own
from core.requests.references import LOCAL_FORMS, ModelRef
from core.work.concept_resources import ENCODERS_WORDS, OUR_WORDS
from pages.ui.parts import models

MOST = 6
"""Dissections that a visit holds in memory; the oldest goes first and is still found on disk."""


def _made() -> dict[str, Dissection]:
    """Return the dissections that this visit has made or came with, by name."""
    made: dict[str, Dissection] = st.session_state.setdefault("dissected", {})
    return made


def remember(name: str, dissection: Dissection) -> None:
    """Keep a dissection for this visit.

    Args:
        name: from `library.name_of`.
        dissection: finished.
    """
    made = _made()
    made[name] = dissection
    while len(made) > MOST:
        made.pop(next(iter(made)))


def follow(name: str) -> bool:
    """Take up a dissection that a link names; return whether it is there."""
    if name not in listed():
        linked = library.find(name, disk_blocks.default_root())
        if linked is None or library.describe(name, linked) is None:
            return False
        remember(name, linked)
    return True


def listed() -> dict[str, Finished]:
    """Return what can be chosen, by name; those that come with SeeWhy first, the newest last."""
    own = models.own_models().values()
    found = {
        each.name: each
        for each in library.finished(disk_blocks.default_root())
        if each.name in _made() or _is_open(each, own)
    }
    for name, made in _made().items():
        if name not in found and (each := library.describe(name, made)) is not None:
            found[name] = each
    return found


def _is_open(each: Finished, own: Iterable[Own]) -> bool:
    """Tell whether a dissection shows nothing that this visitor may not see."""
    request = each.request
    if request.probes.name not in (BUILT_IN, *published.SETS):
        return False
    if request.words.name not in (ENCODERS_WORDS, OUR_WORDS):
        return False
    if request.model.source == "own_file":
        return any(request.model.weights == one.digest for one in own)
    if request.model.source in LOCAL_FORMS and request.model.weights_name:
        return request.model.weights == _digest(request.model.id)
    return True


def load(name: str) -> Dissection | None:
    """Return one of `listed`; None where it has gone meanwhile."""
    made = _made()
    if name in made:
        return made[name]
    try:
        return _loaded(name)
    except BadLabels:
        return None


@st.cache_resource(max_entries=12, show_spinner=False)
def _loaded(name: str) -> Dissection:
    found = library.find(name, disk_blocks.default_root())
    if found is None:
        raise BadLabels(f"The dissection {name} is not on this server any more.")
    return found


def of_model(model: str, found: Mapping[str, Finished]) -> list[str]:
    """Return the names of a model's dissections, the newest last.

    Args:
        model: an id from the catalogue, or the title of one of this visit's own models.
        found: from `listed`.
    """
    return [name for name, each in found.items() if is_of(each.request.model, model)]


def is_of(reference: ModelRef, model: str) -> bool:
    """Return whether a reference is to a model, as `of_model` takes it."""
    if (own := models.own_models().get(model)) is not None:
        return reference.source == "own_file" and reference.weights == own.digest
    try:
        entry = catalog.find(model)
    except UnknownModel:
        return False
    return (
        reference.source != "own_file"
        and reference.id == entry.id
        and reference.weights in (_digest(model) or reference.weights,)
        and (entry.source == "own_code" or reference.preprocess == preprocess_of(entry))
    )


def _digest(model: str) -> str:
    """Return the digest of a model's weights as references have it; empty without weights."""
    try:
        entry = catalog.find(model)
    except UnknownModel:
        return ""
    return RANDOM if entry.weights_name == RANDOM else catalog.status(entry).digest or ""


def control_in(name: str, found: Mapping[str, Finished]) -> str:
    """Return the newest dissection of the same network, untrained, with the same settings.

    Args:
        name: of a dissection.
        found: from `listed`.

    Returns:
        Empty where there is none.
    """
    trained = found[name].request
    names = [other for other, each in found.items() if library.is_control(each.request, trained)]
    return names[-1] if names else ""


def others(name: str, found: Mapping[str, Finished]) -> list[str]:
    """Return what a dissection is best compared with: other ones with the same words, by name."""
    words, encoder = found[name].request.words, found[name].request.encoder
    return [
        other
        for other, each in found.items()
        if other != name
        and each.request.words.digest == words.digest
        and each.request.encoder.weights == encoder.weights
    ]


def model_title(each: Finished) -> str:
    """Return what people call the model of a dissection; own weights by their file."""
    model = each.request.model
    own = models.own_models() if model.source == "own_file" else {}
    return next((title for title, one in own.items() if one.digest == model.weights), each.title)


def title_of(model: ModelRef) -> str:
    """Return what people call a model that may have no dissection yet."""
    if model.source == "own_file":
        for title, own in models.own_models().items():
            if own.digest == model.weights:
                return title
    try:
        return catalog.find(model.id).title
    except UnknownModel:
        return model.id


def titles(found: Mapping[str, Finished]) -> dict[str, str]:
    """Return what each dissection is called in pickers, by name; no two are called the same.

    Layers are named where a model has several dissections, and names where these have the same.
    """
    own = {name: model_title(each) for name, each in found.items()}
    for more in (_layers, lambda each: each.name[:4]):
        counts = Counter(own.values())
        own = {
            name: title if counts[title] == 1 else f"{title} · {more(found[name])}"
            for name, title in own.items()
        }
    return own


def _layers(each: Finished) -> str:
    layers = each.request.layers
    return ", ".join(layers) if len(layers) < 3 else f"{len(layers)} layers"
