"""The order of the picker, made again only when weights came or went."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.models import catalog, files, picker_order
from core.models.catalog import find


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty local weights folder; no other folder has weights."""
    for name in ("XDG_CACHE_HOME", "TORCH_HOME", "SEEWHY_WEIGHTS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "SEEWHY_WEIGHTS").mkdir()
    return tmp_path / "SEEWHY_WEIGHTS"


def test_what_is_on_disk_stands_before_what_must_be_fetched(folder: Path) -> None:
    name = "vgg16:IMAGENET1K_V1"
    before = picker_order.offered().index(name)
    (folder / "vgg16.pth").write_bytes(b"mine")
    after = picker_order.offered()
    built_in = [e.id for e in catalog.entries() if catalog.status(e).state == "built in"]
    assert after.index(name) == len(built_in) < before
    assert after[-1].endswith(":random")
    assert len(set(after)) == len(after)


def test_no_weight_file_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in catalog.entries():
        if entry.file is None:
            (folder / entry.file_name).write_bytes(b"mine")
    monkeypatch.setattr(files, "file_digest", None)
    monkeypatch.setattr(catalog, "file_digest", None)
    assert catalog.status(find("resnet50")).state == "on disk"
    assert len(picker_order.offered()) > 150


def test_it_is_the_same_while_nothing_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(folder, (1, 1))
    first = picker_order.offered()
    monkeypatch.setattr(picker_order, "entries", None)
    assert picker_order.offered() is first


@pytest.mark.parametrize(
    ("on_disk", "default"),
    [((), "resnet18"), (("vgg16", "resnet18"), "resnet18"), (("vgg16",), "vgg16")],
)
def test_without_a_built_in_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, on_disk: tuple[str, ...], default: str
) -> None:
    entries = tuple(entry for entry in catalog.entries() if entry.file is None)
    monkeypatch.setattr(picker_order, "entries", lambda: entries)
    for arch in on_disk:
        (folder / f"{arch}.pth").write_bytes(b"mine")
    assert picker_order.default_id() == find(default).id
