"""`audit`: one page and one record, from folders, tables and typed classes; killed and resumed."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.commands.audit_log import AuditLog
from core.commands.entry_point import BAD_INPUT, OK, main
from core.explain.base import Explanation
from core.explain.cams.layer_method import LayerMethod
from core.measure.audit.places import Covered
from core.measure.audit.rows import Facts
from core.models.classifier import Classifier
from tests.conftest import TINY_NAMES

MODEL = ("--model", "resnet18:random", "--methods", "grad-cam,layer-cam", "--worst", "2")


def made(folder: Path, count: int, names: tuple[str, ...] = TINY_NAMES[:2]) -> Path:
    """Pictures in folders that are called as classes, one of them twice."""
    rng = np.random.default_rng(0)
    for number in range(count):
        place = folder / names[number % len(names)]
        place.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
        small.resize((64, 48), Image.Resampling.BICUBIC).save(place / f"p{number:02}.png")
    return folder


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The method of each map that was computed."""
    computed: list[str] = []
    run = LayerMethod.run

    def counted(self: LayerMethod, *rest: Any) -> Explanation:
        computed.append(self.name)
        return run(self, *rest)

    monkeypatch.setattr(LayerMethod, "run", counted)
    return computed


def audit(photos: Path, out: Path, *words: str) -> int:
    return main(["audit", str(photos), "--out", str(out), *MODEL, *words])


def record(out: Path) -> dict[str, Any]:
    return json.loads((out / "audit.json").read_text("utf-8"))


