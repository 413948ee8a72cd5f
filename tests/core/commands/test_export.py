"""`export` from a folder that `explain` wrote: files, exit codes, one line a fault."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import BAD_INPUT, OK, main


@pytest.fixture
def results(photos: Path, tmp_path: Path, loaded: list[str]) -> Path:
    folder = tmp_path / "results"
    assert main(["explain", str(photos), "--methods", "grad-cam", "--out", str(folder)]) == OK
    return folder


def export(results: Path, format: str, out: Path, *more: object) -> int:
    return main(["export", str(results), "--format", format, "--out", str(out), *map(str, more)])


def test_every_format(
    results: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    out.mkdir()
    assert export(results, "coco", out / "a.json", "--top", 5) == OK
    assert export(results, "npz", out / "a.npz") == OK
    assert export(results, "fiftyone", out / "fiftyone", "--pictures", photos) == OK
    assert capsys.readouterr() == ("", "")
    annotations = json.loads((out / "a.json").read_text())["annotations"]
    assert [each["rule"] for each in annotations] == ["top5", "top5"]
    with np.load(out / "a.npz") as file:
        assert file["shown"].shape[0] == 2
    samples = json.loads((out / "fiftyone" / "samples.json").read_text())["samples"]
    assert [Path(each["filepath"]) for each in samples] == [
        photos / "cat.png",
        photos / "rocket.png",
    ]


def test_wide_tall_and_grey_pictures_get_the_size_that_is_asked_for(
    photos: Path, tmp_path: Path, out: Path, loaded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    for name, size in (("wide.png", (20, 300)), ("tall.png", (300, 20)), ("grey.png", (64, 64))):
        shape = size if name == "grey.png" else (*size, 3)
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(photos / name)
    folder = tmp_path / "results"
    assert main(["explain", str(photos), "--methods", "grad-cam", "--out", str(folder)]) == OK
    capsys.readouterr()
    assert export(folder, "virelay", out, "--pictures", photos, "--size", "48x40") == OK
    assert capsys.readouterr().err.splitlines() == [
        "seewhy: 5 of 5 pictures are resized, with their maps: all have 48 x 40 pixels now."
    ]
    files = {path.name.split(".", 1)[1]: path for path in out.glob("*.h5")}
    assert set(files) == {"input.h5", "grad-cam.attribution.h5"}
    for name, path in files.items():
        with h5py.File(path) as file:
            rows = file["data" if name == "input.h5" else "attribution"]
            assert rows.shape == (5, 3, 40, 48)
            assert all(row.max() > 0 for row in rows)


@pytest.mark.parametrize("name", ["explain.json", "pictures.jsonl", "cat.npz"])
def test_no_file_of_the_results_is_replaced(
    results: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (results / name).read_bytes()
    for format in ("coco", "npz"):
        capsys.readouterr()
        assert export(results, format, results / name) == BAD_INPUT
        assert f"{name} belongs to the results: name another file" in capsys.readouterr().err
    assert (results / name).read_bytes() == before
    for _ in range(2):
        assert export(results, "coco", results / "masks.json") == OK


def test_a_picture_that_has_changed_is_one_line(
    results: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    Image.new("RGB", (9, 9)).save(photos / "cat.png")
    assert export(results, "fiftyone", out, "--pictures", photos) == BAD_INPUT
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "seewhy: cat.png: is another picture now than the one that was explained: explain it again."
    ]
    assert len(json.loads((out / "samples.json").read_text())["samples"]) == 1
    (photos / "cat.png").unlink()
    assert export(results, "fiftyone", out, "--pictures", photos) == BAD_INPUT
    assert "is not among the --pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("format", "more", "sentence"),
    [
        ("virelay", [], "needs the pictures themselves: give --pictures"),
        ("fiftyone", [], "needs the pictures themselves: give --pictures"),
        ("npz", ["--pictures", "."], "takes no --pictures"),
        ("npz", ["--top", "5"], "marks no pixels"),
        ("fiftyone", ["--pictures", ".", "--superpixels", "5"], "marks no pixels"),
        ("coco", ["--top", "0"], "top is 0"),
        ("npz", ["--size", "224"], "keeps the sizes of maps"),
        ("virelay", ["--pictures", ".", "--size", "9x9x9"], "no size: give 224 or 640x480"),
        ("virelay", ["--pictures", ".", "--size", "3000"], "give 4 to 2048 pixels"),
        ("png", [], "invalid choice"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    results: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    format: str,
    more: list[str],
    sentence: str,
) -> None:
    capsys.readouterr()
    assert export(results, format, out, *more) == BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
    assert not out.exists()


def test_bad_places_are_one_line(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert export(tmp_path / "nowhere", "npz", tmp_path / "a.npz") == BAD_INPUT
    assert export(results, "npz", results) == BAD_INPUT
    assert export(results, "npz", tmp_path / "nowhere" / "a.npz") == BAD_INPUT
    said = capsys.readouterr().err.splitlines()
    for line, sentence in zip(
        said, ("is no folder", "is a folder: name the file", "cannot be written"), strict=True
    ):
        assert sentence in line
