"""Many pictures: what is written as they come, what a killed run leaves, how much is held."""

from __future__ import annotations

import io
import json
import threading
import time
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.commands import background, batch, outcome
from core.commands.background import Writing, ahead
from core.commands.batch import Batch
from core.commands.entry_point import BAD_INPUT, OK, main
from core.errors import CannotWrite
from core.explain.base import Explanation
from core.explain.cams.layer_method import LayerMethod
from core.export.faults_table import fault_kinds
from core.export.picture_lines import LINES, PictureLines
from core.export.reading import Folder
from core.export.shortlist import SHOWN, Shortlist

METHODS = ("--methods", "grad-cam,layer-cam", "--model", "resnet18:random")


def made(folder: Path, count: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
        small.resize((64, 48), Image.Resampling.BICUBIC).save(folder / f"p{number:02}.png")
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


def agree(photos: Path, out: Path, *words: str) -> int:
    return main(["agree", str(photos), "--out", str(out), *METHODS, *words])


def rows_of(out: Path) -> list[dict[str, object]]:
    rows = pq.read_table(io.BytesIO((out / "agreement.parquet").read_bytes())).to_pylist()
    return [{n: v for n, v in row.items() if not n.startswith("seconds")} for row in rows]


@pytest.mark.usefixtures("loaded")
def test_a_run_that_lost_its_end_computes_only_that_again(
    tmp_path: Path, passes: list[str]
) -> None:
    photos = made(tmp_path / "photos", 12)
    assert agree(photos, tmp_path / "whole") == OK
    assert len(passes) == 24
    out = tmp_path / "out"
    assert agree(photos, out) == OK
    # What a process that is killed at the ninth picture leaves: no record, half a line.
    lines = (out / LINES).read_bytes().splitlines(keepends=True)
    (out / LINES).write_bytes(b"".join(lines[:9]) + lines[9][:200])
    (out / "explain.json").unlink()
    (out / "agreement.parquet").unlink()
    passes.clear()
    assert agree(photos, out) == OK
    assert len(passes) == 2 * 4
    assert rows_of(out) == rows_of(tmp_path / "whole")
    assert len((out / LINES).read_bytes().splitlines()) == 1 + 12
    record = json.loads((out / "explain.json").read_text("utf-8"))
    assert [one["picture"] for one in record["pictures"]] == [f"p{n:02}.png" for n in range(12)]
    assert not any("look" in one for one in record["pictures"])


@pytest.mark.usefixtures("loaded")
def test_a_folder_without_lines_is_used_as_well(tmp_path: Path, passes: list[str]) -> None:
    photos, out = made(tmp_path / "photos", 2), tmp_path / "out"
    assert agree(photos, out, "--overlays", "png") == OK
    before = (out / "explain.json").read_bytes()
    (out / LINES).unlink()
    passes.clear()
    assert agree(photos, out, "--overlays", "png") == OK
    assert passes == []
    assert (out / "explain.json").read_bytes() == before
    assert len(list(Folder(out).records)) == 2


@pytest.mark.usefixtures("loaded")
def test_files_of_another_picture_of_that_name_are_not_taken_for_its_own(
    tmp_path: Path, passes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, out = made(tmp_path / "photos", 2), tmp_path / "out"
    assert agree(photos, out) == OK
    (photos / "p00.png").rename(tmp_path / "x.png")
    (photos / "p01.png").rename(photos / "p00.png")
    (tmp_path / "x.png").rename(photos / "p01.png")
    passes.clear()
    look = outcome.looked_at
    seen = threading.Semaphore(0)

    def ahead(*given: Any) -> Any:
        try:
            return look(*given)
        finally:
            seen.release()

    def late(self: Batch, *given: Any) -> Any:
        if not late_once:
            late_once.append(seen.acquire(timeout=20) and seen.acquire(timeout=20))
        return known(self, *given)

    known, late_once = Batch._outcome, list[bool]()
    monkeypatch.setattr(batch, "looked_at", ahead)
    monkeypatch.setattr(Batch, "_outcome", late)
    assert agree(photos, out) == OK
    assert late_once == [True], "both were looked at before the first had its turn"
    assert agree(photos, tmp_path / "fresh") == OK
    assert rows_of(out) == rows_of(tmp_path / "fresh")
    for name in ("p00", "p01"):
        with np.load(out / f"{name}.npz") as one, np.load(tmp_path / f"fresh/{name}.npz") as two:
            assert all(np.array_equal(one[key], two[key]) for key in two.files)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(("form", "ending"), [("webp", "webp"), ("jpeg", "jpg"), ("png", "png")])
def test_overlays_have_the_form_that_was_asked_for(tmp_path: Path, form: str, ending: str) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    Image.new("RGB", (1600, 400), "red").save(photos / "wide.png")
    assert agree(photos, out, "--overlays", form) == OK
    with Image.open(out / f"wide_grad-cam.{ending}") as overlay:
        assert overlay.format == form.upper()
        assert overlay.size == ((1600, 400) if form == "png" else (1024, 256))


@pytest.mark.usefixtures("loaded")
def test_without_files_of_pictures_there_is_the_table_still(
    tmp_path: Path, passes: list[str]
) -> None:
    photos, out = made(tmp_path / "photos", 2), tmp_path / "out"
    for _ in range(2):
        assert agree(photos, out, "--overlays", "none", "--arrays", "none") == OK
    assert len(passes) == 4, "the numbers are kept without arrays"
    assert not list(out.glob("p0*"))
    assert len(rows_of(out)) == 2
    assert "data:image/jpeg" in (out / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("loaded")
def test_of_a_picture_whose_turn_is_over_nothing_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[weakref.ref[Any]] = []
    run, most = LayerMethod.run, []

    class Heat(np.ndarray):
        """An array that can be referred to weakly."""

    def watched(self: LayerMethod, *rest: Any) -> Explanation:
        found = run(self, *rest)
        heat = found.heat.view(Heat)
        alive.append(weakref.ref(heat))
        object.__setattr__(found, "heat", heat)
        most.append(sum(each() is not None for each in alive))
        return found

    monkeypatch.setattr(LayerMethod, "run", watched)
    monkeypatch.setattr("core.commands.agree.RESULTS", 1)
    assert agree(made(tmp_path / "photos", 20), tmp_path / "out") == OK
    assert max(most) <= 2 * (background.WAITING + background.WRITERS + 2)


@pytest.mark.usefixtures("loaded")
def test_a_report_of_many_shows_some_and_says_where_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.export.shortlist.SHOWN", 4)
    monkeypatch.setattr("core.export.report.SHOWN", 4)
    photos, out = made(tmp_path / "photos", 9), tmp_path / "out"
    for name in "ab":
        (photos / f"{name}.png").write_bytes(b"no picture")
    assert agree(photos, out) == BAD_INPUT
    means = {str(row["picture"]): float(str(row["iou"])) for row in rows_of(out) if row["iou"]}
    assert len(means) == 9
    ranked = sorted(means, key=lambda name: (means[name], name))
    page = (out / "report.html").read_text("utf-8")
    shown = {name for name in means if f"<h3>{name}</h3>" in page}
    assert shown == {*ranked[:2], *ranked[-2:]}
    assert "4 of 9 pictures are shown" in page
    assert "The rows of the other 5 are in agreement.parquet" in page
    assert "<td>2</td>" in page.partition("What failed")[2]


def test_faults_are_counted_by_kind() -> None:
    faults = [(f"p{n}.png", f"p{n}.png has {n} pixels: make it smaller.") for n in range(5)]
    faults += [("q.png", "q.png is empty.")]
    assert fault_kinds(faults) == [
        ("A file has 0 pixels: make it smaller.", "5", "p0.png, p1.png, p2.png, …"),
        ("A file is empty.", "1", "q.png"),
    ]


def test_a_shortlist_starts_empty() -> None:
    assert Shortlist().sections == {}
    assert Shortlist().draw("a", "b") == ""
    assert SHOWN == 60


def test_an_error_while_files_are_written_ends_the_command(
    tmp_path: Path,
    loaded: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*given: object) -> None:
        raise CannotWrite("The disk is full: make room.")

    monkeypatch.setattr("core.commands.picture_log.write_whole", full)
    assert agree(made(tmp_path / "photos", 3), tmp_path / "out") == BAD_INPUT
    assert capsys.readouterr().err.count("The disk is full: make room.") == 1
    assert list(PictureLines(tmp_path / "out").records) == []


def test_jobs_end_in_their_order_and_none_is_lost_to_an_error() -> None:
    noted: list[int] = []

    def failing() -> None:
        raise CannotWrite("no")

    def ten_and_an_error() -> None:
        with Writing() as writing:
            for number in range(10):
                writing.give(lambda: None, partial(noted.append, number))
            raise KeyError

    def an_error_and_one() -> None:
        with Writing() as writing:
            writing.give(failing, partial(noted.append, -1))
            time.sleep(0.05)
            writing.give(lambda: None, partial(noted.append, 10))

    with pytest.raises(KeyError):
        ten_and_an_error()
    assert noted == list(range(10))
    with pytest.raises(CannotWrite):
        an_error_and_one()
    assert noted == list(range(10)), "the command ended before that"


def test_reading_ahead_raises_in_turn() -> None:
    def halved(value: int) -> float:
        return 1 / value

    read = ahead([1, 0, 2], halved)
    assert next(read)() == 1.0
    with pytest.raises(ZeroDivisionError):
        next(read)()
    assert next(read)() == 0.5
    assert next(read, None) is None


def names_in(folder: Path) -> list[str]:
    pictures = json.loads((folder / "explain.json").read_text())["pictures"]
    return [each["picture"] for each in pictures]


@pytest.mark.usefixtures("loaded")
def test_shares_are_all_pictures_and_merge_to_what_one_run_gives(
    tmp_path: Path, passes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    photos = made(tmp_path / "photos", 5)
    made(photos / "more", 1)  # another p00.png, which is the same picture
    Image.new("RGB", (30, 20), "red").save(photos / "more" / "p00.png")
    assert agree(photos, tmp_path / "whole") == OK
    shares = [tmp_path / f"share{part}" for part in (1, 2)]
    for part, share in enumerate(shares, 1):
        assert agree(photos, share, "--shard", f"{part}/2") == OK
    found = [{row["picture"] for row in rows_of(share)} for share in shares]
    assert not found[0] & found[1]
    assert found[0] | found[1] == {row["picture"] for row in rows_of(tmp_path / "whole")}
    for _ in range(2):
        assert main(["merge", *map(str, shares), "--out", str(tmp_path / "out")]) == OK
    passes.clear()
    assert agree(photos, tmp_path / "out") == OK
    assert passes == []
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")

    (shares[1] / "p01.npz").unlink()
    capsys.readouterr()
    assert main(["merge", *map(str, shares), "--out", str(tmp_path / "other")]) == BAD_INPUT
    assert "p01.png: files of it are missing" in capsys.readouterr().err
    assert main(["merge", str(photos), "--out", str(tmp_path / "other")]) == BAD_INPUT
    assert "holds no results of these versions" in capsys.readouterr().err


@pytest.mark.usefixtures("loaded")
def test_shares_that_overlap_give_each_picture_once_and_lose_nothing(tmp_path: Path) -> None:
    photos, out = made(tmp_path / "photos", 4), tmp_path / "out"
    first, second, more = (tmp_path / name for name in ("first", "second", "more"))
    assert agree(photos, first, "--shard", "1/2") == OK  # 0, 2
    assert agree(photos, second, "--shard", "1/3") == OK  # 0, 3
    assert main(["merge", *map(str, (first, second, first)), "--out", str(out)]) == OK
    assert sorted(names_in(out)) == ["p00.png", "p02.png", "p03.png"]
    assert len(list(out.glob("*.npz"))) == 3
    assert agree(photos, more, "--shard", "1/4", "--methods", "hires-cam,layer-cam") == OK  # 0
    assert main(["merge", *map(str, (first, more, second)), "--out", str(out)]) == OK
    assert sorted(names_in(out)) == ["p00.png", "p00.png", "p02.png", "p03.png"]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("lost", ["files", "request", "explanations", "inside"])
def test_a_damaged_line_ends_no_merge(
    tmp_path: Path, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, share = made(tmp_path / "photos", 2), tmp_path / "share"
    assert agree(photos, share) == OK
    head, line, *rest = (share / "pictures.jsonl").read_text().splitlines()
    whole = json.loads(line)
    damaged = json.dumps({name: each for name, each in whole.items() if name != lost})
    if lost == "inside":
        damaged = json.dumps(whole | {"files": ["../p00.npz"]})
    (share / "pictures.jsonl").write_text("\n".join((head, damaged, *rest, "")))
    capsys.readouterr()
    assert main(["merge", str(share), "--out", str(tmp_path / "out")]) == BAD_INPUT
    said = capsys.readouterr().err
    assert "p00.png: its line is damaged" in said
    assert "run the command again" in said
    assert names_in(tmp_path / "out") == ["p01.png"]


@pytest.mark.usefixtures("loaded")
def test_a_share_without_a_picture_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agree(made(tmp_path / "photos", 2), tmp_path / "out", "--shard", "3/3") == OK
    said = capsys.readouterr().err
    assert said == "seewhy: Share 3 of 3 has no picture, because there are only 2.\n"


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_share_that_is_none_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agree(tmp_path, tmp_path / "out", "--shard", text) == BAD_INPUT
    assert "is no share: give 1/4" in capsys.readouterr().err
