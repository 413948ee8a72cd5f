"""Maps of real photos on real weights."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from core import Heat
from core.explain import methods
from core.explain.cams import ablation
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.load import load
from core.pictures.picture import read
from core.requests.maps import Precision
from tests.conftest import asked, run


@pytest.fixture(scope="module")
def resnet18(test_data: Path) -> Classifier:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEEWHY_WEIGHTS", str(test_data / "weights"))
        return load("resnet18", torch.device("cpu"))


@pytest.fixture(scope="module")
def photos(test_data: Path, resnet18: Classifier) -> list[tuple[Prepared, int]]:
    found = sorted((test_data / "data/photos").iterdir())
    prepared = [resnet18.prepare(read(path)) for path in found]
    return [(item, resnet18.predict(item, top=1)[0].index) for item in prepared]


def shown(
    classifier: Classifier, pair: tuple[Prepared, int], name: str, precision: Precision = "exact"
) -> Heat:
    name, smooth = methods.parse_label(name)
    prepared, target = pair
    settings = {"smooth": smooth, "precision": precision}
    return run(*asked(classifier, prepared, ("layer4.1",), target, name, **settings)).shown


def test_grad_cam_equals_the_package_on_every_photo(
    resnet18: Classifier, photos: list[tuple[Prepared, int]]
) -> None:
    assert resnet18.default_layer == "layer4.1"
    net = copy.deepcopy(resnet18._model).requires_grad_(True)
    cam = GradCAM(net, [net.layer4[1]])
    for prepared, index in photos:
        stock = cam(prepared.batch.clone(), [ClassifierOutputTarget(index)])[0]
        ours = shown(resnet18, (prepared, index), "grad-cam")
        np.testing.assert_allclose(ours, stock, atol=1e-4)


def test_ablation_at_once_equals_one_channel_at_a_time(
    resnet18: Classifier, photos: list[tuple[Prepared, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = [shown(resnet18, pair, "ablation-cam") for pair in photos]
    monkeypatch.setattr(ablation, "is_affine", lambda logits: False)
    for quick, pair in zip(at_once, photos, strict=True):
        np.testing.assert_allclose(quick, shown(resnet18, pair, "ablation-cam"), atol=1e-4)


@pytest.mark.slow
def test_fast_score_cam_is_close_to_exact(
    resnet18: Classifier, photos: list[tuple[Prepared, int]]
) -> None:
    if resnet18.effective_precision("fast") == "exact":
        pytest.skip("this CPU has no bfloat16 instructions")
    exact = shown(resnet18, photos[0], "score-cam")
    fast = shown(resnet18, photos[0], "score-cam", "fast")
    assert np.corrcoef(exact.ravel(), fast.ravel())[0, 1] > 0.999


def test_threads_give_what_one_thread_gives(
    resnet18: Classifier, photos: list[tuple[Prepared, int]]
) -> None:
    names = ("grad-cam", "layer-cam", "hires-cam+eigen", "ablation-cam")
    work = [(photos[i % len(photos)], names[i % len(names)]) for i in range(20)]
    serial = [shown(resnet18, pair, name) for pair, name in work]
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda item: shown(resnet18, *item), work))
    for one, other in zip(serial, parallel, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_goldfish_lies_under_its_map(
    resnet18: Classifier, photos: list[tuple[Prepared, int]]
) -> None:
    prepared, index = photos[0]
    assert "goldfish" in prepared.picture.name
    assert "goldfish" in resnet18.names[index].lower()
    view = prepared.view.astype(np.float32)
    orange = view[..., 0] - view[..., 2]
    for name in ("grad-cam", "ablation-cam", "layer-cam"):
        heat = shown(resnet18, (prepared, index), name)
        assert np.corrcoef(heat.ravel(), orange.ravel())[0, 1] > 0.2
