"""LIME on ResNet-18 and a photo equals stock lime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer

from core.caching.once import Once
from core.explain.perturb.lime import LIME
from core.models.catalog import find
from core.models.load import load
from core.models.weights import build, fill, locate, read_state
from core.pictures.picture import read
from tests.conftest import asked_lime

SAMPLES = 60


@pytest.mark.parametrize("seed", [0, 11])
def test_weights_are_stock_limes(
    test_data: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(test_data / "weights"))
    store = Once(64 << 20)
    model = load("resnet18", torch.device("cpu"))
    photo = test_data / "data" / "photos" / "n01443537_goldfish.JPEG"
    prepared = model.prepare(read(photo))

    entry = find("resnet18")
    path = locate(entry)
    assert path is not None
    net = build(entry)
    fill(net, read_state(path), "resnet18", path.name)
    net.eval()

    def answer(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            rgb = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
            return net(model.normalise(rgb)).softmax(1).numpy()

    stock = LimeImageExplainer(random_state=seed).explain_instance(
        prepared.view, answer, top_labels=3, num_samples=SAMPLES, random_seed=seed
    )
    for class_index in stock.top_labels:
        target = int(class_index)
        made = LIME.run(*asked_lime(model, prepared, target, store, seed, samples=SAMPLES))
        assert np.array_equal(made.superpixels.segments, stock.segments)
        weights = np.zeros(len(made.superpixels.fit.weights))
        for number, weight in stock.local_exp[class_index]:
            weights[number] = weight
        assert np.abs(made.superpixels.fit.weights - weights).max() < 1e-5
    assert model.names[stock.top_labels[0]] == "goldfish"
    target = int(stock.top_labels[0])
    strongest = LIME.run(*asked_lime(model, prepared, target, store, seed, samples=SAMPLES))
    assert np.abs(strongest.superpixels.fit.weights).max() > 0.05
