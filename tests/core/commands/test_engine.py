"""Commands with workers of Ray: what they write is what one process writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.commands import spread_work
from core.commands.audit_truths import offer_table
from core.commands.entry_point import BAD_INPUT, OK, STOPPED, main
from core.commands.names import Names
from core.commands.shard_request import SHARDS, ShardRequest
from core.commands.shard_work import _check_sight
from core.commands.stop import Stop
from core.commands.target_classes import TargetClasses
from core.errors import BadLabels, BadOption, Cancelled
from core.export.reading import Folder
from core.imports import lazy
from core.models.classifier import Classifier
from core.requests.audits import AuditRequest
from core.requests.references import PictureRef
from core.requests.studies import StudyRequest
from core.work.ray_executor import RayExecutor
from core.work.resources import Resources
from tests.core.commands.test_stream import made

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.usefixtures("loaded")]
MODEL = ("--model", "resnet18:random", "--device", "cpu")
MAPS = ("--methods", "grad-cam,layer-cam", *MODEL)


@pytest.fixture(autouse=True)
def shared(on_ray: RayExecutor, monkeypatch: pytest.MonkeyPatch) -> list[ShardRequest]:
    """Commands use the workers that all tests share; the shares that were asked for."""
    asked: list[ShardRequest] = []
    submit = on_ray.submit

    def noted(request: object, *rest: Any, **named: Any) -> Any:
        if isinstance(request, ShardRequest):
            asked.append(request)
        return submit(request, *rest, **named)

    def borrowed(
        engine: object, resources: Resources, *, receive: Callable[..., None], **rest: object
    ) -> RayExecutor:
        resources.elsewhere = on_ray.workers
        monkeypatch.setattr(on_ray, "resources", resources)
        monkeypatch.setattr(on_ray, "_receive", receive)
        return on_ray

    monkeypatch.setattr(on_ray, "submit", noted)
    monkeypatch.setattr(on_ray, "close", lambda: None)
    monkeypatch.setattr(spread_work, "RayExecutor", borrowed)
    return asked


def run(name: str, photos: Path, out: Path, *words: str) -> int:
    return main([name, str(photos), "--out", str(out), *words])


def on(name: str, photos: Path, out: Path, *words: str) -> int:
    return run(name, photos, out, *words, "--engine", "ray")


def record(out: Path, name: str = "explain.json", *, times: bool = False) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if times or "seconds" not in k}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return plain(json.loads((out / name).read_text("utf-8")))


def seconds(out: Path, method: str) -> dict[str, float]:
    """How long each picture's map took: a number that no second computation gives again."""
    return {
        one["picture"]: each["seconds"]
        for one in record(out, times=True)["pictures"]
        for each in one["explanations"]
        if each["method"] == method
    }


