"""LIME's parameter files: lime itself takes them, and they load without this project."""

from __future__ import annotations

import json
import pickle
import pickletools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer
from skimage import data
from torch import nn

from core.caching.once import Once
from core.explain.base import Explanation, Subject
from core.explain.perturb.lime import LIME
from core.export.lime_params import JSON_NAME, PICKLE_NAME, LimeParameters, parameters
from core.models.card import Card
from core.models.classifier import Classifier
from core.pictures.picture import from_pixels
from core.requests.options import Value
from core.requests.references import Preprocess
from tests.conftest import asked_lime

KEYS = {
    "top_labels",
    "hide_color",
    "num_samples",
    "num_features",
    "labels",
    "batch_size",
    "segmentation_fn",
    "distance_metric",
    "model_regressor",
    "random_seed",
}


def small_net() -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 7, stride=7),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 3),
    )
    with torch.no_grad():
        net[-1].weight.mul_(3)
    return net.eval()


@pytest.fixture(scope="module", name="subject")
def subject_fixture() -> Subject:
    card = Card(
        "small", "Small", "small", "f" * 64, ("ant", "bee", "cat"), Preprocess((224, 224), 224)
    )
    model = Classifier(small_net(), card)
    seen = model.prepare(from_pixels(data.chelsea(), "cat.png"))
    return Subject(model, seen, Once(64 << 20))


def made(subject: Subject, target: int = 1, **options: Value) -> Explanation:
    settings: dict[str, Value] = {"samples": 60, "segments": "grid", **options}
    return LIME.run(
        *asked_lime(subject.classifier, subject.prepared, target, subject.samples, **settings)
    )


