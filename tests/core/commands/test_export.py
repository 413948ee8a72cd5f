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
