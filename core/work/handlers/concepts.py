"""Dissections and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.concepts.encoders.load import choice, reference_of
from core.concepts.probes.open import BUILT_IN, open_probes
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.probes.uploaded import from_upload
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks, library
from core.concepts.run.dissect import Estimate, estimate
from core.concepts.run.inputs import Inputs, inputs_of
from core.errors import BadOption, UnknownLayer, UnsupportedLayer
from core.explain.base import Tick
from core.models.classifier import Classifier
from core.requests.dissections import DissectionRequest
from core.requests.loading import EncoderRequest, EstimateRequest, PlanRequest, ProbesRequest
from core.requests.references import WORD_BANK, EncoderRef, ModelRef, ProbesRef, WordsRef
from core.work.concept_resources import ENCODERS_WORDS
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import UNKNOWN
from core.work.handlers.models import LOADING
from core.work.job import Link
from core.work.resources import Resources


@dataclass(frozen=True, slots=True)
class NamedEncoder:
    """What requests call an encoder, and the words that it knows."""

    reference: EncoderRef
    words: WordsRef


@dataclass(frozen=True, slots=True)
class Plan:
    """A dissection that is ready to start.

    Attributes:
        request: for it.
        estimate: what it will take.
        left_out: layers that the model has not, or with another number of units.
    """

    request: DissectionRequest
    estimate: Estimate
    left_out: tuple[str, ...] = ()


def _encoder(
    request: EncoderRequest, resources: Resources, link: Link[NamedEncoder]
) -> NamedEncoder:
    link(0.0, "reading the weights")
    reference = reference_of(request.spec, request.device)
    resources.concepts.encoder(reference, link)
    return NamedEncoder(reference, resources.concepts.find_words(ENCODERS_WORDS, reference))


def _probes(request: ProbesRequest, resources: Resources, link: Link[ProbesRef]) -> ProbesRef:
    def open_set() -> ProbeSet:
        if resources.offers.find(request.digest) is None:
            return open_probes(request.name)
        return from_upload(
            resources.offers.content(request.digest, Path, request.name), request.name
        )

    return resources.concepts.open_probes(open_set, request.name)


def loaded(request: DissectionRequest, resources: Resources, tick: Tick) -> Inputs:
    """Load what a dissection names, the quickest to refuse first.

    Raises:
        SeeWhyError: something cannot be had, or does not fit.
        Cancelled: raised by `tick`.
    """
    concepts = resources.concepts
    probes = concepts.probes(request.probes)
    words = concepts.words(request.words, request.encoder)
    classifier = resources.classifier(request.model, tick)
    encoder = concepts.encoder(request.encoder, tick)
    return inputs_of(request, classifier, encoder, probes, words)


def _dissect(
    request: DissectionRequest, resources: Resources, link: Link[Dissection]
) -> Dissection:
    inputs = loaded(request, resources, link)
    root, fill = disk_blocks.default_root(), resources.concepts.fill
    return library.dissect_and_keep(inputs, link, root, fill)


def _estimate(request: EstimateRequest, resources: Resources, link: Link[Estimate]) -> Estimate:
    return estimate(loaded(request.dissection, resources, link), disk_blocks.default_root())


def _plan(request: PlanRequest, resources: Resources, link: Link[Plan]) -> Plan:
    classifier = resources.classifier(request.model, link)
    if request.like is None:
        wanted = _usual(request.model, classifier, resources, link)
    else:
        like = request.like
        encoder = reference_of(like.encoder.name, request.model.device)
        layers = _common_layers(classifier, like, request.units)
        wanted = replace(like, model=request.model, encoder=encoder, layers=layers)
    asked = request.like.layers if request.like else ()
    left_out = tuple(path for path in asked if path not in wanted.layers)
    inputs = loaded(wanted, resources, link)
    return Plan(wanted, estimate(inputs, disk_blocks.default_root()), left_out)


def _usual(
    model: ModelRef, classifier: Classifier, resources: Resources, tick: Tick
) -> DissectionRequest:
    """Return the dissection that a person gets who changes no setting.

    Raises:
        BadOption: the model has no layer that could be the usual one.
    """
    layers = [layer.path for layer in classifier.layers()] or list(classifier.heads)
    if not layers:
        raise BadOption(f"{classifier.title} has no layer that can be chosen for it: name one.")
    encoder = reference_of(choice(WORD_BANK, model).spec, model.device)
    concepts = resources.concepts
    concepts.encoder(encoder, tick)
    return DissectionRequest(
        model=model,
        layers=(layers[-1],),
        encoder=encoder,
        probes=concepts.open_probes(lambda: open_probes(BUILT_IN), BUILT_IN),
        words=concepts.find_words(ENCODERS_WORDS, encoder),
    )


def _common_layers(
    classifier: Classifier, like: DissectionRequest, units: tuple[int, ...]
) -> tuple[str, ...]:
    """Return the layers of a dissection that a model has too, each with as many units.

    Raises:
        BadOption: there is none.
    """
    common = []
    for path, count in zip(like.layers, units, strict=True):
        try:
            (tap,) = classifier.readout((path,), like.pool).taps
        except (UnknownLayer, UnsupportedLayer):
            continue
        if tap.units == count:
            common.append(path)
    if not common:
        raise BadOption(
            f"{classifier.title} has none of the dissected layers: dissect others of both."
        )
    return tuple(common)


def _dissection_cost(request: DissectionRequest, resources: Resources) -> float:
    """Return the passes: the model sees each picture, and the encoder."""
    pictures = resources.concepts.pictures(request.probes)
    return UNKNOWN if pictures is None else 2.0 * pictures


HANDLERS: Mapping[type, AnyHandler] = {
    EncoderRequest: Handler(
        run=_encoder,
        title=lambda request: "The encoder",
        cost=lambda request, resources: LOADING,
    ),
    ProbesRequest: Handler(
        run=_probes,
        title=lambda request: "The probe pictures",
        cost=lambda request, resources: LOADING,
    ),
    EstimateRequest: Handler(
        run=_estimate,
        title=lambda request: "The estimate",
        cost=lambda request, resources: LOADING,
    ),
    PlanRequest: Handler(
        run=_plan,
        title=lambda request: "The estimate",
        cost=lambda request, resources: LOADING,
    ),
    DissectionRequest: Handler(
        run=_dissect, title=lambda request: "The dissection", cost=_dissection_cost
    ),
}
