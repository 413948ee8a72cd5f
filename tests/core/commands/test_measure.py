"""`python -m core measure`: the table, the record, what is not measured again, refusals."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands import measured_maps
from core.commands.entry_point import BAD_INPUT, OK, STOPPED, main
from core.commands.progress import Progress
from core.errors import Cancelled
from core.export.measures_table import HEADER
from core.measure.single import grid_pointing
from core.measure.single.table import MEASURES
from core.measure.trust import FEWEST
from core.models import load
from core.models.classifier import Classifier
from core.pictures import built_in
from core.requests.keys import key_of
from core.work.handlers import HANDLERS
from core.work.handlers import measures as handler

Run = Callable[..., int]
CONTROLS = ["random", "sobel", "centre", "random-weights"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests for measures that were computed."""
    asked: list[Any] = []
    known = HANDLERS[handler.MeasureRequest]

    def counted(request: Any, *given: Any) -> Any:
        asked.append(request)
        return known.run(request, *given)

    one = type(known)(run=counted, title=known.title, cost=known.cost)
    monkeypatch.setitem(HANDLERS, handler.MeasureRequest, one)  # type: ignore[arg-type]
    return asked


@pytest.fixture
def measure(
    tiny: Classifier, out: Path, measured: list[Any], monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)

    def run(*args: object) -> int:
        given = [*map(str, args), "--model", "resnet18:random", "--out", str(out)]
        return main(["measure", *given])

    return run


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "measures.csv").read_text("utf-8"))))


