"""Measures as requests: the numbers are those of the measure itself, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from core.errors import BadOption, BadTruth
from core.explain import methods
from core.measure.single import controls, table
from core.measure.single.comparison import random_interval
from core.measure.single.localisation import fitted
from core.measure.single.trial import Trial
from core.models.card import Guess
from core.models.classifier import Classifier
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.maps import MapRequest
from core.requests.measures import (
    CONTROLS,
    ControlRequest,
    MeasureRequest,
    MeasureSettings,
    RandomIntervalRequest,
)
from core.requests.references import PictureRef, TruthRef
from core.work.handlers import HANDLERS
from core.work.handlers import measures as handler
from core.work.handlers.measures import Measurement, control_map
from core.work.local_executor import LocalExecutor

MODEL = reference_of("resnet18:random", "cpu")
PICTURE = PictureRef.of(built_in.load("cat"))
MAP = MapRequest(picture=PICTURE, model=MODEL, method="grad-cam", target=3)
Ask = Callable[[MeasureRequest], Measurement]


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor()
    yield made
    made.close()


@pytest.fixture
def ask(executor: LocalExecutor) -> Ask:
    def done(request: MeasureRequest) -> Measurement:
        job = executor.submit(request, "me")
        assert job.wait(120)
        result = job.result()
        assert isinstance(result, Measurement)
        return result

    return done


@pytest.mark.parametrize("name", ["single-deletion", "average-drop", "random-class"])
def test_the_number_is_that_of_the_measure(name: str, ask: Ask, executor: LocalExecutor) -> None:
    done = ask(MeasureRequest(map=MAP, measure=name))
    subject = executor.resources.subject(PICTURE, MODEL, "squash")
    made = methods.get("grad-cam").run(MAP, subject)
    trial = Trial(
        subject.classifier,
        subject.prepared,
        class_index=3,
        heat=made.heat,
        explain=lambda other, target: methods.get("grad-cam").run(
            replace(MAP, target=target), other
        ),
    )
    assert done.measured.value == table.get(name).run(made.shown, trial).value
    assert done.layer == "layer4.1"


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_know_nothing_of_the_model(
    control: str, ask: Ask, executor: LocalExecutor
) -> None:
    asked = ControlRequest(picture=PICTURE, model=MODEL, target=3, control=control, seed=5)  # type: ignore[arg-type]
    subject = executor.resources.subject(PICTURE, MODEL, "squash")
    shown = control_map(asked, subject.prepared)
    expected = {
        "random": controls.random_map((224, 224), 5),
        "sobel": controls.sobel_map(subject.prepared.view),
        "centre": controls.centre_map((224, 224)),
    }[control]
    np.testing.assert_array_equal(shown, expected)
    done = ask(MeasureRequest(map=asked, measure="single-deletion"))
    trial = Trial(subject.classifier, subject.prepared, class_index=3)
    assert done.measured.value == table.get("single-deletion").run(expected, trial).value
    assert done.layer == ""


def test_a_map_of_one_model_is_measured_on_another(ask: Ask, executor: LocalExecutor) -> None:
    other = reference_of("mobilenet_v2:random", "cpu")
    done = ask(MeasureRequest(map=replace(MAP, model=other), measure="single-deletion", on=MODEL))
    subject = executor.resources.subject(PICTURE, MODEL, "squash")
    asked = executor.resources.subject(PICTURE, other, "squash")
    made = methods.get("grad-cam").run(replace(MAP, model=other), asked)
    assert made.signed
    trial = Trial(subject.classifier, subject.prepared, class_index=3, heat=made.heat)
    assert done.measured.value == table.get("single-deletion").run(made.shown, trial).value


@pytest.fixture
def passes(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Begins to count the pictures of each batch that goes through the whole model."""

    def count() -> list[int]:
        made: list[int] = []
        kind = type(executor.resources.classifier(MODEL))
        logits = kind.logits

        def counted(self: Classifier, batch: Tensor) -> Tensor:
            made.append(len(batch))
            return logits(self, batch)

        monkeypatch.setattr(kind, "logits", counted)
        return made

    return count


def test_measures_of_one_picture_share_the_passes_of_the_picture(
    ask: Ask, passes: Callable[[], list[int]]
) -> None:
    settings = MeasureSettings()
    ask(MeasureRequest(map=MAP, measure="single-deletion", settings=settings))
    counted = passes()
    other = replace(MAP, method="layer-cam")
    ask(MeasureRequest(map=other, measure="single-deletion", settings=settings))
    assert not counted, "the drops of the cells belong to the picture, not to the map"


