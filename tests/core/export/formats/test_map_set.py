"""Folders as strangers may give them: each fault is one sentence, the rest is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadResults
from core.export.bundle import RECORD
from core.export.formats.map_set import MapSet
from core.export.measures_record import RECORD as MEASURES
from core.export.reading import Folder
from core.requests.keys import key_of
from core.requests.plain import from_plain


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def changed(copy: Path, change: Callable[[Any], object]) -> MapSet:
    """Change the record; `change` gets its first picture."""
    whole = json.loads((copy / RECORD).read_bytes())
    change(whole["pictures"][0])
    (copy / RECORD).write_text(json.dumps(whole))
    return MapSet(copy)


def test_pictures_come_with_their_maps(folder: Path) -> None:
    told: list[tuple[float, str]] = []
    maps = MapSet(folder)
    pictures = list(maps.pictures(lambda fraction, stage="": told.append((fraction, stage))))
    assert told == [(0.0, "small.png"), (0.5, "large.png")]
    assert [each.name for each in pictures] == ["small.png", "large.png"]
    assert [each.size for each in pictures] == [(56, 40), (3000, 60)]
    assert pictures[1].seen == (0, 0, 3000, 60)
    for each in pictures[0].maps:
        assert each.key == key_of(from_plain(each.request))
    series = [each.series for each in pictures[0].maps]
    assert series == ["grad-cam", "grad-cam-2", "lime", "lime-2"]
    assert not maps.faults


def test_maps_of_other_versions_are_exported_but_not_computed_with(copy: Path) -> None:
    whole = json.loads((copy / RECORD).read_bytes())
    whole["versions"]["torch"] = "1.0"
    (copy / RECORD).write_text(json.dumps(whole))
    assert not Folder(copy).count
    maps = MapSet(copy)
    assert len(list(maps.pictures())) == 2
    assert maps.origin["versions"]["torch"] == "1.0"


def test_what_a_stopped_run_left_is_exported(copy: Path) -> None:
    found = Folder(copy)
    found.start(found.model, "squash", found.device)
    (copy / RECORD).unlink()
    assert [each.name for each in MapSet(copy).pictures()] == ["small.png", "large.png"]


CHANGES: dict[str, Callable[[Any], object]] = {
    "a request that is none": lambda one: one["request"].update(model=[]),
    "no arrays": lambda one: one.update(files=[]),
    "a file outside": lambda one: one.update(files=["../x.npz"]),
    "no size": lambda one: one.pop("size"),
    "a huge size": lambda one: one.update(size=[10**9, 10**9]),
    "an empty size": lambda one: one.update(size=[0, 5]),
    "an empty box": lambda one: one.update(seen=[5, 5, 5, 5]),
    "another request": lambda one: one.update(request={"type": "PictureRef"}),
    "maps of another kind": lambda one: one.update(explanations=5),
    "a label that is a path": lambda one: one["explanations"][0].update(label="../../x"),
    "a label that is none": lambda one: one["explanations"][0].update(label=5),
    "a key that is a path": lambda one: one["explanations"][0].update(key="../../x"),
    "no probability": lambda one: one["explanations"][0].update(probability=None),
    "a negative class": lambda one: one["explanations"][0].update(class_index=-1),
    "a negative guess": lambda one: one["predictions"][0].update({"class": -1}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_damaged_picture_is_a_fault_and_the_other_is_read(copy: Path, what: str) -> None:
    maps = changed(copy, CHANGES[what])
    for _ in range(2):
        assert [each.name for each in maps.pictures()] == ["large.png"]
    assert list(maps.faults) == ["small.png"]
    assert "run the command again" in maps.faults["small.png"]


def test_maps_that_are_not_scaled_are_a_fault(copy: Path) -> None:
    with np.load(copy / "small.npz") as file:
        arrays = dict(file)
    name = next(name for name in arrays if name.startswith("shown/"))
    for value in (np.nan, 2.0):
        np.savez(copy / "small.npz", **{**arrays, name: np.full_like(arrays[name], value)})
        maps = MapSet(copy)
        assert [each.name for each in maps.pictures()] == ["large.png"]


def test_no_map_that_can_be_read(copy: Path) -> None:
    for path in copy.glob("*.npz"):
        path.write_bytes(b"PK")
    maps = MapSet(copy)
    with pytest.raises(BadResults, match="can be read: run the command again"):
        list(maps.pictures())


def test_what_is_no_folder_of_maps(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(BadResults, match="is no folder"):
        MapSet(tmp_path / "nowhere")
    with pytest.raises(BadResults, match=r"holds no explain\.json"):
        MapSet(tmp_path)
    (tmp_path / MEASURES).write_text("{}")
    with pytest.raises(BadResults, match="measures but no maps"):
        MapSet(tmp_path)
    whole = json.loads((copy / RECORD).read_bytes())
    (copy / RECORD).write_text(json.dumps(whole | {"pictures": []}))
    with pytest.raises(BadResults, match="holds no maps"):
        MapSet(copy)
    for text in ("", "[", "[]", "{}", '{"versions": 1, "pictures": [], "model": {}}'):
        (copy / RECORD).write_text(text)
        with pytest.raises(BadResults, match="damaged"):
            MapSet(copy)