def alike(one: Path, two: Path) -> None:
    """Check that two folders hold the same files, equal to the last bit but for times."""
    assert sorted(p.name for p in one.iterdir()) == sorted(p.name for p in two.iterdir())
    assert record(one) == record(two)
    for path in one.glob("*.npz"):
        with np.load(path) as first, np.load(two / path.name) as second:
            assert first.files == second.files
            for key in first.files:
                if "seconds" not in key:
                    np.testing.assert_array_equal(first[key], second[key])
    for path in [*one.glob("*.webp"), *one.glob("*.png")]:
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def rows_of(out: Path) -> list[dict[str, object]]:
    rows = pq.read_table(io.BytesIO((out / "agreement.parquet").read_bytes())).to_pylist()
    return [{n: v for n, v in row.items() if not n.startswith("seconds")} for row in rows]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Nine pictures, one of which is cut off, and two of one name."""
    folder = made(tmp_path / "photos", 8)
    (folder / "sub").mkdir()
    (folder / "p01.png").rename(folder / "sub" / "p00.png")
    (folder / "p03.png").write_bytes((folder / "p02.png").read_bytes()[:60])
    return folder


def test_agree_gives_the_same_rows_files_and_faults(
    tmp_path: Path,
    photos: Path,
    shared: list[ShardRequest],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = (*MAPS, "--measures", "single-deletion", "--steps", "2")
    assert run("agree", photos, tmp_path / "one", *words) == BAD_INPUT
    faults = capsys.readouterr().err
    assert on("agree", photos, tmp_path / "two", *words) == BAD_INPUT
    assert capsys.readouterr().err == faults
    assert "p03.png" in faults
    alike(tmp_path / "one", tmp_path / "two")
    assert rows_of(tmp_path / "one") == rows_of(tmp_path / "two")
    assert record(tmp_path / "one", "measures.json") == record(tmp_path / "two", "measures.json")
    assert len(shared) == 8, "eight shares a worker, or one a picture"
    assert {each.parts for each in shared} == {8}
    shared.clear()
    before = seconds(tmp_path / "two", "grad-cam")
    assert on("agree", photos, tmp_path / "two", *words) == BAD_INPUT
    (share,) = shared
    assert len(share.without) == 7, "only the picture that failed is tried again"
    assert seconds(tmp_path / "two", "grad-cam") == before


def test_what_the_folder_holds_is_not_computed_again(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "out"
    run("explain", photos, out, "--methods", "grad-cam", *MODEL)
    before = seconds(out, "grad-cam")
    assert on("explain", photos, out, *MAPS) == BAD_INPUT
    assert seconds(out, "grad-cam") == before
    run("explain", photos, tmp_path / "one", *MAPS)
    alike(tmp_path / "one", out)


def test_a_worker_that_dies_costs_one_picture(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "trap").touch()
    assert on("explain", photos, out, *MAPS, "--overlays", "none") == BAD_INPUT
    assert not (tmp_path / "trap").exists()
    run("explain", photos, tmp_path / "one", *MAPS, "--overlays", "none")
    alike(tmp_path / "one", out)


def test_what_a_killed_run_left_of_its_shares_is_used(
    tmp_path: Path, photos: Path, shared: list[ShardRequest]
) -> None:
    out = tmp_path / "out"
    left = out / SHARDS / "00001-of-00004"
    run("explain", photos, left, *MAPS, "--shard", "1/4")
    before = seconds(left, "layer-cam")
    assert len(before) == 2
    assert on("explain", photos, out, *MAPS) == BAD_INPUT
    after = seconds(out, "layer-cam")
    assert {name: after[name] for name in before} == before
    assert len(after) == 7
    assert not (out / SHARDS).exists()


@pytest.mark.parametrize("sees", [True, False])
def test_a_stop_loses_nothing_and_a_later_run_goes_on(
    tmp_path: Path, photos: Path, sees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no worker sees the folder: it sends its files then."""
    if not sees:
        monkeypatch.setattr(
            spread_work, "write_whole", lambda path, data: path.write_bytes(b"other")
        )
    out = tmp_path / "out"
    check = Stop.check

    def stopped(self: Stop) -> None:
        check(self)
        if len(list(out.glob("*.npz"))) >= 2:
            raise Cancelled("Stopped.")

    monkeypatch.setattr(Stop, "check", stopped)
    assert on("explain", photos, out, *MAPS) == STOPPED
    monkeypatch.setattr(Stop, "check", check)
    there = Folder(out).count
    assert 2 <= there < 7
    assert on("explain", photos, out, *MAPS) == BAD_INPUT
    run("explain", photos, tmp_path / "one", *MAPS)
    alike(tmp_path / "one", out)


def test_measures_are_those_of_one_process(tmp_path: Path, photos: Path) -> None:
    words = ("--methods", "grad-cam", "--measures", "average-drop", *MODEL, "--overlays", "none")
    run("measure", photos, tmp_path / "one", *words)
    on("measure", photos, tmp_path / "two", *words)
    alike(tmp_path / "one", tmp_path / "two")
    table = [(tmp_path / each / "measures.json") for each in ("one", "two")]
    assert record(table[0].parent, "measures.json") == record(table[1].parent, "measures.json")


