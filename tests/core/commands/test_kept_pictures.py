"""What a second run over kept results reads: lines and files' bytes, not pixels and not arrays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands import outcome
from core.commands.entry_point import OK, main
from core.export import reading, report
from core.export.picture_lines import LINES
from core.pictures import picture

Agree = Callable[..., int]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo{number}.png")
    return folder


@pytest.fixture
def agree(photos: Path, out: Path, loaded: list[str], capsys: pytest.CaptureFixture[str]) -> Agree:
    def run(*more: object, method: str = "agree") -> int:
        given = [str(photos), "--model", "resnet18:random", "--methods", "grad-cam,layer-cam"]
        return main([method, *given, "--out", str(out), *map(str, more)])

    return run


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was decoded or read from arrays, and which pages were drawn."""
    found: list[str] = []

    def noted(module: Any, name: str, what: str) -> None:
        known = getattr(module, name)

        def call(*given: Any, **named: Any) -> Any:
            found.append(what)
            return known(*given, **named)

        monkeypatch.setattr(module, name, call)

    noted(outcome, "decode", "picture")
    noted(picture, "decode", "picture")
    noted(reading, "_with_arrays", "arrays")
    noted(report, "_page", "page")
    return found


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize("method", ["agree", "explain"])
def test_the_same_again_decodes_no_picture_and_reads_no_array(
    agree: Agree, out: Path, read: list[str], loaded: list[str], method: str
) -> None:
    assert agree(method=method) == OK
    before = files(out)
    read.clear()
    assert agree(method=method) == OK
    assert read == []
    assert files(out) == before


def test_equal_pictures_keep_files_of_their_own(
    agree: Agree, photos: Path, out: Path, read: list[str], loaded: list[str]
) -> None:
    (photos / "below").mkdir()
    for twin in ("photo9.png", "below/photo0.png"):
        shutil.copy(photos / "photo0.png", photos / twin)
    assert agree() == OK
    names = [each["picture"] for each in json.loads((out / "explain.json").read_text())["pictures"]]
    assert len(names) == len(list(out.glob("*.npz"))) == 5
    before = files(out)
    read.clear()
    assert agree() == OK
    assert read == []
    assert files(out) == before
    joined = out.parent / "joined"
    assert main(["merge", str(out), "--out", str(joined)]) == OK
    both = [json.loads((each / "explain.json").read_text())["pictures"] for each in (out, joined)]
    assert [each["picture"] for each in both[1]] == names
    assert [each["files"] for each in both[1]] == [each["files"] for each in both[0]]
    assert {path.name for path in joined.glob("*.npz")} == {path.name for path in out.glob("*.npz")}


def test_another_threshold_reads_arrays_and_draws_the_page_anew(
    agree: Agree, out: Path, read: list[str], loaded: list[str]
) -> None:
    assert agree() == OK
    read.clear()
    assert agree("--top", 20) == OK
    assert {"page", "arrays"} <= set(read)
    assert len(loaded) == 1
    page = (out / "report.html").read_bytes()
    read.clear()
    assert agree("--top", 20) == OK
    assert read == [], "now these are kept"
    assert (out / "report.html").read_bytes() == page


@pytest.mark.parametrize("of", ["--title", "--opacity", "--notes"])
def test_the_page_is_drawn_where_what_is_on_it_changed(
    agree: Agree, read: list[str], of: str
) -> None:
    assert agree() == OK
    read.clear()
    assert agree(of, "0.3") == OK
    assert "page" in read


def test_another_version_draws_the_page_anew(
    agree: Agree, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agree() == OK
    read.clear()
    monkeypatch.setattr(report, "drawn_by", lambda: "next")
    assert agree() == OK
    assert "page" in read


def test_a_page_or_chart_that_is_gone_is_drawn_again(
    agree: Agree, out: Path, read: list[str]
) -> None:
    assert agree() == OK
    for name in ("report.html", "iou_bar.png"):
        before = (out / name).read_bytes()
        (out / name).unlink()
        assert agree() == OK
        assert (out / name).read_bytes() == before


def test_without_arrays_the_numbers_are_kept_all_the_same(
    agree: Agree, out: Path, loaded: list[str]
) -> None:
    assert agree("--arrays", "none") == OK
    table = (out / "agreement.csv").read_bytes()
    assert agree("--arrays", "none") == OK
    assert len(loaded) == 1
    assert (out / "agreement.csv").read_bytes() == table


@pytest.mark.parametrize("damage", [b"", b"PK", b"no archive at all"])
def test_arrays_that_are_cut_off_are_computed_again(
    agree: Agree, out: Path, loaded: list[str], damage: bytes
) -> None:
    assert agree() == OK
    whole = (out / "photo1.npz").read_bytes()
    (out / "photo1.npz").write_bytes(damage)
    assert agree() == OK
    assert len(loaded) == 2
    assert (out / "photo1.npz").read_bytes() == whole


def test_a_line_with_numbers_of_another_kind_is_passed_over(agree: Agree, out: Path) -> None:
    assert agree() == OK
    table = (out / "agreement.csv").read_bytes()
    for pairs in ("many", [["a", 0, 0, 0]], [], [[0, 0]], None):
        lines = (out / LINES).read_text("utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        for record in records[1:]:
            record["agreement"]["pairs"] = pairs
        (out / LINES).write_text("\n".join(map(json.dumps, records)) + "\n", "utf-8")
        assert agree() == OK
        assert (out / "agreement.csv").read_bytes() == table


def test_a_picture_that_moved_keeps_its_maps_under_its_new_name(
    agree: Agree, photos: Path, out: Path, loaded: list[str], read: list[str]
) -> None:
    assert agree() == OK
    (photos / "photo1.png").rename(photos / "other.png")
    assert agree() == OK
    assert len(loaded) == 1
    assert "other.png" in (out / "agreement.csv").read_text("utf-8")
    assert (out / "other.npz").is_file()


def test_another_picture_in_the_same_file_is_computed(
    agree: Agree, photos: Path, out: Path, loaded: list[str]
) -> None:
    assert agree() == OK
    pixels = np.random.default_rng(9).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(photos / "photo1.png")
    assert agree() == OK
    assert len(loaded) == 2
