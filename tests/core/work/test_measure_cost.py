"""What measures of many maps cost together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.measure.beside import controls_of, random_interval_of
from core.models.reference import reference_of
from core.requests.maps import MapRequest
from core.requests.measures import MeasureRequest, MeasureSettings
from core.requests.references import PictureRef
from core.work import measure_cost
from core.work.measure_cost import measures_cost
from core.work.resources import Resources


def asked(measure: str, model: str = "resnet18:random", methods: int = 2) -> list[MeasureRequest]:
    """All that is asked of maps of one picture, the controls of all of them once."""
    reference = reference_of(model, "cpu")
    found: list[MeasureRequest] = []
    for method in ("grad-cam", "layer-cam")[:methods]:
        map_ = MapRequest(
            picture=PictureRef("0" * 64, "cat.png"), model=reference, method=method, target=3
        )
        own = MeasureRequest(map=map_, measure=measure, settings=MeasureSettings(steps=4))
        found += [own, *controls_of(own).values()]
    return list(dict.fromkeys(found))


def test_shared_passes_count_once() -> None:
    assert measures_cost(asked("single-deletion"), Resources())[0] == 17
    assert measures_cost(asked("average-drop"), Resources())[0] == 1 + 2 + 3
    ends, between = 2, 3  # of a walk of 4 steps
    assert measures_cost(asked("deletion"), Resources())[0] == ends + (2 + 3) * between


def test_random_maps_share_what_other_maps_do() -> None:
    for measure, passes in (("single-deletion", 17), ("average-drop", 1 + 2 + 3 + 50)):
        requests = asked(measure)
        chance = random_interval_of(requests[0], 1)
        assert chance is not None
        assert measures_cost([*requests, chance], Resources())[0] == passes
    assert random_interval_of(asked("average-drop")[0], 5) is None, "a test over pictures decides"
    assert random_interval_of(asked("single-deletion")[0], 5), "they take no passes of their own"


def test_nothing_costs_nothing() -> None:
    assert measures_cost([], Resources()) == (0.0, 0.0)


def test_another_picture_shares_nothing() -> None:
    first = asked("single-deletion")
    other = PictureRef("1" * 64, "dog.png")
    second = [replace(each, map=replace(each.map, picture=other)) for each in first]
    assert measures_cost([*first, *second], Resources())[0] == 2 * 17


def test_maps_of_the_untrained_network_are_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def cost(request: MapRequest, resources: Resources) -> float:
        seen.append(request.model.id)
        return 5.0

    monkeypatch.setattr(measure_cost, "map_cost", cost)
    resources = Resources()
    passes, seconds = measures_cost(asked("single-deletion", "efficientnet_lite0"), resources)
    assert passes == 17 + 2 * 5
    assert seen == ["efficientnet_lite0"] * 2, "as costly as those of the trained network"
    assert seconds is None, "nothing was computed yet"
    reference = reference_of("efficientnet_lite0", "cpu")
    for method in ("grad-cam", "layer-cam"):
        resources.paces.note(reference, method, 10, 1.0, whole=True)
    assert measures_cost(asked("single-deletion", "efficientnet_lite0"), resources)[1] is not None
