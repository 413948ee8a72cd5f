"""The parts of LIME in the queue: what is there already costs nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.models.efficientnet_lite import DEFAULT
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.loading import SeedsRequest
from core.requests.maps import (
    LimeRequest,
    SamplesRequest,
    Segmentation,
    SuperpixelsRequest,
)
from core.requests.references import PictureRef
from core.requests.studies import OverlapRequest, Rule, ThresholdsRequest
from core.work.handlers import handler_of
from core.work.handlers.lime import kept, missing
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources
from core.work.schedule import QUICK


@pytest.fixture(name="samples")
def samples_fixture() -> SamplesRequest:
    picture = built_in.load(built_in.SAMPLES[0].key)
    superpixels = SuperpixelsRequest(
        picture=PictureRef(picture.sha256, picture.name),
        model=reference_of(DEFAULT, "cpu"),
        segmentation=Segmentation(algorithm="grid", cells=3),
    )
    return SamplesRequest(superpixels=superpixels, samples=50, precision="fast")


def cost(request: object, resources: Resources) -> float:
    return handler_of(request).cost(request, resources)


def test_only_missing_samples_cost_anything(samples: SamplesRequest) -> None:
    executor = LocalExecutor()
    resources, more = executor.resources, replace(samples, samples=80)
    lime = LimeRequest(samples=samples, target=0)
    try:
        assert (cost(samples, resources), cost(lime, resources)) == (50, 50)
        assert resources.loaded(samples.model) is None, "counting loads nothing"
        executor.submit(samples).wait(60)
        assert (kept(samples, resources), kept(more, resources)) == (50, 50)
        assert (missing(samples, resources), missing(more, resources)) == (0, 30)
        assert cost(more, resources) == 30
        assert cost(lime, resources) <= QUICK, "a fit of what is there takes the quick lane"
        seeds = SeedsRequest(lime=lime, other=1)
        assert 50 <= cost(seeds, resources) < 60
    finally:
        executor.close()


def test_a_comparison_costs_the_maps_that_are_gone(samples: SamplesRequest) -> None:
    executor = LocalExecutor()
    resources = executor.resources
    first, second = (LimeRequest(samples=samples, target=target) for target in (0, 1))
    overlap = OverlapRequest(maps=(first, second), rules=(Rule("top", 10), Rule("top", 10)))
    thresholds = ThresholdsRequest(first=first, second=second)
    try:
        assert (cost(overlap, resources), cost(thresholds, resources)) == (101, 101)
        executor.submit(first).wait(60)
        executor.submit(second).wait(60)
        assert (cost(overlap, resources), cost(thresholds, resources)) == (1, 1)
    finally:
        executor.close()
