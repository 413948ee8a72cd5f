"""Real weights on real photos."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.models.classifier import Classifier
from core.models.load import load
from core.pictures.picture import read

CPU = torch.device("cpu")
GOOD = {"goldfish": "goldfish", "tiger_shark": "tiger shark", "flamingo": "flamingo"}


@pytest.fixture(params=["resnet18", "resnet50", "mobilenet_v2"])
def classifier(
    request: pytest.FixtureRequest, test_data: Path, monkeypatch: pytest.MonkeyPatch
) -> Classifier:
    if not (test_data / "weights" / f"{request.param}.pth").is_file():
        pytest.skip(f"{test_data / 'weights'} has no {request.param}.pth")
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(test_data / "weights"))
    return load(request.param, CPU)


def test_photos_are_recognised(classifier: Classifier, test_data: Path) -> None:
    photos = sorted((test_data / "data" / "photos").glob("*.JPEG"))
    seen = {path.stem.partition("_")[2]: classifier.prepare(read(path)) for path in photos}
    assert len(seen) == 10
    for key, name in GOOD.items():
        assert classifier.predict(seen[key])[0].name == name


def test_folded_and_split_passes_agree(classifier: Classifier, test_data: Path) -> None:
    photos = sorted((test_data / "data" / "photos").glob("*.JPEG"))[:4]
    batch = torch.cat([classifier.prepare(read(path), "crop").batch for path in photos])
    plain = torch.cat([classifier.logits(batch[i : i + 1]) for i in range(4)])
    scale = plain.abs().max()
    assert (classifier.logits(batch) - plain).abs().max() <= 1e-4 * scale
    split = classifier.split(classifier.default_layer)
    assert (split.tail(*split.head(batch)) - plain).abs().max() <= 1e-5 * scale
    if classifier.effective_precision("fast") == "fast":
        fast = classifier.logits(batch, "fast")
        assert torch.corrcoef(torch.stack([fast.flatten(), plain.flatten()]))[0, 1] >= 0.99
