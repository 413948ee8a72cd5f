"""A dissection that nobody has set up: the usual one of a model, and that of a control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision

from core.concepts.encoders import load as encoders
from core.concepts.vocabulary import Vocabulary
from core.errors import BadOption
from core.models.reference import control_of, reference_of
from core.requests.loading import PlanRequest
from core.work.handlers import concepts
from core.work.handlers.concepts import Plan
from core.work.local_executor import LocalExecutor
from tests.core.conftest import COLOURS, Colours, coloured


@pytest.fixture
def plan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[PlanRequest], Plan]]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(concepts, "open_probes", lambda text: coloured(40))
    monkeypatch.setattr(encoders, "load", lambda *given, **named: Colours(Vocabulary("x", COLOURS)))
    executor = LocalExecutor()

    def made(request: PlanRequest) -> Plan:
        job = executor.submit(request, "me")
        assert job.wait(120)
        result = job.result()
        assert isinstance(result, Plan)
        return result

    yield made
    executor.close()


def test_the_usual_dissection_reads_the_last_layer_with_a_map(
    plan: Callable[[PlanRequest], Plan],
) -> None:
    made = plan(PlanRequest(model=reference_of("resnet18:random", "cpu")))
    assert made.request.layers == ("layer4.1",)
    assert made.request.encoder.spec == "imagenet_words"
    assert (made.estimate.pictures, made.estimate.of, made.estimate.words) == (40, 40, 4)
    assert made.estimate.seconds > 0
    assert not made.left_out


def test_a_control_reads_the_layers_that_it_has_with_as_many_units(
    plan: Callable[[PlanRequest], Plan], tmp_path: Path
) -> None:
    path = tmp_path / "mine.pth"
    torch.save(torchvision.models.resnet18(num_classes=10).state_dict(), path)
    own = reference_of("", "cpu", path)
    control = control_of(own, "cpu")
    assert control is not None
    like = replace(
        plan(PlanRequest(model=own)).request, layers=("layer4.1", "fc", "gone"), pool="max"
    )
    made = plan(PlanRequest(model=control, like=like, units=(512, 10, 3)))
    assert made.request == replace(like, model=control, layers=("layer4.1",))
    assert made.left_out == ("fc", "gone")
    with pytest.raises(BadOption, match="none of the dissected layers"):
        plan(PlanRequest(model=control, like=replace(like, layers=("fc",)), units=(10,)))