def record(out: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((out / "measures.json").read_text("utf-8"))
    return whole


QUICK = ("--methods", "grad-cam,layer-cam", "--measures", "single-deletion,average-drop")


def test_every_measure_of_a_map_stands_beside_its_controls(
    measure: Run, photos: Path, out: Path
) -> None:
    assert measure(photos / "cat.png", *QUICK) == OK
    (header,) = {tuple(row) for row in rows(out)}
    assert header == HEADER
    of_maps = [row for row in rows(out) if row["method"] not in CONTROLS]
    assert [row["control"] for row in of_maps] == CONTROLS[:3] * 4, "it is untrained itself"
    own = [(row["method"], row["measure"]) for row in rows(out) if row["method"] in CONTROLS]
    assert len(own) == len(set(own)) == 3 * 2, "each once, for both methods"
    for one in record(out)["pictures"][0]["values"]:
        (first, *_) = [
            row
            for row in rows(out)
            if (row["method"], row["measure"]) == (one["method"], one["measure"])
        ]
        assert float(first["value"]) == pytest.approx(one["value"], abs=1e-6)
        assert float(first["control_value"]) == pytest.approx(
            one["controls"]["random"]["value"], abs=1e-6
        )
    assert set(record(out)["cards"]) == {"single-deletion", "average-drop"}


def test_what_the_folder_holds_is_not_measured_again(
    measure: Run, photos: Path, out: Path, measured: list[Any]
) -> None:
    assert measure(photos / "cat.png", *QUICK) == OK
    before, asked = rows(out), len(measured)
    assert asked == (2 + 3) * 2, "controls are measured once for all methods"
    assert measure(photos / "cat.png", *QUICK) == OK
    assert len(measured) == asked
    assert rows(out) == before
    assert measure(photos, *QUICK, "--seed", 1) == OK
    assert len(measured) == asked + 2 * asked, "another seed, and a picture more"


def test_nothing_that_was_measured_is_lost_when_a_run_is_stopped_and_stopped_again(
    measure: Run, photos: Path, out: Path, measured: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = HANDLERS[handler.MeasureRequest]

    def stop_after(count: int) -> None:
        first = len(measured)

        def run(request: Any, *given: Any) -> Any:
            if len(measured) - first >= count:
                raise Cancelled
            return known.run(request, *given)

        one = type(known)(run=run, title=known.title, cost=known.cost)
        monkeypatch.setitem(HANDLERS, handler.MeasureRequest, one)  # type: ignore[arg-type]

    stop_after(13)
    assert measure(photos, *QUICK) == STOPPED
    assert len(measured) == 13, "of 10 for each picture"
    stop_after(1)
    assert measure(photos, *QUICK) == STOPPED
    stop_after(100)
    assert measure(photos, *QUICK) == OK
    assert len(measured) == len({key_of(request) for request in measured}) == 20
    assert "earlier" not in record(out)


def test_progress_is_drawn_while_something_is_measured(
    measure: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, str]] = []
    monkeypatch.setattr(Progress, "__call__", lambda self, *given: drawn.append(given))
    monkeypatch.setattr(measured_maps, "wait_for", lambda handle, stop, show: _waited(handle, show))
    assert measure(photos, *QUICK) == OK
    shares = [share for share, stage in drawn if "Single deletion" in stage]
    assert shares == sorted(shares)
    assert 0.4 < shares[-1] < 1, "the second of two pictures"


def _waited(handle: Any, show: Callable[[float, str], None]) -> Any:
    show(0.5, "")
    assert handle.wait(60)
    return handle.result()


def test_a_map_that_is_made_anew_has_no_controls(measure: Run, photos: Path, out: Path) -> None:
    given = ("--methods", "grad-cam", "--measures", "random-class", "--set", "copies=2")
    assert measure(photos / "cat.png", *given) == OK
    (row,) = rows(out)
    assert (row["control"], row["control_value"]) == ("", "")


GRID = ("--methods", "grad-cam", "--measures", "grid-pointing")


def test_a_mosaic_takes_the_other_pictures_and_built_in_ones(
    measure: Run, photos: Path, out: Path, measured: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    monkeypatch.setattr(handler, "chosen_others", lambda guesses, class_index: (0, 1, 2))
    assert measure(photos, *GRID) == BAD_INPUT
    names = [picture.name for picture in measured[0].others]
    built = [built_in.load(sample.key).name for sample in built_in.PHOTOS]
    assert names == ["cat.png", "rocket.png", *built]
    assert "mosaic.png" not in names
    assert "cat-marked.png" not in names
    for row, one in zip(rows(out), record(out)["pictures"], strict=True):
        shares = one["values"][0]["details"]
        assert float(row["value"]) == pytest.approx(
            np.mean([shares[quarter] for quarter in grid_pointing.QUARTERS]), abs=1e-6
        )
        assert row["control"] == ""


def test_pictures_that_the_model_does_not_know_make_no_mosaic(
    measure: Run, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--methods", "grad-cam,layer-cam", "--measures", "grid-pointing,single-deletion")
    assert measure(photos, *given) == OK
    printed = capsys.readouterr().err
    assert printed.count("cat.png: Grid pointing needs three pictures of other classes") == 1
    grid = [row["value"] for row in rows(out) if row["measure"] == "grid-pointing"]
    assert grid == [""] * 4
    assert all(row["value"] for row in rows(out) if row["measure"] == "single-deletion")


def test_a_bad_picture_does_not_end_the_others(
    measure: Run, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    assert measure(photos, *QUICK) == BAD_INPUT
    assert {row["picture"] for row in rows(out)} == {"cat.png", "rocket.png"}
    assert "broken.png" in capsys.readouterr().err
    assert record(out)["faults"][0]["name"] == "broken.png"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--measures", "deletoin"), "did you mean deletion"),
        (("--measures", ","), "give one name at least"),
        (
            ("--measures", "pointing"),
            "needs to know where the objects are",
        ),
        (("--measures", "pointing", "--truth", "missing.png"), "missing.png does not exist"),
        (("--set", "noise=9"), "noise is 9.0: give"),
        (("--set", "unknown=9"), "Measures have no setting 'unknown'"),
        (("--steps", "1"), "steps is 1: give 2 to 448"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(
    measure: Run,
    photos: Path,
    out: Path,
    given: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert measure(photos, *given) == BAD_INPUT
    printed = capsys.readouterr().err
    assert sentence in printed
    assert printed.count("\n") == 1
    assert not out.exists()


def test_few_pictures_stand_beside_random_maps_and_many_have_a_test(
    measure: Run, photos: Path, out: Path
) -> None:
    assert measure(photos, *QUICK, "--measures", "single-deletion,average-drop,random-class") == OK
    page = (out / "measures.html").read_text("utf-8")
    assert page.count("<th>Mean of 50 random maps</th>") == 2
    for picture in record(out)["pictures"]:
        for one in picture["values"]:
            chance = one.get("random_maps")
            assert (chance is None) == (one["measure"] == "random-class")
            if chance is None:
                continue
            assert chance["count"] == 50
            higher = MEASURES[one["measure"]].better == "higher"
            better = one["value"] > chance["high"] if higher else one["value"] < chance["low"]
            assert chance["better"] == better
    for number in range(FEWEST - 2):
        shutil.copy(photos / "cat.png", photos / f"{number}.png")
    before = record(out)["pictures"][0]["values"]
    assert measure(photos, *QUICK) == OK
    assert "Mean of 50 random maps" not in (out / "measures.html").read_text("utf-8")
    (cat,) = [each for each in record(out)["pictures"] if each["picture"] == "cat.png"]
    for one in cat["values"]:
        assert ("random_maps" in one) == (one["measure"] == "single-deletion"), "it takes no passes"
    assert before[0] == cat["values"][0], "what the folder holds is taken from there"


def test_the_record_has_means_and_those_of_right_and_wrong_pictures(
    measure: Run, photos: Path, out: Path, tiny: Classifier
) -> None:
    for name in tiny.names[:2]:
        (photos / name).mkdir()
        shutil.copy(photos / "cat.png", photos / name / "1.png")
        shutil.copy(photos / "rocket.png", photos / name / "2.png")
    assert measure(photos, *QUICK) == OK
    made = record(out)
    summary = made["summaries"][0]
    values = [
        one["value"]
        for picture in made["pictures"]
        for one in picture["values"]
        if (one["method"], one["measure"]) == (summary["method"], summary["measure"])
    ]
    assert summary["mean"] == pytest.approx(np.mean(values))
    assert summary["pictures"] == 6
    assert summary["right"]["pictures"] + summary["wrong"]["pictures"] == 4
    assert set(summary["controls"]) == set(CONTROLS[:3])
    assert "Mean where the model is right" in (out / "measures.html").read_text("utf-8")


TRUTH = ("--methods", "grad-cam", "--measures", "energy,rank-accuracy")


def test_a_picture_without_a_mask_and_one_with_a_bad_mask_do_not_end_the_others(
    measure: Run, photos: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    with Image.open(photos / "cat.png") as cat:
        Image.new("1", cat.size, 1).save(masks / "cat.png")
    assert measure(photos, *TRUTH, "--truth", masks) == OK
    printed = capsys.readouterr().err
    assert printed.count("rocket.png has no truth mask in masks.") == 1
    by_picture = {
        name: [row for row in rows(out) if row["picture"] == name]
        for name in ("cat.png", "rocket.png")
    }
    cats = [(row["measure"], row["control"], row["value"]) for row in by_picture["cat.png"]]
    assert ("energy", "random", "1.000000") in cats
    assert {row["value"] for row in by_picture["rocket.png"]} == {""}
    (_, rocket) = record(out)["pictures"]
    assert rocket["values"][0]["notes"] == ["rocket.png has no truth mask in masks."]
    assert shlex.join(["--truth", "masks"]) in record(out)["command"]
    Image.new("1", (5, 5)).save(masks / "rocket.png")
    assert measure(photos, *TRUTH, "--truth", masks) == BAD_INPUT
    assert capsys.readouterr().err.count("is 5 x 5 pixels and rocket.png") == 1
    assert {row["picture"] for row in rows(out)} == {"cat.png", "rocket.png"}


def test_one_mask_is_that_of_one_picture(
    measure: Run, photos: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "any.png"
    with Image.open(photos / "cat.png") as cat:
        Image.new("L", cat.size, 1).save(mask)
    assert measure(photos / "cat.png", *TRUTH, "--truth", mask) == OK
    assert {row["value"] for row in rows(out) if row["measure"] == "energy"} == {"1.000000"}
    assert measure(photos, *TRUTH, "--truth", mask) == BAD_INPUT
    assert "any.png is the mask of one picture, and there are 2" in capsys.readouterr().err


def test_the_report_names_no_folder_and_escapes_names(
    measure: Run, photos: Path, out: Path, tmp_path: Path
) -> None:
    (photos / "cat.png").rename(photos / "<b>cat.png")
    assert measure(photos, *QUICK) == OK
    page = (out / "measures.html").read_text("utf-8")
    assert "&lt;b&gt;cat.png" in page
    assert "<b>cat" not in page
    assert str(tmp_path) not in page
    assert page.count("too few pictures to say (below 5)") == 2 * 2 * 3
    assert "<h2>Single deletion</h2>" in page


def test_the_list_of_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures"]) == OK
    printed = capsys.readouterr().out
    assert all(f"{name}  (" in printed for name in MEASURES)
