"""Every method on the model that everything starts with, beside the stock package."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core import Heat
from core.explain.cams import ablation
from core.explain.methods import METHODS
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.load import load
from core.pictures import built_in
from core.requests.maps import Fit
from tests.conftest import asked, asked_lime, run
from tests.core.explain.conftest import STOCK

DEFAULT = "bn2"
"""1280 channels; the package would take a pass for each in the two methods below."""
NARROW = "bn1"
"""32 channels, whose minimum is 0: elsewhere the package ablates with minus 1e7 instead of 0."""
PASS_PER_CHANNEL = ("ablation-cam", "score-cam")


@pytest.fixture(scope="module")
def lite() -> Classifier:
    return load("efficientnet_lite0", torch.device("cpu"))


@pytest.fixture(scope="module")
def cat(lite: Classifier) -> Prepared:
    return lite.prepare(built_in.load("cat"))


@pytest.mark.parametrize("name", sorted({*STOCK} - {*PASS_PER_CHANNEL}))
def test_equals_the_package(
    name: str, lite: Classifier, cat: Prepared, stock: Callable[..., Heat]
) -> None:
    one = asked(lite, cat, (DEFAULT,), 285, name, seed=5)
    np.testing.assert_allclose(run(*one).shown, stock(*one), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", PASS_PER_CHANNEL)
def test_a_pass_per_channel_equals_the_package(
    name: str, lite: Classifier, cat: Prepared, stock: Callable[..., Heat]
) -> None:
    one = asked(lite, cat, (NARROW,), 285, name)
    np.testing.assert_allclose(run(*one).shown, stock(*one), atol=1e-3)


def test_ablation_at_once_equals_one_channel_at_a_time(
    lite: Classifier, cat: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asked(lite, cat, (DEFAULT,), 285, "ablation-cam")
    quick = run(*one)
    assert quick.passes == 2
    monkeypatch.setattr(ablation, "is_affine", lambda logits: False)
    slow = run(*one)
    assert slow.passes == 1281
    np.testing.assert_allclose(quick.shown, slow.shown, atol=1e-4)


LAYERED = [name for name, one in METHODS.items() if one.layered and name != "score-cam"]
"""Without the one that takes 1280 passes; it is compared on the narrow layer."""


@pytest.mark.parametrize("name", LAYERED)
def test_every_method_with_a_layer_draws_a_map(name: str, lite: Classifier, cat: Prepared) -> None:
    made = run(*asked(lite, cat, (DEFAULT,), 285, name))
    assert made.shown.shape == (224, 224)
    assert made.shown.max() > 0.3


def test_the_cat_lies_under_its_map(lite: Classifier, cat: Prepared) -> None:
    """The face fills the right half of the picture; behind it on the left is a blurred wall."""
    for name in ("grad-cam", "ablation-cam", "layer-cam", "xgrad-cam"):
        shown = run(*asked(lite, cat, (DEFAULT,), 285, name)).shown
        y, x = np.unravel_index(shown.argmax(), shown.shape)
        assert 40 <= y <= 210, name
        assert 50 <= x <= 210, name


@pytest.mark.parametrize("fit", ["squash", "crop"])
@pytest.mark.parametrize("model_id", ["efficientnet_lite0", "efficientnet_lite2"])
def test_classes_of_the_mosaic_lie_in_their_quarters(model_id: str, fit: Fit) -> None:
    classifier = load(model_id, torch.device("cpu"))
    sample = next(sample for sample in built_in.SAMPLES if sample.parts)
    prepared = classifier.prepare(built_in.load(sample.key), fit)
    for name, part in (("Egyptian cat", "cat"), ("espresso", "coffee")):
        target = classifier.names.index(name)
        shown = run(*asked(classifier, prepared, (DEFAULT,), target, "grad-cam")).shown
        y, x = np.unravel_index(shown.argmax(), shown.shape)
        half = len(shown) // 2
        assert sample.parts[2 * (y >= half) + (x >= half)] == part, name


def test_lime_explains_the_prediction(lite: Classifier, cat: Prepared) -> None:
    made = run(*asked_lime(lite, cat, 285, samples=60, segments="grid"))
    assert made.superpixels is not None
    assert made.superpixels.fit.weights.max() > 0


def test_threads_give_what_one_thread_gives(lite: Classifier, cat: Prepared) -> None:
    names = ("grad-cam", "layer-cam", "hires-cam", "eigen-cam")

    def shown(number: int) -> Heat:
        layer = (DEFAULT, NARROW)[number % 2]
        return run(*asked(lite, cat, (layer,), 285 - number % 3, names[number % 4])).shown

    serial = [shown(number) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(shown, range(12)))
    for one, other in zip(serial, parallel, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
