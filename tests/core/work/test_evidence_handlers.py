"""Checks and dials as requests: the numbers are those of the core, whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.check.ablation import ChannelCheck, check_channels
from core.concepts.check.dial import Dialled, dialled
from core.errors import BadOption
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.dissections import ChannelCheckRequest, DialRequest, EvidenceRequest
from core.requests.references import PictureRef
from core.work.handlers import handler_of
from core.work.local_executor import LocalExecutor

ASKED = EvidenceRequest(
    picture=PictureRef.of(built_in.load("cat")),
    model=reference_of("resnet18:random", "cpu"),
    layer="layer4.1",
    target=3,
)
CHANNELS = (7, 2, 300)


def test_results_are_those_of_the_core_and_cheap_behind_the_last_layer() -> None:
    executor = LocalExecutor()
    try:
        request, dial = ASKED.check_of(CHANNELS, 5), ASKED.dial_of(CHANNELS, 1.5)
        cost = handler_of(request).cost
        assert cost(request, executor.resources) > 50, "nothing is known of the model"
        jobs = [executor.submit(each, "me") for each in (request, dial)]
        assert all(job.wait(120) for job in jobs)
        check, turned = (job.result() for job in jobs)
        assert isinstance(check, ChannelCheck)
        assert isinstance(turned, Dialled)
        subject = executor.resources.subject(ASKED.picture, ASKED.model, "squash")
        own = check_channels(subject.classifier, subject.prepared, 3, "layer4.1", CHANNELS, 5)
        assert check.drop == own.drop
        assert np.array_equal(check.random_drops, own.random_drops)
        same = dialled(subject.classifier, subject.prepared, 3, "layer4.1", CHANNELS, 1.5)
        assert turned.classes == same.classes
        assert cost(request, executor.resources) < 8
        early = ChannelCheckRequest(
            picture=ASKED.picture, model=ASKED.model, layer="layer1.0", target=3, channels=(1,)
        )
        assert cost(early, executor.resources) > 50
    finally:
        executor.close()


def test_channels_are_in_order_and_what_is_no_channel_is_refused() -> None:
    assert ASKED.check_of((7, 2, 7)).channels == ASKED.dial_of((2, 7), 0.0).channels == (2, 7)
    for channels in ((), (-1,), (True,), ("3",), (10**9,)):
        with pytest.raises(BadOption):
            ASKED.check_of(channels)  # type: ignore[arg-type]
    for factor in (-0.1, 2.5, float("nan")):
        with pytest.raises(BadOption):
            ASKED.dial_of((1,), factor)
    with pytest.raises(BadOption, match="layer"):
        DialRequest(
            picture=ASKED.picture, model=ASKED.model, layer="", target=1, channels=(1,), factor=0.0
        )
