"""What the table says of every measure."""

from __future__ import annotations

from dataclasses import fields

import pytest

from core.errors import UnknownMeasure
from core.measure.single.base import Card, Measure
from core.measure.single.table import MEASURES, get
from core.requests.measures import MeasureSettings

EACH = pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)


@EACH
def test_every_measure_has_a_card(measure: Measure) -> None:
    for field in fields(Card):
        value = getattr(measure.card, field.name)
        sentences = value if isinstance(value, tuple) else (value,)
        for sentence in sentences:
            assert sentence.endswith("."), sentence
            assert len(sentence.split()) > 2
    assert measure.sentence.endswith("?")
    assert measure.low < measure.high
    assert measure.link.startswith("https://")
    assert any(character.isdigit() for character in measure.paper)


@EACH
def test_costs_are_whole_numbers(measure: Measure) -> None:
    for settings in (MeasureSettings(), MeasureSettings(steps=2, stages=1, copies=1)):
        assert measure.passes(settings) >= 0
        assert measure.explanations(settings) >= 0


def test_get() -> None:
    assert get(" Deletion ") is MEASURES["deletion"]
    with pytest.raises(UnknownMeasure, match="did you mean deletion"):
        get("deletoin")
    with pytest.raises(UnknownMeasure, match="choose from single-deletion, deletion"):
        get("xxxxxxxx")
