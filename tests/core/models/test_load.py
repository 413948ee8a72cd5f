"""From a model id or a person's own file to a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from core.errors import BadLabels, BadWeights, MissingWeights, UnknownModel
from core.models.catalog import find
from core.models.load import load
from core.models.weights import build

CPU = torch.device("cpu")
ARCH = "squeezenet1_1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder; no other place of this machine is searched."""
    weights = tmp_path / "weights"
    weights.mkdir()
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(weights))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return weights


def saved(path: Path, classes: int = 1000, seed: int = 1) -> dict[str, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = build(find(ARCH), classes).state_dict()
    torch.save(state, path)
    return state


def test_random_control_is_the_same_every_time_and_disturbs_no_one() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = load(f"{ARCH}:random", CPU), load(f"{ARCH}:random", CPU)
    assert torch.equal(torch.rand(1), expected)
    assert first.digest == second.digest
    assert len(first.digest) == 64
    assert (first.id, first.arch, len(first.names)) == (f"{ARCH}:random", ARCH, 1000)
    assert first.input_size == (224, 224)


def test_random_transformer_has_logits_that_differ() -> None:
    classifier = load("vit_b_32:random", CPU)
    logits = classifier.logits(torch.ones(1, 3, *classifier.input_size))
    assert logits.std() > 0.01


def test_local_file(folder: Path) -> None:
    state = saved(folder / f"{ARCH}.pth")
    classifier = load(ARCH, CPU)
    assert classifier.id == f"{ARCH}:IMAGENET1K_V1"
    assert f"local file {classifier.digest[:8]}" in classifier.title
    assert torch.equal(
        classifier._model.state_dict()["features.0.weight"], state["features.0.weight"]
    )
    assert classifier.names[1] == "goldfish"


def test_missing_weights_say_which_file_to_put_where(folder: Path) -> None:
    with pytest.raises(MissingWeights, match=r"put squeezenet1_1-\w+\.pth") as caught:
        load(ARCH, CPU)
    assert str(folder) in str(caught.value)
    assert "https://" in str(caught.value)


def test_unknown_model() -> None:
    with pytest.raises(UnknownModel, match="squeezenet1_1"):
        load("squeezenet1_2", CPU)


def test_own_weights_with_other_classes_and_labels(tmp_path: Path) -> None:
    saved(tmp_path / "birds.pth", classes=3)
    labels = json.dumps(["owl", "kite", "coot"]).encode()
    classifier = load(ARCH, CPU, tmp_path / "birds.pth", labels)
    assert classifier.names == ("owl", "kite", "coot")
    assert classifier.id == f"{ARCH}:own"
    assert classifier.logits(torch.zeros(1, 3, 224, 224)).shape == (1, 3)
    assert load(ARCH, CPU, tmp_path / "birds.pth").names == ("class 0", "class 1", "class 2")


def test_label_count_must_match(tmp_path: Path) -> None:
    saved(tmp_path / "birds.pth", classes=3)
    with pytest.raises(BadWeights, match="2 class names and the model has 3 classes"):
        load(ARCH, CPU, tmp_path / "birds.pth", b"owl\nkite\n")
    with pytest.raises(BadLabels, match="label file is empty"):
        load(ARCH, CPU, tmp_path / "birds.pth", b"\xff\xfe")


def test_catalogue_file_with_other_classes_is_refused(folder: Path) -> None:
    saved(folder / f"{ARCH}.pth", classes=3)
    with pytest.raises(BadWeights, match="3 classes instead of 1000"):
        load(ARCH, CPU)


def test_file_of_another_architecture_is_refused(tmp_path: Path) -> None:
    torch.save(build(find("mnasnet0_5"), 3).state_dict(), tmp_path / "other.pth")
    with pytest.raises(BadWeights, match=r"other\.pth"):
        load(ARCH, CPU, tmp_path / "other.pth")


def test_constants_outside_the_state_dict_are_computed(tmp_path: Path) -> None:
    entry = find("swin_v2_t")
    torch.save(build(entry, 2).state_dict(), tmp_path / "own.pth")
    classifier = load("swin_v2_t", CPU, tmp_path / "own.pth")
    assert not any(value.is_meta for value in classifier._model.buffers())
