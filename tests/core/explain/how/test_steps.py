"""The steps of a map: their numbers are those of the map itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core import Heat
from core.errors import BadOption, Cancelled
from core.explain.base import Subject, weighted_superpixels
from core.explain.cams.gradient import class_logit, differentiate
from core.explain.how.steps import FEW, Steps
from core.explain.how.table import HOW, steps_of
from core.explain.methods import METHODS
from core.figures.browser.steps import row
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture
from core.requests.maps import MapRequest
from tests.conftest import asked, asked_lime, run

Ask = Callable[..., tuple[MapRequest, Subject]]
RISE = {"masks": 100, "cells": 3}


def weights_of(request: MapRequest, subject: Subject) -> tuple[Heat, Heat]:
    """The channels and the means of their gradients."""
    maps, gradients, _ = differentiate(
        subject.classifier.split(request.layers[0]),
        subject.prepared.batch,
        class_logit(request.target),
        lambda share, stage="": None,
    )
    return maps, gradients.mean((1, 2))


def well_formed(found: Steps) -> None:
    assert len(found.steps) == 4
    for step in found.steps:
        assert step.sentence.endswith((".", ":"))
        assert 0 < len(step.tiles) <= FEW
        assert all((tile.pixels is None) != (tile.heat is None) for tile in step.tiles)
        for width in (1200.0, 360.0):
            assert row(step, found.size, width).to_dict()["data"]


def test_labels_that_have_steps_are_methods() -> None:
    assert set(HOW) <= set(METHODS)


@pytest.mark.parametrize("layer", ["blocks.0", "blocks.1"])
def test_grad_cam_shows_its_own_channels_and_sum(layer: str, request_of: Ask) -> None:
    request, subject = request_of(method="grad-cam", layers=(layer,))
    found, made = steps_of(request, subject), run(request, subject)
    well_formed(found)
    channels, _, summed, relu = found.steps
    np.testing.assert_allclose(summed.tiles[-1].heat, made.heat, atol=1e-6)
    np.testing.assert_allclose(relu.tiles[0].heat, np.maximum(made.heat, 0), atol=1e-6)
    np.testing.assert_allclose(relu.tiles[1].heat, made.shown, atol=1e-5)
    maps, weights = weights_of(request, subject)
    first = np.argsort(-np.abs(weights * maps.sum((1, 2))), kind="stable")[:FEW]
    assert [tile.title for tile in channels.tiles] == [f"channel {at}" for at in first]
    np.testing.assert_allclose([tile.heat for tile in channels.tiles], maps[first], atol=1e-6)
    few = np.einsum("k,kij->ij", weights[first], maps[first])
    np.testing.assert_allclose(summed.tiles[0].heat, few, atol=1e-5)


def test_gradients_that_differ_from_place_to_place_are_shown(request_of: Ask) -> None:
    request, subject = request_of(method="grad-cam", layers=("blocks.0",))
    step = steps_of(request, subject).steps[1]
    said = [float(tile.detail.removeprefix("weight ")) for tile in step.tiles]
    np.testing.assert_allclose(said, [tile.heat.mean() for tile in step.tiles], rtol=6e-3)
    assert "same at every place" not in step.sentence


def test_where_gradients_are_even_the_largest_weights_times_their_channels_are_shown(
    request_of: Ask,
) -> None:
    request, subject = request_of(method="grad-cam")
    step = steps_of(request, subject).steps[1]
    maps, weights = weights_of(request, subject)
    active = np.abs(weights) * (maps != 0).any((1, 2))
    largest = np.argsort(-active, kind="stable")[:FEW]
    assert [tile.title for tile in step.tiles] == [f"channel {at}" for at in largest]
    for tile, at in zip(step.tiles, largest, strict=True):
        np.testing.assert_allclose(tile.heat, weights[at] * maps[at], atol=1e-6)
        assert float(tile.detail.removeprefix("weight ")) == pytest.approx(weights[at], rel=6e-3)
        assert np.ptp(tile.heat) > 0, "a flat square shows nothing"
    assert "same at every place" in step.sentence


def test_lime_shows_its_own_samples_and_weights(tiny: Classifier, prepared: Prepared) -> None:
    request, subject = asked_lime(tiny, prepared)
    made = run(request, subject)
    seen: list[str] = []
    found = steps_of(request, subject, lambda share, stage="": seen.append(stage))
    well_formed(found)
    assert not any("sample" in stage for stage in seen), "they are kept"
    fit = weighted_superpixels(made).fit
    assert f"R² {fit.r2_text}" in found.steps[2].sentence
    assert f"{fit.order[0]} ({fit.weights[fit.order[0]]:+.3g})" in found.steps[3].sentence
    np.testing.assert_array_equal(found.steps[3].tiles[0].heat, made.heat)
    whole, _, hidden = found.steps[0].tiles
    sample = found.steps[1].tiles[0].pixels
    copied = (sample == whole.pixels) | (sample == hidden.pixels)
    assert copied.all()
    assert (sample != whole.pixels).any()


def test_rise_shows_its_own_sum(request_of: Ask) -> None:
    request, subject = request_of(method="rise", options=RISE)
    made = run(request, subject)
    found = steps_of(request, subject)
    well_formed(found)
    np.testing.assert_allclose(found.steps[2].tiles[1].heat, made.heat, atol=1e-6)
    np.testing.assert_allclose(found.steps[3].tiles[0].heat, made.shown, atol=1e-5)
    answers = [float(tile.detail.removeprefix("probability ")) for tile in found.steps[1].tiles]
    assert min(answers[:2]) >= max(answers[2:])


@pytest.mark.parametrize("method", ["grad-cam", "rise"])
def test_a_model_that_knows_nothing_has_steps_too(
    method: str, one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    classifier = one_conv(torch.zeros(3, 3), torch.zeros(1, 3))
    options = RISE if method == "rise" else {}
    request, subject = asked(
        classifier, classifier.prepare(picture), ("relu",), 0, method, options=options
    )
    well_formed(steps_of(request, subject))


def test_what_has_no_steps_says_so(request_of: Ask) -> None:
    with pytest.raises(BadOption, match=r"grad-cam\+aug cannot be shown step by step: choose one"):
        steps_of(*request_of(method="grad-cam", smooth="aug"))


def test_steps_can_be_stopped(request_of: Ask) -> None:
    def stop(share: float, stage: str = "") -> None:
        raise Cancelled("stopped")

    for method, options in (("grad-cam", {}), ("rise", RISE)):
        with pytest.raises(Cancelled):
            steps_of(*request_of(method=method, options=options, seed=99), stop)
