"""Maps in memory as one file for another program: what the folder of the same maps gives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.export.formats.coco import write_coco
from core.export.formats.kinds import FORMATS, Format, offered
from core.export.formats.map_set import MapSet
from core.export.formats.packed import export_file
from core.export.formats.stacked import write_stacked
from core.export.reading import SeenPicture
from core.export.record import Explained
from core.pictures.picture import read
from core.requests.plain import from_plain

BY_NAME = {each.name: each for each in FORMATS}


@pytest.fixture(scope="module")
def explained_pictures(folder: Path, photos: Path) -> list[Explained]:
    """What the folder holds, as a gallery has it: two pictures of one name."""
    found = []
    for kept in MapSet(folder).pictures():
        picture = read(photos / kept.name)
        found.append(
            Explained(
                SeenPicture(replace(picture, name="photo.png"), "squash", kept.stored.box),
                kept.stored.predictions,
                tuple(each.made for each in kept.maps),
                kept.asked,
                tuple(from_plain(each.request) for each in kept.maps),  # type: ignore[misc]
                kept.stored.truth,
            )
        )
    return found


def made(format: Format, folder: Path, results: Sequence[Explained]) -> bytes:
    origin = MapSet(folder).origin
    return export_file(format, origin["model"], origin["device"], results, 20.0, 3)


def unpacked(data: bytes, out: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(out)
    return out


def test_arrays_and_masks_are_those_of_the_command(
    folder: Path, explained_pictures: list[Explained], tmp_path: Path
) -> None:
    write_stacked(MapSet(folder), tmp_path / "a.npz")
    with (
        np.load(tmp_path / "a.npz") as own,
        np.load(io.BytesIO(made(BY_NAME["npz"], folder, explained_pictures))) as taken,
    ):
        assert set(own.files) == set(taken.files)
        for name in set(own.files) - {"index.json"}:
            np.testing.assert_array_equal(own[name], taken[name])
        keys = [[each["key"] for each in json.loads(f["index.json"])["maps"]] for f in (own, taken)]
        assert keys[0] == keys[1]
    write_coco(MapSet(folder), tmp_path / "a.json", 20.0, 3)
    file = json.loads((tmp_path / "a.json").read_bytes())
    assert (
        json.loads(made(BY_NAME["coco"], folder, explained_pictures))["annotations"]
        == file["annotations"]
    )


def test_virelays_databases_come_as_a_zip(
    folder: Path, explained_pictures: list[Explained], tmp_path: Path
) -> None:
    h5py = pytest.importorskip("h5py")
    out = unpacked(made(BY_NAME["virelay"], folder, explained_pictures), tmp_path)
    with h5py.File(out / "tiny_random.input.h5") as file:
        assert file["data"].shape == (2, 3, 32, 32)
        assert file["name"][0] == b"photo.png"
    names = {path.name for path in out.iterdir()}
    assert {"tiny_random.grad-cam.attribution.h5", "label-map.json"} <= names


def test_fiftyones_samples_lie_beside_their_pictures(
    folder: Path, explained_pictures: list[Explained], tmp_path: Path
) -> None:
    out = unpacked(made(BY_NAME["fiftyone"], folder, explained_pictures), tmp_path)
    samples = json.loads((out / "samples.json").read_bytes())["samples"]
    assert len({each["filepath"] for each in samples}) == 2
    for sample, explained in zip(samples, explained_pictures, strict=True):
        pixels = np.asarray(Image.open(out / sample["filepath"]))
        np.testing.assert_array_equal(pixels, explained.prepared.picture.full())
        for heat, one in zip(sample["heatmaps"].values(), explained.explanations, strict=True):
            values = np.asarray(Image.open(out / heat["map_path"])) / 255
            np.testing.assert_allclose(values, one.shown, atol=0.5 / 255 + 1e-6)


def test_the_same_maps_give_the_same_bytes(
    folder: Path, explained_pictures: list[Explained]
) -> None:
    for name in ("npz", "coco", "fiftyone"):
        first, again = (made(BY_NAME[name], folder, explained_pictures) for _ in range(2))
        assert first == again


def test_formats_whose_package_is_missing_are_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered()[0].name == "npz"
    assert {each.name for each in offered()} >= {"npz", "coco", "fiftyone"}

    def missing(name: str) -> Any:
        return None

    monkeypatch.setattr("importlib.util.find_spec", missing)
    assert [each.name for each in offered()] == ["npz", "coco", "fiftyone"]
