"""The catalogue: what is in it, how ids are read, what is on disk."""

from __future__ import annotations

import hashlib
import urllib.request
from pathlib import Path

import pytest
import torchvision

from core.errors import UnknownModel
from core.models import catalog
from core.models.catalog import entries, find, status


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty local weights folder; no other folder has weights."""
    for name in ("XDG_CACHE_HOME", "TORCH_HOME", "SEEWHY_WEIGHTS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "SEEWHY_WEIGHTS").mkdir()
    return tmp_path / "SEEWHY_WEIGHTS"


def test_every_architecture_of_torchvision_is_there() -> None:
    listed = set(torchvision.models.list_models(module=torchvision.models))
    assert {entry.arch for entry in entries() if entry.file is None} == listed


def test_every_published_classifier_is_there_once() -> None:
    ids = [entry.id for entry in entries()]
    assert len(ids) == len(set(ids))
    wanted = {
        f"{arch}:{member.name}"
        for arch in torchvision.models.list_models(module=torchvision.models)
        for member in torchvision.models.get_model_weights(arch)
        if member.name != "IMAGENET1K_FEATURES"  # VGG-16 without a classifier
    }
    assert wanted | {"resnet18:places365"} == {
        entry.id for entry in entries() if entry.file is None
    }


def test_entries_are_complete() -> None:
    for entry in entries():
        assert entry.classes == len(entry.names) > 1, entry.id
        assert entry.size_mb > 0, entry.id
        assert entry.input_size <= entry.resize_size, entry.id
        assert all(0 < value < 1 for value in entry.mean + entry.std), entry.id
        if entry.file is None and entry.weights_name != "places365":
            assert len(entry.digest_prefix) >= 8, entry.id
            assert entry.file_name in entry.siblings, entry.id
            assert entry.title != entry.arch, entry.id


def test_short_id_is_the_newest() -> None:
    assert find("resnet50").id == "resnet50:IMAGENET1K_V2"
    assert find("resnet18").id == "resnet18:IMAGENET1K_V1"
    for arch in catalog.architectures():
        newest = torchvision.models.get_model_weights(arch).DEFAULT
        assert find(arch).weights_name == newest.name


def test_preprocessing_is_that_of_each_weight_set() -> None:
    first, second = find("resnet50:IMAGENET1K_V1"), find("resnet50:IMAGENET1K_V2")
    assert (first.resize_size, second.resize_size) == (256, 232)
    large = find("efficientnet_v2_l")
    assert (large.input_size, large.mean) == (480, (0.5, 0.5, 0.5))
    assert find("inception_v3").input_size == 299
    assert find("vit_b_16:IMAGENET1K_SWAG_E2E_V1").input_size == 384
    assert find("swin_t").interpolation == "bicubic"


@pytest.mark.parametrize("model_id", ["ResNet50:imagenet1k_v1", " resnet50:IMAGENET1K_V1 "])
def test_case_and_spaces_do_not_matter(model_id: str) -> None:
    assert find(model_id).id == "resnet50:IMAGENET1K_V1"


def test_places_names() -> None:
    places = find("resnet18:places365")
    assert places.classes == 365
    assert places.names[0] == "airfield"
    assert places.names[8] == "apartment building (outdoor)"
    assert places.names[-1] == "zen garden"


def test_random_needs_nothing(folder: Path) -> None:
    for arch in catalog.architectures():
        assert find(f"{arch}:random").classes == 1000
    control = find("resnet18:random")
    assert status(control).state == "built in"
    assert (control.url, control.file_name, control.is_default) == ("", "", False)
    assert control.mean == find("resnet18").mean


@pytest.mark.parametrize(
    ("model_id", "near"),
    [
        ("resent50", "resnet50"),
        ("ViT-B-16", "vit_b_16"),
        ("resnet50:V3", "resnet50:IMAGENET1K_V1"),
        ("vit_tiny_patch16_224", r"did you mean timm:vit_tiny_patch16_224\?"),
        ("Vit_Tiny_patch16_223", "timm:vit_tiny_patch16_224"),
        (
            "vit_tiny_patch16_224.augreg_in21k_ft_in1",
            "timm:vit_tiny_patch16_224.augreg_in21k_ft_in1k",
        ),
        ("nothing like it", "the list of models"),
        ("nothing:random", "the list of models"),
        ("", "the list of models"),
        ("x" * 10_000, "the list of models"),
    ],
)
def test_unknown_ids_get_near_ones(model_id: str, near: str) -> None:
    with pytest.raises(UnknownModel, match=near) as caught:
        find(model_id)
    assert len(str(caught.value)) < 300


def test_nothing_on_disk(folder: Path) -> None:
    found = status(find("resnet50"))
    assert (found.state, found.path, found.digest) == ("downloadable", None, None)
    assert found.words == "downloadable, 98 MB"


def test_local_file_is_named_with_its_digest(folder: Path) -> None:
    (folder / "resnet50.pth").write_bytes(b"mine")
    found = status(find("resnet50"))
    digest = hashlib.sha256(b"mine").hexdigest()
    assert (found.state, found.local, found.digest) == ("on disk", True, digest)
    assert found.words == f"local file {digest[:8]}"
    assert status(find("resnet50:IMAGENET1K_V1")).state == "downloadable"


def test_published_name_with_other_content_is_local(folder: Path) -> None:
    entry = find("resnet50:IMAGENET1K_V1")
    (folder / entry.file_name).write_bytes(b"mine")
    assert status(entry).local
    assert status(find("resnet50")).state == "downloadable"


def test_without_a_digest_name_and_size_make_the_published_file(folder: Path) -> None:
    """Anything may be called `resnet18_places365.pth.tar`."""
    entry = find("resnet18:places365")
    path = folder / entry.file_name
    path.write_bytes(b"mine")
    assert status(entry).local
    with path.open("wb") as file:
        file.truncate(round(entry.size_mb * 2**20))
    assert not status(entry).local


def test_listing_never_asks_the_network(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def refuse(*args: object, **keywords: object) -> None:
        raise AssertionError("the catalogue opened an address")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    assert {status(entry).state for entry in entries()} <= {"built in", "downloadable"}
