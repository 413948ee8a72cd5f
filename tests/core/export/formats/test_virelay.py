"""ViRelAy's databases, read back by the rules of its specification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadInstallation, BadResults
from core.export.formats import virelay
from core.export.formats.map_set import KeptPicture, MapSet
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


def test_maps_of_several_sizes_are_refused(
    folder: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = MapSet.pictures

    def mixed(self: MapSet, tick: Any) -> Any:
        for picture in original(self, tick):
            if picture.name == "large.png":
                object.__setattr__(picture.maps[0].made, "shown", np.zeros((5, 5), np.float32))
            yield picture

    monkeypatch.setattr(MapSet, "pictures", mixed)
    with pytest.raises(BadResults, match="several sizes"):
        write_virelay(MapSet(folder), tmp_path, reader(photos))
    assert not list(tmp_path.iterdir())
