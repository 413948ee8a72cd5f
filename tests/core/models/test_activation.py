"""Models with a sigmoid, of one logit and of several labels, and models of grey pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.commands.entry_point import OK, main
from core.concepts.evidence import evidence_for
from core.errors import BadOption
from core.explain.cams.finer import ALONE
from core.explain.methods import METHODS
from core.figures.browser import predictions
from core.models import preprocess
from core.models.activation import probabilities
from core.models.card import Card
from core.models.catalog import find
from core.models.classifier import Classifier
from core.models.load import load
from core.models.record import model_record
from core.models.weights import build
from core.requests.keys import key_of
from core.requests.maps import WITHOUT_LAYER
from core.requests.options import Value
from core.requests.references import Activation, Preprocess
from tests.conftest import asked, asked_lime, blocks_picture, run, tiny_net

MANY = ("red", "round", "striped", "furry", "wet")


def classifier(
    names: tuple[str, ...], activation: Activation = "sigmoid", channels: int = 3
) -> Classifier:
    net = tiny_net(classes=len(names))
    if channels == 1:
        net.stem[0] = nn.Conv2d(1, 6, 3, padding=1)
    base = Preprocess((24, 40), 48, (0.4,) * channels, (0.25,) * channels)
    return Classifier(net, Card("own", "Own", "tiny", "1" * 64, names, base, activation))


@pytest.fixture(name="model", params=[("yes",), MANY], ids=["one logit", "five labels"])
def model_fixture(request: pytest.FixtureRequest) -> Classifier:
    return classifier(request.param)


def test_the_two_activations() -> None:
    logits = torch.tensor([[0.5, -1.0, 2.0]])
    assert torch.equal(probabilities(logits, "softmax"), logits.softmax(1))
    assert torch.equal(probabilities(logits, "sigmoid"), logits.sigmoid())


def test_a_prediction_is_a_sigmoid_of_each_logit(model: Classifier) -> None:
    prepared = model.prepare(blocks_picture())
    expected = torch.sigmoid(model.logits(prepared.batch))[0].numpy()
    assert np.array_equal(model.probabilities(prepared), expected)
    guesses = model.predict(prepared)
    assert len(guesses) == len(model.names)
    assert [guess.probability for guess in guesses] == sorted(expected.tolist(), reverse=True)
    assert {guess.activation for guess in guesses} == {"sigmoid"}
    assert model.find_class("auto", prepared) == int(expected.argmax())


def test_every_method_and_measure_takes_the_activation(model: Classifier) -> None:
    prepared = model.prepare(blocks_picture())
    expected = torch.sigmoid(model.logits(prepared.batch))[0]
    target = len(model.names) - 1
    for name in METHODS:
        by_input = name in WITHOUT_LAYER and not METHODS[name].fits(model, "")
        if not (METHODS[name].layered or by_input):
            continue
        few: dict[str, Value] = {"masks": 100} if name == "rise" else {}
        made = run(*asked(model, prepared, method=name, target=target, options=few))
        assert made.probability == pytest.approx(float(expected[target]), abs=1e-6), name
        assert made.shown.shape == (24, 40)
        assert np.isfinite(made.heat).all()
        assert (ALONE in made.notes) == (name == "finer-cam" and len(model.names) == 1)
    lime = run(*asked_lime(model, prepared, target=target, samples=50, segments="grid", cells=3))
    assert lime.probability == pytest.approx(float(expected[target]), abs=1e-6)
    assert lime.superpixels is not None
    assert lime.superpixels.fit.model == pytest.approx(float(expected[target]), abs=0.05)
    assert lime.superpixels.fit.weights.any()
    evidence = evidence_for(model, prepared, target, model.default_layer)
    assert evidence.probability == pytest.approx(float(expected[target]), abs=1e-6)


def test_finer_cam_weighs_labels_by_their_own_probability() -> None:
    softmax, sigmoid = classifier(MANY, "softmax"), classifier(MANY)
    prepared = softmax.prepare(blocks_picture())
    one, two = (
        run(*asked(each, prepared, method="finer-cam", target=1)) for each in (softmax, sigmoid)
    )
    assert not np.allclose(one.heat, two.heat)


def test_another_activation_is_another_model() -> None:
    one, two = classifier(MANY, "softmax"), classifier(MANY)
    assert key_of(one.reference) != key_of(two.reference)
    prepared = one.prepare(blocks_picture())
    assert key_of(asked(one, prepared)[0]) != key_of(asked(two, prepared)[0])


def test_a_record_says_activation_and_preprocessing(model: Classifier) -> None:
    record = model_record(model)
    assert record["activation"] == "sigmoid"
    assert record["preprocess"]["size"] == [24, 40]
    assert "sigmoid" in record["input"]
    json.dumps(record)


def test_a_low_sigmoid_is_not_called_unsure() -> None:
    prepared = classifier(("yes",)).prepare(blocks_picture())
    (guess,) = classifier(("yes",)).predict(prepared)
    low = replace(guess, probability=0.01)
    assert not predictions.is_unsure(low)
    assert predictions.is_unsure(replace(low, activation="softmax"))
    assert predictions.spoken([low]) == "yes 1.0 %"


def test_grey_is_pillows() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    assert np.array_equal(preprocess.grey(pixels)[..., 1], expected)
    rgb = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    assert torch.equal(preprocess.luma(rgb)[0, 0], torch.from_numpy(expected.copy()) / 255)


def test_a_model_of_grey_pictures_goes_through_everything() -> None:
    model = classifier(MANY, channels=1)
    prepared = model.prepare(blocks_picture(70, 90), "crop")
    assert prepared.batch.shape == (1, 1, 24, 40)
    assert np.array_equal(prepared.view[..., 0], prepared.view[..., 2])
    level = torch.from_numpy(prepared.view[..., 0].copy()) / 255
    assert torch.allclose(prepared.batch[0, 0], (level - 0.4) / 0.25, atol=1e-6)
    for name in ("grad-cam", "ablation-cam", "score-cam"):
        assert run(*asked(model, prepared, method=name)).shown.shape == (24, 40)
    lime = run(*asked_lime(model, prepared, samples=50, segments="grid", cells=3))
    assert lime.superpixels is not None
    assert lime.superpixels.fit.model == pytest.approx(lime.probability, abs=0.05)


@pytest.mark.parametrize("name", ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"])
def test_every_filter_of_pillow(name: str) -> None:
    pixels = blocks_picture(70, 90).pixels
    filter = Image.Resampling[name.upper()]
    expected = np.asarray(Image.fromarray(pixels).resize((40, 24), filter))
    assert np.array_equal(preprocess.squash(pixels, (24, 40), name)[0], expected)


def test_as_trained_can_mean_the_whole_picture() -> None:
    model = classifier(MANY)
    how = replace(model.preprocess, resize=1, crop="squash", interpolation="bicubic")
    other = Classifier(tiny_net(classes=5), replace(model.card, preprocess=how))
    picture = blocks_picture(70, 90)
    prepared = other.prepare(picture, "crop")
    expected = Image.fromarray(picture.pixels).resize((40, 24), Image.Resampling.BICUBIC)
    assert np.array_equal(prepared.view, np.asarray(expected))
    assert prepared.box == (0, 0, 90, 70)


@pytest.mark.parametrize("shape", [(70, 90), (90, 70), (10, 300), (300, 10), (1, 1)])
@pytest.mark.parametrize(("size", "resize"), [((24, 40), 24), ((40, 24), 26), ((16, 200), 20)])
def test_a_crop_larger_than_the_resized_picture_stays_inside(shape, size, resize) -> None:
    view, (x0, y0, x1, y1) = preprocess.crop(blocks_picture(*shape).pixels, size, resize, "box")
    assert view.shape == (*size, 3)
    assert 0 <= x0 < x1 <= shape[1]
    assert 0 <= y0 < y1 <= shape[0]


@pytest.mark.parametrize("classes", [1, 5])
def test_the_command_explains_a_sigmoid(
    classes: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    weights = tmp_path / "own.pth"
    torch.save(build(find("resnet18"), classes, channels=1).state_dict(), weights)
    photo = tmp_path / "photo.png"
    Image.fromarray(blocks_picture(60, 80).pixels).save(photo)
    out = tmp_path / "out"
    text = f"explain {photo} --model resnet18 --weights {weights} --methods grad-cam,lime"
    settings = "--input size=48x64 --input channels=1 --input activation=sigmoid --fit crop"
    lime = "--samples 50 --segments grid"
    assert main([*f"{text} {settings} {lime} --device cpu --out {out}".split()]) == OK
    record = json.loads((out / "explain.json").read_text())
    assert record["model"]["activation"] == "sigmoid"
    assert record["model"]["preprocess"]["size"] == [48, 64]
    assert len(record["model"]["preprocess"]["mean"]) == 1
    (picture,) = record["pictures"]
    assert len(picture["predictions"]) == classes
    assert {each["method"] for each in picture["explanations"]} == {"grad-cam", "lime"}
    assert picture["request"]["model"]["input"] == [
        "size=48x64",
        "channels=1",
        "activation=sigmoid",
    ]


def test_a_model_that_refuses_the_size_says_so_in_one_sentence() -> None:
    with pytest.raises(BadOption, match="64 x 64") as caught:
        load("vit_b_16:random", torch.device("cpu"), preprocess=Preprocess((64, 64), 64))
    assert "\n" not in str(caught.value)