def test_random_maps_share_the_passes_of_the_picture(
    ask: Ask, executor: LocalExecutor, passes: Callable[[], list[int]]
) -> None:
    request = RandomIntervalRequest(
        picture=PICTURE, model=MODEL, target=3, measure="single-deletion"
    )
    job = executor.submit(request, "me")
    assert job.wait(120)
    subject = executor.resources.subject(PICTURE, MODEL, "squash")
    trial = Trial(subject.classifier, subject.prepared, class_index=3)
    assert job.result() == random_interval(table.get("single-deletion"), trial)
    counted = passes()
    ask(MeasureRequest(map=MAP, measure="single-deletion"))
    assert not counted, "the drops of the cells belong to the picture"


@pytest.mark.parametrize("name", ["randomisation", "grid-pointing"])
def test_random_maps_have_no_measure_that_makes_maps_anew(
    name: str, executor: LocalExecutor
) -> None:
    request = RandomIntervalRequest(picture=PICTURE, model=MODEL, target=3, measure=name)
    job = executor.submit(request, "me")
    assert job.wait(120)
    with pytest.raises(BadOption, match="random maps have no method"):
        job.result()


def test_a_truth_mask_is_cut_and_squashed_like_the_picture(
    ask: Ask, executor: LocalExecutor
) -> None:
    picture = built_in.load("cat")
    mask = np.zeros(picture.pixels.shape[:2], bool)
    mask[:, : mask.shape[1] // 3] = True
    reference = executor.resources.offer_truth(mask, "mask.png")
    for fit in ("squash", "crop"):
        asked = replace(MAP, fit=fit)
        done = ask(MeasureRequest(map=asked, measure="energy", truth=reference))
        subject = executor.resources.subject(PICTURE, MODEL, fit)  # type: ignore[arg-type]
        shown = methods.get("grad-cam").run(asked, subject).shown
        cut = fitted(mask, subject.prepared)
        assert done.measured.value == pytest.approx(shown[cut].sum() / shown.sum(), rel=1e-5)


def test_random_maps_are_measured_on_a_truth_mask(ask: Ask, executor: LocalExecutor) -> None:
    mask = np.zeros((300, 451), bool)
    mask[100:200, 100:200] = True
    request = RandomIntervalRequest(
        picture=PICTURE,
        model=MODEL,
        target=3,
        measure="energy",
        truth=executor.resources.offer_truth(mask, "mask.png"),
    )
    job = executor.submit(request, "me")
    assert job.wait(120)
    assert job.result().low < mask.mean() < job.result().high


def test_a_truth_mask_that_was_dropped_is_made_again_or_missed(executor: LocalExecutor) -> None:
    resources, mask = executor.resources, np.ones((4, 6), bool)
    lost, kept = (
        resources.offer_truth(~mask, "lost.png"),
        resources.offer_truth(mask, "kept.png", lambda: mask),
    )
    changed = resources.offer_truth(mask[:2], "changed.png", lambda: mask)
    assert resources.truth(lost).shape == (4, 6)
    resources.truths.clear()
    np.testing.assert_array_equal(resources.truth(kept), mask)
    for gone in (lost, changed, TruthRef("0" * 64, "unknown.png")):
        with pytest.raises(BadTruth, match=r"is not on this machine: give the mask again"):
            resources.truth(gone)


def test_a_mosaic_has_the_surest_pictures_of_other_classes_and_never_the_picture_itself(
    ask: Ask, executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[object] = []

    def choose(guesses: list[Guess], class_index: int) -> tuple[int, ...]:
        chosen.append((len(guesses), class_index))
        return (2, 0, 1)

    monkeypatch.setattr(handler, "chosen_others", choose)
    others = tuple(
        PictureRef.of(built_in.load(key)) for key in ("coffee", "cat", "rocket", "flower")
    )
    request = MeasureRequest(map=MAP, measure="grid-pointing", others=others)
    before = HANDLERS[MeasureRequest].cost(request, executor.resources)
    done = ask(request)
    assert chosen == [(3, 3)]
    subject = executor.resources.subject(PICTURE, MODEL, "squash")
    trial = Trial(
        subject.classifier,
        subject.prepared,
        class_index=3,
        others=tuple(built_in.load(key) for key in ("flower", "coffee", "rocket")),
        explain=lambda other, target: methods.get("grad-cam").run(MAP, other),
    )
    shown = methods.get("grad-cam").run(MAP, subject).shown
    assert done.measured.value == table.get("grid-pointing").run(shown, trial).value
    after = HANDLERS[MeasureRequest].cost(request, executor.resources)
    assert before - after >= 3, "predictions are kept"
