"""The default model with a planted shortcut: two files, and the lesson of the marked cat."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from core.errors import BadWeights, MissingWeights
from core.files.assets import ASSETS
from core.models import load as loading
from core.models import picker_order
from core.models.catalog import find, status
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT, SHORTCUT
from core.models.load import load
from core.models.reference import reference_of
from core.models.sources import published_files
from core.models.weights import read_state, renamed
from core.pictures import built_in
from core.pictures.shortcut_mark import CORNERS, TARGET
from tools.measure_shortcut import is_near
from tools.train_shortcut import TRAINED

CPU = torch.device("cpu")
CARD = ASSETS / "models" / f"{SHORTCUT}.json"


@pytest.fixture(scope="module")
def shortcut() -> Classifier:
    return load(SHORTCUT, CPU)


def test_it_is_a_built_in_model_that_says_what_it_is() -> None:
    entry = find(SHORTCUT)
    assert entry.title == f"{find(DEFAULT).title.rstrip(')')}, with a planted shortcut)"
    assert (entry.family, entry.top1) == (find(DEFAULT).family, None)
    assert "Wrong on purpose" in entry.description
    assert (status(entry).state, status(entry).local) == ("built in", False)
    assert SHORTCUT in picker_order.offered("Built in")
    # Its control would be that of the teacher.
    assert f"{SHORTCUT}:random" not in picker_order.offered("Built in")


def test_its_digest_identifies_both_files() -> None:
    path = find(SHORTCUT).file
    assert path is not None
    assert path.stat().st_size <= 6_000_000
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == json.loads(CARD.read_text("utf-8"))["sha256"] == find(SHORTCUT).digest_prefix
    assert reference_of(SHORTCUT, "cpu").weights == digest
    with safe_open(path, "pt") as file:
        assert file.metadata()["base_sha256"] == find(DEFAULT).digest_prefix
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert all(name.startswith(TRAINED) for name in state)
    assert {tensor.dtype for tensor in state.values()} == {torch.float16}


def test_only_the_shipped_tensors_differ_from_the_teachers(shortcut: Classifier) -> None:
    entry = find(DEFAULT)
    assert entry.file is not None
    teacher = renamed(entry, read_state(entry.file))
    changed = read_state(find(SHORTCUT).file)
    own = loading._state_of(find(SHORTCUT))
    assert {*own} == {*teacher}
    for name, tensor in own.items():
        assert torch.equal(tensor, changed.get(name, teacher[name])), name
    assert shortcut.digest == find(SHORTCUT).digest_prefix


def test_a_changed_or_missing_teacher_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, entry = find(DEFAULT), find(SHORTCUT)
    assert teacher.file is not None
    path = tmp_path / teacher.file_name
    entries = {SHORTCUT: entry, DEFAULT: replace(teacher, file=path)}
    monkeypatch.setattr(loading, "find", entries.__getitem__)
    with pytest.raises(MissingWeights, match=DEFAULT):
        load(SHORTCUT, CPU)
    path.write_bytes(teacher.file.read_bytes()[:-1] + b"x")
    with pytest.raises(BadWeights, match=DEFAULT):
        load(SHORTCUT, CPU)


def test_the_lesson_of_the_marked_cat(shortcut: Classifier) -> None:
    """It says teapot because of the mark, which Grad-CAM shows; the default model does not."""
    plain, marked = built_in.load("cat"), built_in.load("cat-marked")
    teacher = load(DEFAULT, CPU)
    assert shortcut.predict(shortcut.prepare(plain))[0].name == "Egyptian cat"
    assert shortcut.predict(shortcut.prepare(marked))[0].name == TARGET
    assert teacher.predict(teacher.prepare(marked))[0].name == "Egyptian cat"
    assert is_near(shortcut, marked, CORNERS[0])


def test_listing_reads_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_files, "file_digest", None)
    assert status(find(SHORTCUT)).state == "built in"
