"""Every field of a request changes its key: the cases come from the dataclasses themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.requests.keys import key_of
from core.requests.plain import KINDS
from tests.core.requests import strategies as made

STRATEGIES: Mapping[str, st.SearchStrategy[Any]] = {
    "PictureRef": made.pictures,
    "Preprocess": made.preprocesses,
    "ModelRef": made.models,
    "EncoderRef": made.dissections.map(lambda request: request.encoder),
    "ProbesRef": made.dissections.map(lambda request: request.probes),
    "WordsRef": made.dissections.map(lambda request: request.words),
    "TruthRef": made.truths,
    "TruthFileRef": made.truth_files,
    "PredictionRequest": made.predictions,
    "MapRequest": made.layer_maps,
    "Segmentation": made.segmentations,
    "Surrogate": made.lime_maps.map(lambda request: request.surrogate),
    "Outline": made.lime_maps.map(lambda request: request.outline),
    "SuperpixelsRequest": made.superpixels,
    "SamplesRequest": made.samples,
    "LimeRequest": made.lime_maps,
    "KernelShapRequest": made.shapley_maps,
    "LimeSettings": made.lime_settings,
    "StudyRequest": made.studies,
    "AgreementRequest": made.agreements,
    "Rule": made.rules,
    "OverlapRequest": made.overlaps,
    "ThresholdsRequest": made.thresholds,
    "DissectionRequest": made.dissections,
    "EvidenceRequest": made.evidences,
    "ChannelCheckRequest": made.channel_checks,
    "DialRequest": made.dials,
    "MeasureSettings": made.measure_settings,
    "ControlRequest": made.controls,
    "MeasureRequest": made.measures,
    "RandomIntervalRequest": made.random_intervals,
    "CheckRequest": made.map_checks,
    "StepRequest": made.steps,
    "MeasuredStudyRequest": made.measured_studies,
    "DissectionRef": made.kept_dissections,
    "TruthTableRef": made.truth_tables,
    "AuditRequest": made.audits,
    "FactsRequest": made.facts,
    "DriversRequest": made.drivers,
    "CoverRequest": made.covers,
    "Painting": made.paintings,
    "RevealRequest": made.reveals,
}


def cases() -> Iterator[tuple[str, str]]:
    for name, kind in KINDS.items():
        for field in dataclasses.fields(kind):
            yield name, field.name


def test_every_kind_of_request_is_tested() -> None:
    assert set(STRATEGIES) == set(KINDS)


@pytest.mark.parametrize(("kind", "name"), tuple(cases()))
@settings(max_examples=10)
@given(data=st.data())
def test_every_field_changes_the_key(kind: str, name: str, data: st.DataObject) -> None:
    field = next(each for each in dataclasses.fields(KINDS[kind]) if each.name == name)
    first = data.draw(STRATEGIES[kind])
    value = getattr(first, name)
    others = STRATEGIES[kind].map(lambda request: getattr(request, name))
    other = data.draw(others.filter(lambda each: differs(each, value)))
    changed = dataclasses.replace(first)
    object.__setattr__(changed, name, other)  # some fields only change together with others
    if field.metadata.get("label"):
        assert key_of(changed) == key_of(first)
    else:
        assert key_of(changed) != key_of(first)


def differs(one: object, two: object) -> bool:
    """Whether two values differ in more than names for people."""
    return type(one) is not type(two) or without_labels(one) != without_labels(two)


def without_labels(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(without_labels(each) for each in value)
    if dataclasses.is_dataclass(value):
        return [
            without_labels(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not field.metadata.get("label")
        ]
    return value


@given(made.requests)
def test_a_key_is_a_digest_and_does_not_change(request) -> None:
    assert len(key_of(request)) == 64
    assert key_of(request) == key_of(dataclasses.replace(request))