def test_stock_lime_takes_them_and_gives_the_same_weights(subject: Subject) -> None:
    ours = made(subject, segments="quickshift", fill="black", kernel_width=0.3)
    (name, content), (pickle_name, pickled) = _files([("cat", [ours])])
    assert (name, pickle_name) == (JSON_NAME, PICKLE_NAME)
    told, given = json.loads(content)["cat"], pickle.loads(pickled)["cat"]
    net = small_net()

    def answer(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            rgb = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
            return net(subject.classifier.normalise(rgb)).softmax(1).numpy()

    assert told["picture_size"] == [224, 224]
    stock = LimeImageExplainer(**told["explainer"]).explain_instance(
        subject.prepared.view, answer, **given
    )
    weights = np.zeros(len(ours.superpixels.fit.weights))
    for number, weight in stock.local_exp[1]:
        weights[number] = weight
    assert list(stock.local_exp) == [1]
    assert np.abs(weights - ours.superpixels.fit.weights).max() < 1e-5
    assert np.abs(weights).max() > 1e-3


def _files(pictures: list[tuple[str, list[Explanation]]]) -> list[tuple[str, bytes]]:
    collected = LimeParameters()
    for stem, explanations in pictures:
        collected.add(stem, explanations)
    return collected.files()


def test_the_pickle_needs_nothing_but_python(subject: Subject, tmp_path: Path) -> None:
    explanations = [made(subject, k, regressor="lasso", fill="#102030") for k in (0, 2)]
    pickled = _files([("cat", explanations)])[1][1]
    opcodes = {opcode.name for opcode, _, _ in pickletools.genops(pickled)}
    assert not opcodes & {"GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "NEWOBJ", "INST", "OBJ"}
    path = tmp_path / "lime_params.pkl"
    path.write_bytes(pickled)
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')))"
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert eval(shown.stdout)["cat"]["labels"] == (0, 2)


def test_every_argument_is_there_and_the_json_says_more(subject: Subject) -> None:
    one = made(subject, sign="any", hide_rest=True, superpixels=3, min_weight=0.01)
    (_, content), (_, pickled) = _files([("cat", [one])])
    given, told = pickle.loads(pickled)["cat"], json.loads(content)["cat"]
    assert set(given) == KEYS
    assert {"positive_only", "hide_rest"} <= set(told) - KEYS
    assert told["hide_rest"] is True
    assert told["positive_only"] is told["negative_only"] is False
    assert (told["outlined"], told["min_weight"]) == (3, 0.01)
    assert {**{k: told[k] for k in KEYS}, "labels": tuple(told["labels"])} == given
    assert given["num_samples"] == 60
    assert given["labels"] == (1,)
    assert (given["top_labels"], given["random_seed"]) == (None, 0)


@pytest.mark.parametrize(
    ("options", "name", "value", "words"),
    [
        ({"fill": "mean"}, "hide_color", None, ""),
        ({"fill": "black"}, "hide_color", 0, ""),
        ({"fill": "#ff8000"}, "hide_color", (255, 128, 0), ""),
        ({"fill": "blur"}, "hide_color", "blur", "hide_color is 'blur', which lime does not have"),
        ({"regressor": "ridge"}, "model_regressor", None, ""),
        ({"regressor": "lasso"}, "model_regressor", "Lasso(alpha=0.001)", "model_regressor is a"),
        ({"segments": "quickshift"}, "segmentation_fn", None, ""),
        ({"segments": "grid"}, "segmentation_fn", "grid(cells=8)", "segmentation_fn is a name"),
        (
            {"segments": "quickshift", "ratio": 0.5},
            "segmentation_fn",
            "quickshift(kernel_size=4.0, max_dist=200.0, ratio=0.5)",
            "segmentation_fn is a name",
        ),
    ],
)
def test_what_lime_cannot_be_told_is_a_string_at_which_it_stops(
    subject: Subject, options: dict[str, Value], name: str, value: object, words: str
) -> None:
    one = made(subject, **{"segments": "quickshift", **options})
    assert parameters([one])[name] == value
    told = json.loads(_files([("cat", [one])])[0][1])["cat"]
    assert any(words in sentence for sentence in told["not_in_lime"]) == bool(words)
    if isinstance(value, str):
        given = parameters([one]) | {"num_samples": 5}
        with pytest.raises((ValueError, TypeError, AttributeError)):
            LimeImageExplainer(random_state=0).explain_instance(
                subject.prepared.view, lambda pictures: np.full((len(pictures), 3), 0.3), **given
            )


@pytest.mark.parametrize(
    ("stems", "names"),
    [
        (["n01443537_goldfish"], ["goldfish"]),
        (["n0144353_goldfish", "xn01443537_fish"], ["n0144353_goldfish", "xn01443537_fish"]),
        (["n01443537_cat", "n02007558_cat", "cat"], ["cat", "cat-2", "cat-3"]),
        (["n01443537_"], ["n01443537_"]),
    ],
)
def test_names_are_stems_without_the_class_number(
    subject: Subject, stems: list[str], names: list[str]
) -> None:
    one = made(subject)
    files = _files([(stem, [one]) for stem in stems])
    assert list(json.loads(files[0][1])) == list(pickle.loads(files[1][1])) == names


def test_other_methods_have_no_parameters(subject: Subject) -> None:
    other = replace(made(subject), method="grad-cam")
    assert _files([("cat", [other]), ("dog", [])]) == []
    one = made(subject)
    assert list(json.loads(_files([("cat", [other, one])])[0][1])) == ["cat"]


def test_samples_that_lime_does_not_draw_are_said(subject: Subject) -> None:
    told = [
        json.loads(_files([("cat", [made(subject, sampling=name)])])[0][1])["cat"]["not_in_lime"]
        for name in ("random", "balanced")
    ]
    assert not any("sampling" in sentence for sentence in told[0])
    assert any("sampling is 'balanced'" in sentence for sentence in told[1])


def test_classes_share_an_entry_and_other_settings_do_not(subject: Subject) -> None:
    explanations = [made(subject, 0), made(subject, 2), made(subject, 0, fill="black")]
    given = pickle.loads(_files([("cat", explanations)])[1][1])
    assert list(given) == ["cat", "cat-2"]
    assert given["cat"]["labels"] == (0, 2)
    assert (given["cat-2"]["labels"], given["cat-2"]["hide_color"]) == ((0,), 0)