def test_an_audit_is_that_of_one_process(
    tmp_path: Path, photos: Path, shared: list[ShardRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The catalogue, which is asked where the model is elsewhere, has not the tiny model's names.
    own_names = property(lambda self: self._summary().names)
    monkeypatch.setattr(TargetClasses, "_known_names", own_names)
    table = [f"{path.name},{number % 2}" for number, path in enumerate(sorted(photos.glob("*.*")))]
    (photos / "metadata.csv").write_text("\n".join(["file_name,label", *table]))
    words = (*MAPS, "--worst", "1")
    assert run("audit", photos, tmp_path / "one", *words) == BAD_INPUT
    assert on("audit", photos, tmp_path / "two", *words) == BAD_INPUT
    one, two = tmp_path / "one", tmp_path / "two"
    alike(one, two)
    audits = [record(folder, "audit.json") for folder in (one, two)]
    assert audits[0]["pictures"]["with_known_class"] > 4
    assert audits[0] == audits[1]
    assert {each.parts for each in shared} == {8}
    shared.clear()
    lines = (two / "audit.jsonl").read_bytes().splitlines(keepends=True)
    facts = [at for at, line in enumerate(lines) if b'"Facts"' in line]
    assert len(facts) == 7, "of every picture that can be read"
    (two / "audit.jsonl").write_bytes(b"".join(lines[: facts[-1]] + lines[facts[-1] + 1 :]))
    assert on("audit", photos, two, *words) == BAD_INPUT
    asked = [len(range(each.part - 1, 8, each.parts)) - len(each.without) for each in shared]
    assert sum(asked) == 2, "the picture that failed, and the one whose numbers are gone"
    assert record(two, "audit.json") == audits[0]


def test_a_worker_sees_the_same_table_of_true_classes(tmp_path: Path, tiny: Classifier) -> None:
    table = tmp_path / "table.csv"
    table.write_text("file_name,label\n")
    resources = Resources()
    asked = AuditRequest(
        study=StudyRequest(
            pictures=(PictureRef("", "x"),),
            model=tiny.reference,
            methods=("grad-cam",),
        ),
        table=Names(resources).truth_table(str(table)),
    )
    worker = Resources()
    offer_table(asked, worker)
    assert worker.offers.content(asked.table.digest, Path, "table") == table
    table.write_text("file_name,class\n")
    with pytest.raises(BadLabels, match=r"does not see .*table\.csv, or sees another file"):
        offer_table(asked, Resources())
    table.unlink()
    with pytest.raises(BadLabels, match="does not see"):
        offer_table(asked, Resources())


def test_arrays_that_nobody_wants_do_not_stay(tmp_path: Path, photos: Path) -> None:
    words = (*MAPS, "--arrays", "none")
    run("explain", photos, tmp_path / "one", *words)
    on("explain", photos, tmp_path / "two", *words)
    alike(tmp_path / "one", tmp_path / "two")


def test_what_is_wrong_for_all_pictures_ends_the_command(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for engine in ("local", "ray"):
        words = ("--methods", "grad-cam", *MODEL, "--layer", "no.such", "--engine", engine)
        assert run("explain", photos, tmp_path / engine, *words) == BAD_INPUT
    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert first == second
    assert "no.such" in first


def test_a_machine_that_does_not_see_the_pictures_says_so(photos: Path) -> None:
    with pytest.raises(BadOption, match=r"sees 8 of the 9 pictures: put them where every machine"):
        _check_sight((str(photos),), 9)


def test_one_way_to_share_out_at_a_time(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on("explain", photos, tmp_path / "out", *MAPS, "--shard", "1/2") == BAD_INPUT
    assert "leave --shard away" in capsys.readouterr().err
    assert run("explain", photos, tmp_path / "out", *MAPS, "--engine", "dask") == BAD_INPUT
    assert "give local, ray or ray://HOST:PORT" in capsys.readouterr().err


def test_without_ray_one_sentence_says_how_to_get_it(
    tmp_path: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(spread_work, "RayExecutor", RayExecutor)
    monkeypatch.setattr("core.work.ray_cluster.library", missing)
    assert on("explain", photos, tmp_path / "out", *MAPS) == BAD_INPUT
    assert "pip install -r requirements-ray.txt" in capsys.readouterr().err
    assert lazy.library("json") is json
    assert OK == 0
