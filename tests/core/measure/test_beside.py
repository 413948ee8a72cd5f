"""What is measured beside a map."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.measure.beside import RANDOM_WEIGHTS, controls_of, random_interval_of
from core.models.reference import reference_of
from core.requests.maps import MapRequest
from core.requests.measures import CONTROLS, ControlRequest, MeasureRequest, MeasureSettings
from core.requests.references import PictureRef, TruthRef

MODEL = reference_of("resnet18:random", "cpu")
SETTINGS = MeasureSettings(seed=7)


def asked(measure: str, digest: str = "0" * 64) -> MeasureRequest:
    picture = PictureRef(digest, "cat.png")
    map_ = MapRequest(picture=picture, model=MODEL, method="grad-cam", target=3)
    return MeasureRequest(map=map_, measure=measure, settings=SETTINGS)


def test_pictures_have_different_random_maps_which_are_among_those_of_the_interval() -> None:
    numbers = set()
    for digit in "0123456789abcdef":
        control = controls_of(asked("road", digit * 64))["random"].map
        assert isinstance(control, ControlRequest)
        assert control.seed == 7
        numbers.add(control.number)
    assert len(numbers) > 10
    assert numbers <= set(range(50))


@pytest.mark.parametrize("name", ["randomisation", "grid-pointing"])
def test_what_makes_maps_anew_has_nothing_beside_it(name: str) -> None:
    assert controls_of(asked(name)) == {}
    assert random_interval_of(asked(name), 1) is None


def test_truth_measures_have_controls_on_the_same_mask() -> None:
    request = replace(asked("energy"), truth=TruthRef("1" * 64, "mask.png"))
    beside = controls_of(request)
    assert list(beside) == list(CONTROLS), "the network is untrained itself"
    assert RANDOM_WEIGHTS not in beside
    assert {each.truth for each in beside.values()} == {request.truth}
    interval = random_interval_of(request, 9)
    assert interval is not None
    assert (interval.truth, interval.settings, interval.model) == (request.truth, SETTINGS, MODEL)
    other = reference_of("mobilenet_v2:random", "cpu")
    on = random_interval_of(replace(request, on=other), 9)
    assert on is not None
    assert on.model == other