class Page(HTMLParser):
    """Counts what a page holds, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.images, self.fetched, self.text = 0, [], ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("data:", "#")):
                self.fetched.append(value)
        self.images += tag == "img"

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.usefixtures("loaded")
def test_an_audit_of_folders(tmp_path: Path, tiny: Classifier, capsys) -> None:
    photos, out = made(tmp_path / "photos", 8), tmp_path / "out"
    shutil.copy(photos / TINY_NAMES[0] / "p00.png", photos / TINY_NAMES[1] / "again.png")
    (photos / "p99.png").write_bytes((photos / TINY_NAMES[0] / "p02.png").read_bytes())
    assert audit(photos, out) == OK
    written = record(out)
    assert written["schema"] == 1
    assert written["pictures"] == {"all": 10, "with_known_class": 9, "without": 1, "failed": []}
    rows = {row["picture"]: row for row in written["rows"]}
    known = [row for row in rows.values() if row["true"]]
    right = sum(row["true"]["class"] == row["predicted"]["class"] for row in known)
    assert written["accuracy"]["top1"]["count"] == right
    assert written["accuracy"]["top1"]["of"] == 9
    assert all(row["right"] == (row["true_rank"] == 1) for row in known)
    assert rows["p99.png"]["true"] is None
    faults = [each for each in written["copies"] if each["labels_disagree"]]
    assert any(set(each["pictures"]) >= {"p00.png", "again.png"} for each in faults)
    assert set(written["definitions"]) >= {"brier", "expected_calibration_error", "need", "copies"}
    assert written["command"].startswith("python -m core audit photos --model")
    assert str(tmp_path) not in (out / "audit.json").read_text("utf-8")
    errors = written["errors"]
    assert len(errors) == min(len(known) - right, 4) or len(errors) >= 2
    for each in errors:
        assert each["true"] != each["predicted"]
        assert each["agreement"][0]["first"] == "grad-cam"
        assert 0 <= each["agreement"][0]["chance"] <= 1
        assert each["check"]["controls"].keys() == {"sobel", "centre"}
    page = Page()
    text = (out / "audit.html").read_text("utf-8")
    page.feed(text)
    assert page.fetched == []
    assert page.images >= 2 + 4 * len(errors)
    assert str(tmp_path) not in text
    for sentence in written["summary"]:
        assert sentence in page.text
    assert (out / "explain.json").is_file()
    assert (out / "errors" / "explain.json").is_file()
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == written["shortcut"]


@pytest.mark.usefixtures("loaded")
def test_a_killed_audit_goes_on_and_gives_the_same_bytes(tmp_path: Path, passes: list[str]) -> None:
    photos = made(tmp_path / "photos", 12)
    assert audit(photos, tmp_path / "whole") == OK
    whole, out = len(passes), tmp_path / "out"
    passes.clear()
    shutil.copytree(tmp_path / "whole", out)
    assert audit(photos, out) == OK
    assert passes == [], "nothing is computed twice"
    # What a process leaves that is killed at the ninth picture, in the middle of a line.
    for name in ("explain.json", "audit.json", "audit.html"):
        (out / name).unlink()
    shutil.rmtree(out / "errors")
    for name, kept in (("pictures.jsonl", 9), ("audit.jsonl", 8)):
        lines = (out / name).read_bytes().splitlines(keepends=True)
        (out / name).write_bytes(b"".join(lines[:kept]) + lines[kept][:20])
    assert audit(photos, out) == OK
    assert len(passes) == 4 + (whole - 12), "four pictures, and the maps of the errors"
    for name in ("audit.json", "audit.html"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.usefixtures("loaded")
def test_a_second_audit_opens_no_picture_and_no_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, out = made(tmp_path / "photos", 6), tmp_path / "out"
    assert audit(photos, out, "--worst", "0") == OK
    first = record(out)
    assert not first["copies"], "those are drawn, which needs the pictures"
    assert all(len(row["places"]) == 9 for row in first["rows"])

    def opened(*_: object) -> None:
        pytest.fail("it is known from the last run")

    with monkeypatch.context() as patch:
        patch.setattr("core.commands.outcome.decode", opened)
        patch.setattr("core.commands.batch.read", opened)
        patch.setattr("core.export.reading.np.load", opened)
        assert audit(photos, out, "--worst", "0") == OK
    assert record(out) == first


CHANGES: list[dict[str, Any]] = [
    {"map": "0" * 64},
    {"hash": "x"},
    {"hash": "-1"},
    {"grey": "AAAA"},
    {"corners": 5},
    {"places": [1, 2]},
    {"places": ["x"] * 9},
]


@pytest.mark.usefixtures("loaded")
def test_what_is_kept_of_another_map_or_damaged_is_found_again(tmp_path: Path) -> None:
    photos, out = made(tmp_path / "photos", len(CHANGES)), tmp_path / "out"
    assert audit(photos, out, "--worst", "0") == OK
    first, path = record(out), out / "pictures.jsonl"
    head, *lines = path.read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    whole = [dict(each["audit"]) for each in kept]
    assert all(set(each) == {"map", "hash", "grey", "corners", "places"} for each in whole)
    for each, change in zip(kept, CHANGES, strict=True):
        each["audit"].update(change)
    path.write_text("\n".join([head, *map(json.dumps, kept)]) + "\n")
    assert audit(photos, out, "--worst", "0") == OK
    assert record(out) == first
    again = [json.loads(line)["audit"] for line in path.read_text().splitlines()[1:]]
    assert again == whole


@pytest.mark.usefixtures("loaded")
def test_results_among_the_pictures_are_none(tmp_path: Path) -> None:
    photos = made(tmp_path / "photos", 4)
    for _ in range(2):
        assert audit(photos, photos / "out") == OK
        assert len(record(photos / "out")["rows"]) == 4


@pytest.mark.usefixtures("loaded")
def test_maps_that_explain_wrote_are_used(tmp_path: Path, passes: list[str]) -> None:
    photos, out = made(tmp_path / "photos", 6), tmp_path / "out"
    words = ["--model", "resnet18:random", "--methods", "grad-cam", "--out", str(out)]
    assert main(["explain", str(photos), *words]) == OK
    passes.clear()
    assert audit(photos, out, "--worst", "0") == OK
    assert passes == []
    assert len(record(out)["rows"]) == 6
    assert not (out / "errors").exists()


@pytest.mark.usefixtures("loaded")
def test_shares_are_merged_and_give_the_same_audit(tmp_path: Path, passes: list[str]) -> None:
    photos = made(tmp_path / "photos", 6)
    assert audit(photos, tmp_path / "whole", "--worst", "0") == OK
    shares = [tmp_path / f"share-{part}" for part in (1, 2)]
    for part, share in enumerate(shares, 1):
        assert audit(photos, share, "--worst", "0", "--shard", f"{part}/2") == OK
        assert len(record(share)["rows"]) == 3
    out = tmp_path / "merged"
    assert main(["merge", *map(str, shares), "--out", str(out)]) == OK
    assert len(AuditLog(out)._values) == 6
    passes.clear()
    assert audit(photos, out, "--worst", "0") == OK
    assert passes == []
    assert len(AuditLog(out)._values) == 6
    for name in ("audit.json", "audit.html"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.usefixtures("loaded")
def test_several_pictures_in_a_pass_give_the_same_findings(tmp_path: Path) -> None:
    photos = made(tmp_path / "photos", 6)
    assert audit(photos, tmp_path / "one") == OK
    assert audit(photos, tmp_path / "many", "--batch", "4") == OK
    one, many = record(tmp_path / "one"), record(tmp_path / "many")
    assert one["accuracy"] == many["accuracy"]
    for first, second in zip(one["rows"], many["rows"], strict=True):
        assert first["predicted"] == second["predicted"]
        assert first["true_probability"] == pytest.approx(second["true_probability"], abs=1e-5)
        assert first["places"] == pytest.approx(second["places"], abs=1e-4)


@pytest.mark.usefixtures("loaded")
def test_a_table_beside_the_pictures(tmp_path: Path, capsys) -> None:
    photos = made(tmp_path / "photos", 6, ("a", "b"))
    lines = ["file_name,label,second"]
    lines += [f"{'ab'[n % 2]}/p{n:02}.png,{TINY_NAMES[0]},{n % 4}" for n in range(5)]
    (photos / "metadata.csv").write_text("\n".join([*lines, "gone.png,red dog,1"]))
    assert audit(photos, tmp_path / "out") == OK, "the table is no picture, and no fault"
    assert "1 file (gone.png) that is not among the pictures" in capsys.readouterr().err
    written = record(tmp_path / "out")
    assert [row["true"]["class"] if row["true"] else None for row in written["rows"]] == [
        *(0, 0, 0, 0, 0, None)
    ]
    # Another column: the numbers change, no map is computed again.
    assert audit(photos, tmp_path / "out", "--label-column", "second") == OK
    again = record(tmp_path / "out")
    truths = {row["picture"]: row["true"] and row["true"]["class"] for row in again["rows"]}
    assert truths == {f"p{n:02}.png": n % 4 for n in range(5)} | {"p05.png": None}


@pytest.mark.usefixtures("loaded")
def test_typed_classes_and_nothing_known(tmp_path: Path, capsys) -> None:
    photos = made(tmp_path / "photos", 2, ("a",)) / "a"
    one, two = (str(photos / f"p0{n}.png") for n in range(2))
    out = tmp_path / "out"
    words = ["audit", one, two, "--out", str(out), *MODEL]
    assert main([*words, "--true-class", "red dog", "--true-class="]) == OK
    assert [row["true"] for row in record(out)["rows"]] == [{"class": 1, "name": "red dog"}, None]
    assert main(words) == OK
    written = record(out)
    assert written["accuracy"]["top1"]["share"] is None
    assert written["errors"] == []
    assert "None of 2 pictures has a known class" in written["summary"][0]
    for wrong, sentence in (
        (["--true-class", "cat"], "1 true classes are given for 2 pictures"),
        (["--true-class", "unicorn", "--true-class="], "Unknown class 'unicorn'"),
        (["--class", "folder"], "none of an audit's options"),
        (["--label-column", "x"], "needs a table"),
        (["--true-classes", str(tmp_path / "none.csv")], "cannot be read"),
        (["--dissection", "unicorn"], "No dissection 'unicorn'"),
        (["--worst", "101"], "worst"),
        (["--methods", "grad-cam,unicorn"], "unicorn"),
    ):
        assert main([*words, *wrong]) == BAD_INPUT
        assert sentence in capsys.readouterr().err


@pytest.mark.usefixtures("loaded")
def test_bad_pictures_are_faults_and_the_others_go_on(tmp_path: Path, capsys) -> None:
    photos = made(tmp_path / "photos", 4)
    (photos / TINY_NAMES[0] / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert audit(photos, tmp_path / "out") == BAD_INPUT
    written = record(tmp_path / "out")
    assert len(written["rows"]) == 4
    assert [each["name"] for each in written["pictures"]["failed"]] == ["broken.png"]
    assert "broken.png" in (tmp_path / "out" / "audit.html").read_text("utf-8")
    only = tmp_path / "only"
    only.mkdir()
    (only / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert audit(only, tmp_path / "none") == BAD_INPUT
    assert not (tmp_path / "none" / "audit.html").exists()


@pytest.mark.usefixtures("loaded")
def test_pictures_in_a_parquet_file(tmp_path: Path, capsys) -> None:
    photos = made(tmp_path / "photos", 4)
    data = [each.read_bytes() for each in sorted(photos.rglob("*.png"))]
    rows = [{"bytes": each, "path": None} for each in data]
    names = {"info": {"features": {"label": {"names": ["red dog", "grey cat"]}}}}
    table = pa.table({"image": [*rows, {"bytes": None, "path": None}], "label": [0, 0, 1, None, 1]})
    table = table.replace_schema_metadata({b"huggingface": json.dumps(names).encode()})
    path, out = tmp_path / "set.parquet", tmp_path / "out"
    pq.write_table(table, path)
    assert audit(path, out) == OK
    assert "1 rows have no picture" in capsys.readouterr().err
    written = record(out)
    truths = {row["picture"]: row["true"] and row["true"]["name"] for row in written["rows"]}
    known = ["red dog", "red dog", "grey cat", None]
    assert truths == {f"row{n:07}": name for n, name in enumerate(known)}
    assert audit(path, out) == OK, "what was unpacked is no result, and is used again"
    assert len(record(out)["rows"]) == 4
    bare = tmp_path / "bare.parquet"
    pq.write_table(pa.table({"image": data}), bare)
    assert audit(bare, tmp_path / "other") == OK
    assert record(tmp_path / "other")["pictures"]["without"] == 4
    assert audit(bare, tmp_path / "third", "--label-column", "x") == BAD_INPUT
    assert "no column 'x'" in capsys.readouterr().err


def test_the_log_keeps_what_it_was_given(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    facts, covered = Facts(0.5, float("nan"), 0), Covered(0.9, (0.1, 0.2), (3, 4))
    log.add("a", facts)
    log.add("b", covered)
    again = AuditLog(tmp_path)
    assert again.find("b") == covered
    assert again.find("a").squares == 0.5
    assert again.find("c") is None
    path = tmp_path / "audit.jsonl"
    path.write_bytes(path.read_bytes() + b'{"key": "c", "kind": "Facts", "val')
    third = AuditLog(tmp_path)
    third.add("d", facts)
    assert re.fullmatch(rb'\{"key": "d".*\}', path.read_bytes().splitlines()[-1])
    other = path.read_bytes().replace(b'"versions": {', b'"versions": {"x": "1", ', 1)
    path.write_bytes(other)
    assert AuditLog(tmp_path).find("a") is None, "of other versions"
