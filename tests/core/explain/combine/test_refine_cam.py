"""RefineCAM against the stock package and against the product, written out."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytorch_grad_cam.refine_cam import RefineCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from core.explain.base import Subject
from core.explain.combine.refine_cam import ALONE, SIZES, stages
from core.explain.methods import METHODS
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from core.requests.maps import MapRequest
from tests.conftest import asked, run

Ask = Callable[..., tuple[MapRequest, Subject]]
BOTH = ("blocks.0", "blocks.1")


@pytest.mark.parametrize("target", [0, 1, 3])
def test_it_equals_the_package(target: int, tiny: Classifier, request_of: Ask) -> None:
    request, subject = request_of(layers=BOTH, target=target, method="refine-cam")
    net = copy.deepcopy(tiny._model).requires_grad_(True)
    stock = RefineCAM(net, [net.blocks[0], net.blocks[1]])
    expected = stock(subject.prepared.batch, [ClassifierOutputTarget(target)])[0]
    np.testing.assert_allclose(run(request, subject).shown, expected, atol=1e-4)


def test_it_is_the_product_of_the_layers(request_of: Ask) -> None:
    made = run(*request_of(layers=BOTH, method="refine-cam"))
    product = np.ones((32, 32))
    for layer in BOTH:
        product *= run(*request_of(layers=(layer,), method="grad-cam++")).shown
    np.testing.assert_allclose(made.heat, product, atol=1e-6)
    assert made.layer == "blocks.0,blocks.1"


def test_one_layer_means_the_sizes_of_map_up_to_it(tiny: Classifier, request_of: Ask) -> None:
    shapes = {layer.path: layer.shape[1:] for layer in tiny.layers()}
    found = stages(tiny, tiny.default_layer)
    assert found[-1] == tiny.default_layer
    assert (
        len({shapes[path] for path in found}) == len(found) == min(SIZES, len(set(shapes.values())))
    )
    assert stages(tiny, "none.of.them") == ("none.of.them",)
    one = run(*request_of(layers=(tiny.default_layer,), method="refine-cam"))
    several = run(*request_of(layers=found, method="refine-cam"))
    np.testing.assert_array_equal(one.shown, several.shown)
    request, subject = request_of(layers=(tiny.default_layer,), method="refine-cam")
    assert METHODS["refine-cam"].cost(request, subject.classifier) == len(found)


def test_a_layer_alone_says_what_it_is(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    classifier = one_conv(torch.eye(3), torch.ones(2, 3))
    one = asked(classifier, classifier.prepare(picture), (), 0, "refine-cam")
    made = run(*one)
    assert ALONE.format("Grad-CAM++") in made.notes
    layer = (classifier.default_layer,)
    plain = run(*asked(classifier, one[1].prepared, layer, 0, "grad-cam++"))
    np.testing.assert_allclose(made.shown, plain.shown, atol=1e-6)


def test_where_one_layer_shows_nothing_the_product_does_not(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    classifier = one_conv(torch.eye(3), -torch.ones(2, 3))
    made = run(*asked(classifier, classifier.prepare(picture), ("conv", "relu"), 0, "refine-cam"))
    assert not made.shown.any()
    assert any("empty" in note for note in made.notes)
