"""ViRelAy's databases, read back by the rules of its specification."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadInstallation, BadOption, BadResults
from core.explain.base import no_tick
from core.export.formats import virelay
from core.export.formats.map_set import KeptPicture, MapSet
from core.export.formats.one_size import OneSize
from core.export.formats.virelay import write_virelay
from core.models.classifier import Classifier
from core.pictures.picture import Picture, read

h5py = pytest.importorskip("h5py")


def opened(folder: Path, name: str) -> dict[str, Any]:
    with h5py.File(folder / f"tiny_random.{name}.h5", "r") as file:
        return {key: file[key][()] for key in file}


def reader(photos: Path) -> Any:
    return lambda each: read(photos / each.name)


def test_databases_hold_inputs_maps_and_labels(
    folder: Path, photos: Path, tmp_path: Path, tiny: Classifier
) -> None:
    assert write_virelay(MapSet(folder), tmp_path, reader(photos)) == 8
    pictures = list(MapSet(folder).pictures())
    inputs = opened(tmp_path, "input")
    assert inputs["data"].dtype == np.float32
    assert inputs["data"].shape == (2, 3, 32, 32)
    for row, picture in enumerate(pictures):
        view = tiny.prepare(read(photos / picture.name), "squash").view
        np.testing.assert_allclose(inputs["data"][row], view.transpose(2, 0, 1) / 255, atol=1e-7)
    assert inputs["label"].dtype == np.uint16
    assert inputs["label"].tolist() == [pictures[0].stored.predictions[0].index, 3]
    assert inputs["label_is_true"].tolist() == [False, True]
    assert [name.decode() for name in inputs["name"]] == ["small.png", "large.png"]
    for at, series in enumerate(("grad-cam", "grad-cam-2", "lime", "lime-2")):
        found = opened(tmp_path, f"{series}.attribution")
        assert found["attribution"].dtype == np.float32
        assert found["attribution"].shape == (2, 3, 32, 32)
        assert found["label"].dtype == np.uint16
        assert found["prediction"].shape == (2, 4)
        for row, index in enumerate(found["index"]):
            each = pictures[index].maps[at]
            drawn = found["attribution"][row].sum(0)  # as ViRelAy's render_heatmap
            np.testing.assert_allclose(drawn, each.made.shown, atol=1e-6)
            np.testing.assert_array_equal(*found["attribution"][row, :2])
            assert found["label"][row] == each.made.class_index == (0, 2)[at % 2]
            assert found["key"][row].decode() == each.key
            known = np.zeros(4, np.float32)
            known[each.made.class_index] = each.made.probability
            for guess in pictures[index].stored.predictions:
                known[guess.index] = guess.probability
            np.testing.assert_allclose(found["prediction"][row], known)
    labels = json.loads((tmp_path / "label-map.json").read_bytes())
    assert all(set(each) == {"index", "word_net_id", "name"} for each in labels)
    names = {each["index"]: each["name"] for each in labels}
    assert names[0] == "grey cat"
    assert names[3] == "crane (machine)"
    assert {0, 2, *inputs["label"].tolist()} <= set(names)


def test_imagenet_has_all_its_names_and_numbers() -> None:
    labels = virelay._label_map({1: "goldfish"}, 1000)
    assert len(labels) == 1000
    assert labels[1] == {"index": 1, "word_net_id": "n01443537", "name": "goldfish"}
    assert virelay._label_map({1: "my fish"}, 1000) == [
        {"index": 1, "word_net_id": "00000001", "name": "my fish"}
    ]


def test_a_missing_picture_leaves_no_gap(folder: Path, photos: Path, tmp_path: Path) -> None:
    def found(picture: KeptPicture) -> Picture | None:
        return None if picture.name == "small.png" else read(photos / picture.name)

    assert write_virelay(MapSet(folder), tmp_path, found) == 4
    assert opened(tmp_path, "input")["data"].shape == (1, 3, 32, 32)
    assert opened(tmp_path, "lime.attribution")["index"].tolist() == [0]


def test_what_does_not_go_leaves_no_file(
    folder: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadResults, match="None of the pictures"):
        write_virelay(MapSet(folder), tmp_path, lambda each: None)
    maps = MapSet(folder)
    maps._folder.model = {**maps.model, "classes": 10**12}
    with pytest.raises(BadResults, match="1 to 65535"):
        write_virelay(maps, tmp_path, reader(photos))
    maps._folder.model = {**maps.model, "classes": 2}
    with pytest.raises(BadResults, match="classes that its model has not"):
        write_virelay(maps, tmp_path, reader(photos))

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(virelay, "library", missing)
    with pytest.raises(BadInstallation, match=r"pip install -r requirements-export\.txt"):
        write_virelay(MapSet(folder), tmp_path, reader(photos))
    assert not list(tmp_path.iterdir())


@pytest.fixture
def mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second picture went through an input of 24 x 40 pixels; one map of the first is tall."""
    original = MapSet.pictures

    def pictures(self: MapSet, tick: Any = no_tick) -> Any:
        for picture in original(self, tick):
            sizes = [(50, 10), *[each.made.shown.shape for each in picture.maps[1:]]]
            if picture.name == "large.png":
                sizes = [(24, 40)] * len(picture.maps)
                how = replace(picture.asked.model.preprocess, size=(24, 40))
                asked = replace(picture.asked, model=replace(picture.asked.model, preprocess=how))
                picture = replace(picture, asked=asked)
            maps = tuple(
                replace(each, made=replace(each.made, shown=ramp(size)))
                for each, size in zip(picture.maps, sizes, strict=True)
            )
            yield replace(picture, maps=maps)

    monkeypatch.setattr(MapSet, "pictures", pictures)


