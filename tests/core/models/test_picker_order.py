"""The order of the picker, made again only when weights came or went."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.models import catalog, files, picker_order
from core.models.catalog import find
from core.models.picker_order import GROUPS, offered
from core.models.sources import published_files, timm_models


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty local weights folder; no other folder has weights."""
    for name in ("TORCH_HOME", "SEEWHY_WEIGHTS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "SEEWHY_WEIGHTS").mkdir()
    return tmp_path / "SEEWHY_WEIGHTS"


def test_what_is_on_disk_stands_before_what_must_be_fetched(folder: Path) -> None:
    name = "vgg16:IMAGENET1K_V1"
    before = offered("torchvision").index(name)
    (folder / "vgg16.pth").write_bytes(b"mine")
    after = offered("torchvision")
    assert after.index(name) == 0 < before
    assert after[-1].endswith(":random")
    assert len(set(after)) == len(after)


def test_every_listed_model_is_in_one_group(folder: Path) -> None:
    listed = [name for group in GROUPS for name in offered(group) if not name.endswith(":random")]
    assert sorted(listed) == sorted(e.id for e in (*catalog.entries(), *catalog.entries("timm")))
    assert all(name in offered(picker_order.group_of(find(name))) for name in listed[::50])


def test_no_weight_file_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in catalog.entries():
        if entry.file is None:
            (folder / entry.file_name).write_bytes(b"mine")
    for module in (files, published_files, timm_models):
        monkeypatch.setattr(module, "file_digest", None)
    assert catalog.status(find("resnet50")).state == "on disk"
    assert len(offered("torchvision")) > 150


@pytest.mark.parametrize("group", ["Built in", "torchvision", "timm"])
def test_it_is_the_same_while_nothing_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    os.utime(folder, (1, 1))
    first = offered(group)
    monkeypatch.setattr(picker_order, "entries", None)
    assert offered(group) is first


def test_own_code_is_a_group_where_the_owner_offers_some(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Own code" not in picker_order.groups()
    (folder / "nets.py").write_text("def tiny(): ...\ndef _private(): ...\ndef takes(x): ...\n")
    monkeypatch.setenv("SEEWHY_MODELS", str(folder))
    assert "Own code" in picker_order.groups()
    assert offered("Own code") == ("nets.py:tiny",)
