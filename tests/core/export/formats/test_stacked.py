"""One NPZ file of all maps, read back with NumPy."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled
from core.export.formats.map_set import MapSet
from core.export.formats.stacked import write_stacked
from core.requests.keys import key_of
from core.requests.plain import from_plain


def every(folder: Path) -> list[Any]:
    return [each for picture in MapSet(folder).pictures() for each in picture.maps]


def test_rows_are_the_maps(cropped: Path, tmp_path: Path) -> None:
    assert write_stacked(MapSet(cropped), tmp_path / "a.npz") == 2
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        index = json.loads(file["index.json"])
        heat, shown = file["heat"], file["shown"]
    assert index["stacked"] == ["heat", "shown"]
    assert heat.dtype == shown.dtype == np.float32
    for row, (each, entry) in enumerate(zip(every(cropped), index["maps"], strict=True)):
        np.testing.assert_array_equal(heat[row], each.made.heat)
        np.testing.assert_array_equal(shown[row], each.made.shown)
        assert entry["key"] == each.key == key_of(from_plain(entry["request"]))
        assert (entry["method"], entry["class"]["name"]) == ("grad-cam", "grey cat")
    assert [entry["picture"] for entry in index["maps"]] == ["small.png", "large.png"]


def test_maps_of_several_sizes_go_by_their_keys(folder: Path, tmp_path: Path) -> None:
    """Grad-CAM is as coarse as its layer, LIME as fine as the input; what is shown is one size."""
    write_stacked(MapSet(folder), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        index = json.loads(file["index.json"])
        assert index["stacked"] == ["shown"]
        for row, each in enumerate(every(folder)):
            np.testing.assert_array_equal(file[f"heat/{each.key}"], each.made.heat)
            np.testing.assert_array_equal(file["shown"][row], each.made.shown)
        assert len({file[f"heat/{each.key}"].shape for each in every(folder)}) == 2


def test_the_same_maps_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_stacked(MapSet(folder), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert zipfile.ZipFile(tmp_path / "a").testzip() is None


def test_the_folder_is_read_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with maps of several sizes: what is read waits beside the file until all is known."""
    reads: list[str] = []
    original = MapSet._read

    def counted(self: MapSet, record: Any, name: str) -> Any:
        reads.append(name)
        return original(self, record, name)

    monkeypatch.setattr(MapSet, "_read", counted)
    told: list[float] = []
    write_stacked(MapSet(folder), tmp_path / "a.npz", lambda share, stage="": told.append(share))
    assert reads == ["small.png", "large.png"]
    assert told == sorted(told)
    assert 0.5 < told[-1] < 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.npz"]


def test_a_map_that_a_record_lists_twice_is_one_row(
    cropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = list(MapSet(cropped).pictures())
    monkeypatch.setattr(MapSet, "pictures", lambda self, tick: iter([*pictures, *pictures]))
    assert write_stacked(MapSet(cropped), tmp_path / "a.npz") == 2
    with np.load(tmp_path / "a.npz") as file:
        assert file["heat"].shape[0] == len(json.loads(file["index.json"])["maps"]) == 2


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8])
def test_a_stop_leaves_no_file(folder: Path, tmp_path: Path, share: float) -> None:
    def tick(fraction: float, stage: str = "") -> None:
        if fraction > share:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        write_stacked(MapSet(folder), tmp_path / "a.npz", tick)
    assert not list(tmp_path.iterdir())