def ramp(size: tuple[int, int]) -> np.ndarray:
    """Values that grow from left to right, at every size the same in the middle of a cell."""
    height, width = size
    row = (np.arange(width, dtype=np.float32) + 0.5) / width
    return np.tile(row, (height, 1))


@pytest.mark.parametrize(
    ("wanted", "size", "said"),
    [
        (None, (32, 32), "2 of 2 .* 32 x 32 pixels now, that of the first .--size chooses another"),
        ((24, 40), (24, 40), "1 of 2 pictures is resized, .* 40 x 24 pixels now[.]"),
        ((64, 16), (64, 16), "2 of 2 .* 16 x 64 pixels now[.]"),
    ],
)
def test_several_sizes_become_one(
    folder: Path,
    photos: Path,
    tmp_path: Path,
    mixed: None,
    wanted: tuple[int, int] | None,
    size: tuple[int, int],
    said: str,
) -> None:
    sizes = OneSize(wanted)
    assert write_virelay(MapSet(folder), tmp_path, reader(photos), sizes=sizes) == 8
    assert re.match(said, sizes.sentence)
    inputs = opened(tmp_path, "input")["data"]
    assert inputs.shape == (2, 3, *size)
    assert 0 <= inputs.min() < inputs.max() <= 1
    for series in ("grad-cam", "grad-cam-2", "lime", "lime-2"):
        found = opened(tmp_path, f"{series}.attribution")["attribution"]
        assert found.shape == (2, 3, *size)
        for drawn in found.sum(1):
            cells = max(1 / size[1], 1 / 10)  # the coarsest of both, at whose edge values repeat
            np.testing.assert_allclose(drawn, ramp(size), atol=cells / 2 + 1e-5)
            np.testing.assert_allclose(drawn[:, size[1] // 2], 0.5, atol=0.5 / size[1] + 0.01)


def test_one_size_needs_no_change_and_says_nothing(
    folder: Path, photos: Path, tmp_path: Path
) -> None:
    sizes = OneSize()
    write_virelay(MapSet(folder), tmp_path, reader(photos), sizes=sizes)
    assert (sizes.size, sizes.pictures, sizes.resized, sizes.sentence) == ((32, 32), 2, 0, "")
    for bad in ((3, 32), (32, 4096)):
        with pytest.raises(BadOption, match="give 4 to 2048 pixels"):
            OneSize(bad)


def test_a_flat_map_stays_flat() -> None:
    sizes = OneSize((8, 8))
    sizes.view(np.zeros((20, 30, 3), np.uint8))
    for value in (0.0, 1.0):
        flat = np.full((20, 30), value, np.float32)
        np.testing.assert_array_equal(sizes.map(flat), np.full((8, 8), value, np.float32))
