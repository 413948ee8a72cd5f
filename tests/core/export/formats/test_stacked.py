"""One NPZ file of all maps, read back with NumPy."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadResults, Cancelled
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


def test_a_folder_that_changes_is_said(cropped: Path, results: Any, tmp_path: Path) -> None:
    other = results(tmp_path / "other", "crop", ("grad-cam",), (0,))
    told: list[float] = []

    def tick(fraction: float, stage: str = "") -> None:
        told.append(fraction)
        if fraction > 0.3:
            (other / "large.npz").unlink(missing_ok=True)

    with pytest.raises(BadResults, match="was changed"):
        write_stacked(MapSet(other), tmp_path / "a.npz", tick)
    assert not (tmp_path / "a.npz").exists()
    assert told == sorted(told)


def test_a_stop_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    def tick(fraction: float, stage: str = "") -> None:
        if fraction > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        write_stacked(MapSet(folder), tmp_path / "a.npz", tick)
    assert not list(tmp_path.iterdir())
