"""Loading models, and fetching files from the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.concepts.encoders import load
from core.concepts.probes import published
from core.explain.abilities import Abilities, abilities
from core.explain.methods import METHODS
from core.models import catalog
from core.models.device import describe
from core.models.guess import Assumed, assumed
from core.models.layers import Layer
from core.models.record import model_record
from core.requests.loading import (
    AbilitiesRequest,
    CheckpointRequest,
    DownloadRequest,
    SummaryRequest,
)
from core.requests.references import ModelRef, PictureRef
from core.requests.studies import StudyRequest
from core.work.handler import AnyHandler, Handler
from core.work.job import Link
from core.work.resources import Resources

LOADING = 8.0
"""Cost of loading a model: it may use the quick lane, because nothing else can start before."""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """What there is to know about a loaded model, as plain data.

    Attributes:
        reference: what requests call it.
        id, title: for records and for people.
        names: of its classes.
        layers: worth looking at, from shallow to deep.
        default_layer: path of the last spatial layer; empty without one.
        heads: paths of the modules that give one number a class.
        is_fast: whether the device has a faster precision than float32.
        device: in words.
        record: what a record says of it.
    """

    reference: ModelRef
    id: str
    title: str
    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    default_layer: str
    heads: tuple[str, ...]
    is_fast: bool
    device: str
    record: Mapping[str, object]


def _summary(
    request: SummaryRequest, resources: Resources, link: Link[ModelSummary]
) -> ModelSummary:
    model = resources.classifier(request.model, link)
    layers = model.layers()
    return ModelSummary(
        reference=request.model,
        id=model.id,
        title=model.title,
        names=model.names,
        layers=layers,
        default_layer=layers[-1].path if layers else "",
        heads=model.heads,
        is_fast=model.effective_precision("fast") == "fast",
        device=describe(model.device),
        record=model_record(model),
    )


def _abilities(request: AbilitiesRequest, resources: Resources, link: Link[Abilities]) -> Abilities:
    model = resources.classifier(request.model, link)
    study = StudyRequest(
        pictures=(PictureRef("", ""),),
        model=request.model,
        methods=tuple(METHODS),
        layers=request.layers,
    )
    maps = {name: study.map_of(name, study.pictures[0], 0) for name in METHODS}
    link(0.0, "asking every method")
    return abilities(model, maps)


def _model_title(request: SummaryRequest) -> str:
    model = request.model
    return model.id if model.is_local else catalog.find(model.id).title


def _look_at(request: CheckpointRequest, resources: Resources, link: Link[Assumed]) -> Assumed:
    link(0.0, "looking at the tensors")
    path = resources.offers.file(request.weights, request.name)
    return assumed(path, request.architecture)


def _download(request: DownloadRequest, resources: Resources, link: Link[None]) -> None:
    if request.what == "weights":
        entry = catalog.find(request.name)
        catalog.source_of(entry).fetch(entry, link)
    elif request.what == "encoder":
        load.fetch(request.name, link)
    else:
        link(0.0, "downloading")  # torchvision's downloads say nothing on their way
        published.published(request.name, allow_download=True)


def _title_of(request: DownloadRequest) -> str:
    if request.what == "weights":
        return f"Download of {catalog.find(request.name).title}"
    return f"Download of {request.name}"


def _megabytes(request: DownloadRequest, resources: Resources) -> float:
    """Return the size of a download, which is its cost."""
    if request.what == "weights":
        return catalog.find(request.name).size_mb
    if request.what == "encoder":
        return float(load.download_mb(request.name) or 0.0)
    return float(published.SETS[request.name].size_mb)


HANDLERS: Mapping[type, AnyHandler] = {
    SummaryRequest: Handler(
        run=_summary,
        title=_model_title,
        cost=lambda request, resources: LOADING,
    ),
    AbilitiesRequest: Handler(
        run=_abilities,
        title=lambda request: "What the model can do",
        cost=lambda request, resources: LOADING,
    ),
    CheckpointRequest: Handler(
        run=_look_at,
        title=lambda request: "The weight file",
        cost=lambda request, resources: LOADING,
    ),
    DownloadRequest: Handler(
        run=_download,
        title=_title_of,
        cost=_megabytes,
        lane="network",
        keep=False,
    ),
}
