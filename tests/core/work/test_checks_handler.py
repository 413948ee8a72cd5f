"""Checks as requests: the parts are those that everybody else computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from core.measure.beside import RANDOM_WEIGHTS, controls_of
from core.measure.single.check import ALIKE, Check
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.keys import key_of
from core.requests.maps import MapRequest, PredictionRequest
from core.requests.measures import CheckRequest, MeasureSettings, StepRequest
from core.requests.references import PictureRef
from core.work.handlers.checks import Step, check_cost
from core.work.local_executor import LocalExecutor

MODEL = reference_of("resnet18:random", "cpu")
PICTURE = PictureRef.of(built_in.load("cat"))
MAP = MapRequest(picture=PICTURE, model=MODEL, method="grad-cam", target=3)
FEW = MeasureSettings(steps=2, stages=2)
Ask = Callable[[object], Any]


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor()
    yield made
    made.close()


@pytest.fixture
def ask(executor: LocalExecutor) -> Ask:
    def done(request: object) -> Any:
        job = executor.submit(request, "me")
        assert job.wait(120)
        return job.result()

    return done


def test_a_check_holds_the_measure_its_controls_and_chance(ask: Ask) -> None:
    asked = CheckRequest(map=MAP, measure="single-deletion", settings=FEW)
    check = ask(asked)
    assert isinstance(check, Check)
    assert check.measured.value == ask(asked.of_map).measured.value
    assert check.chance == ask(asked.of_random)
    beside = controls_of(asked.of_map)
    assert dict(check.controls) == {
        name: ask(beside[name]).measured.value for name in ("sobel", "centre")
    }
    assert check.layer == "layer4.1"


@pytest.mark.slow
def test_costly_controls_come_only_in_full(ask: Ask, executor: LocalExecutor) -> None:
    asked = CheckRequest(map=MAP, measure="deletion", settings=FEW)
    check = ask(asked)
    assert np.isnan(check.chance.mean)
    assert check.passed is None
    whole = CheckRequest(map=MAP, measure="deletion", settings=FEW, full=True)
    assert check_cost(whole, executor.resources) > 50
    full = ask(whole)
    assert full.chance == ask(whole.of_random)
    assert full.measured.value == check.measured.value
    # This network has random weights already, so there is no untrained form of it.
    assert set(full.controls) == {"sobel", "centre"}
    assert RANDOM_WEIGHTS not in controls_of(whole.of_map)


def test_randomisation_is_compared_with_likeness_by_chance(ask: Ask) -> None:
    check = ask(CheckRequest(map=MAP, measure="randomisation", settings=FEW))
    low, high = check.chance.low, check.chance.high
    assert low < 0 < high
    as_unlike = low <= check.measured.value <= high
    assert check.passed is (as_unlike and check.measured.details["head alone"] < ALIKE)
    assert not check.controls


@pytest.mark.parametrize("deletes", [True, False])
def test_a_step_is_the_picture_on_its_way(deletes: bool, ask: Ask, executor: LocalExecutor) -> None:
    black = MeasureSettings(base="black")
    first, half, last = (
        ask(StepRequest(map=MAP, deletes=deletes, percent=share, settings=black))
        for share in (0, 50, 100)
    )
    assert isinstance(half, Step)
    said = ask(PredictionRequest(picture=PICTURE, model=MODEL))
    ends = (first, last) if deletes else (last, first)
    assert np.abs(ends[0].view.astype(int) - said.view).max() <= 1
    assert ends[0].guesses[0].index == said.guesses[0].index
    assert not ends[1].view.any()
    hidden = (half.view == 0).all(2).mean()
    assert hidden == pytest.approx(0.5, abs=0.02)
    shown = executor.resources.results.get(key_of(MAP)).shown  # type: ignore[union-attr]
    gone = (half.view == 0).all(2) if deletes else ~(half.view == 0).all(2)
    assert shown[gone].mean() > shown[~gone].mean()
    probability = {guess.index: guess.probability for guess in half.guesses}.get(3)
    assert probability is None or probability == half.probability
