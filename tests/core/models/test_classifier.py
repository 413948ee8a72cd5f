"""From a picture to logits, names and classes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tf

from core.errors import UnknownClass
from core.models import preprocess
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.load import load
from core.pictures.picture import Picture, from_pixels
from tests.conftest import TINY_NAMES, TINY_SIZE, blocks_picture, classifier_of, tiny_net

CPU = torch.device("cpu")


def test_squash_is_pillows_bilinear_resize_of_the_whole(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    image = Image.fromarray(picture.pixels).resize(
        (TINY_SIZE, TINY_SIZE), Image.Resampling.BILINEAR
    )
    assert np.array_equal(prepared.view, np.asarray(image))
    assert prepared.box == (0, 0, 56, 40)
    assert prepared.batch.shape == (1, 3, TINY_SIZE, TINY_SIZE)
    rgb = torch.from_numpy(prepared.view.copy()).permute(2, 0, 1)[None] / 255
    assert torch.equal(prepared.batch, rgb)  # mean 0, deviation 1


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("height", "width"), [(40, 56), (90, 41), (300, 301), (33, 200), (17, 17)])
def test_crop_equals_torchvisions_transforms(height: int, width: int, interpolation: str) -> None:
    pixels = blocks_picture(height, width).pixels
    view, box = preprocess.crop(pixels, (32, 32), 37, interpolation)
    image = tf.resize(Image.fromarray(pixels), [37], InterpolationMode(interpolation))
    expected = np.asarray(tf.center_crop(image, [32, 32]))
    assert np.abs(view.astype(int) - expected).max() <= 1
    x0, y0, x1, y1 = box
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    short = min(height, width)
    assert abs((x1 - x0) - short * 32 / 37) <= 2  # both edges are rounded
    assert abs(x0 + x1 - width) <= 0.06 * short + 2  # in the middle


@pytest.mark.parametrize("fit", ["squash", "crop"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1)])
def test_extreme_shapes(tiny: Classifier, shape: tuple[int, int], fit) -> None:
    picture = from_pixels(np.full((*shape, 3), 200, np.uint8), "thin.png")
    prepared = tiny.prepare(picture, fit)
    assert prepared.view.shape == (TINY_SIZE, TINY_SIZE, 3)
    assert (prepared.view == 200).all()
    x0, y0, x1, y1 = prepared.box
    assert picture.pixels[y0:y1, x0:x1].size


def test_normalise(tiny: Classifier) -> None:
    colours = dataclasses.replace(tiny.preprocess, mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))
    card = dataclasses.replace(tiny.card, preprocess=colours)
    classifier = Classifier(tiny_net(), card, CPU)
    batch = classifier.normalise(torch.full((2, 3, 1, 1), 0.6))
    torch.testing.assert_close(batch[1, :, 0, 0], torch.tensor([1.0, 0.4, 0.15]))


def test_logits_are_the_models_own(tiny: Classifier, prepared: Prepared) -> None:
    with torch.no_grad():
        assert torch.equal(tiny.logits(prepared.batch), tiny_net()(prepared.batch))
    assert not tiny.logits(prepared.batch).requires_grad


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_big_batches(tiny: Classifier, precision) -> None:
    batch = torch.rand(9, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = tiny_net()(batch)
    found = tiny.logits(batch, precision)
    exact = tiny.effective_precision(precision) == "exact"
    assert found.dtype == torch.float32
    assert (found - expected).abs().max() <= (1e-4 if exact else 0.05) * expected.abs().max()


def test_folded_form_has_no_batch_norms_left_and_shares_the_rest() -> None:
    classifier = load("resnet18:random", CPU)
    assert len(classifier._forms.pairs) == 20
    folded = classifier._forms.for_logits("exact")
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in folded.modules())
    assert folded.fc.weight.data_ptr() == classifier._model.fc.weight.data_ptr()


def test_predictions_are_sorted_and_sum_to_one(tiny: Classifier, prepared: Prepared) -> None:
    shares = tiny.probabilities(prepared)
    assert shares.dtype == np.float32
    assert shares.shape == (4,)
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    guesses = tiny.predict(prepared, top=9)
    assert [guess.index for guess in guesses] == list(np.argsort(-shares))
    assert [guess.name for guess in guesses] == [TINY_NAMES[guess.index] for guess in guesses]
    assert len(tiny.predict(prepared, top=2)) == 2


def test_known_weights_give_known_logits(one_conv) -> None:
    kernel = torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.5, 0.0]])
    weight = torch.tensor([[2.0, 0.0], [1.0, 4.0]])
    classifier = one_conv(kernel, weight)
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2, :, 0] = 255  # red above
    pixels[2:, :, 1] = 255  # green below
    prepared = classifier.prepare(from_pixels(pixels, "halves.png"))
    # channel 0 is 1 above, channel 1 is 0.5 below: means 0.5 and 0.25
    torch.testing.assert_close(classifier.logits(prepared.batch), torch.tensor([[1.0, 1.5]]))


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("2", 2),
        (" 0 ", 0),
        ("grey cat", 0),
        ("GREY  Cat", 0),
        ("red_dog", 1),
        ("dog", 1),
        ("machine", 3),
        ("crane (bird)", 2),
    ],
)
def test_find_class(tiny: Classifier, text: str, index: int) -> None:
    assert tiny.find_class(text) == index


def test_find_class_auto(tiny: Classifier, prepared: Prepared) -> None:
    assert tiny.find_class("Auto", prepared) == tiny.predict(prepared)[0].index


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4", "from 0 to 3"),
        ("99999999999999999999", "from 0 to 3"),
        ("crane", r"several classes: crane \(bird\) \(2\), crane \(machine\) \(3\)"),
        ("gray cat", r"nearest are grey cat \(0\)"),
        ("zzzz", "such as grey cat"),
        ("", "from 0 to 3"),
        ("-1", "from 0 to 3"),
        ("auto", "needs a picture"),
    ],
)
def test_unknown_classes(tiny: Classifier, text: str, message: str) -> None:
    with pytest.raises(UnknownClass, match=message):
        tiny.find_class(text)


def test_name_that_two_classes_have_needs_an_index() -> None:
    names = ("crane", "owl", "crane", "crane fly")
    classifier = classifier_of(tiny_net(), names=names)
    with pytest.raises(UnknownClass, match=r"crane \(0\), crane \(2\)\."):
        classifier.find_class("crane")
    assert classifier.find_class("2") == 2


def test_model_is_frozen(tiny: Classifier) -> None:
    assert not any(parameter.requires_grad for parameter in tiny._model.parameters())
    assert not any(module.training for module in tiny._model.modules())
