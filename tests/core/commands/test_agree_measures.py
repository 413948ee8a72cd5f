"""`python -m core agree --measures`: how far the maps of a report can be trusted."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.commands.entry_point import BAD_INPUT, OK, main
from core.errors import SeeWhyError
from core.export import measures_record
from core.export.measure_lines import MeasureLines
from core.models.classifier import Classifier
from core.pictures.picture import read
from core.work.handlers import HANDLERS
from core.work.handlers import measures as handler

Run = Callable[..., int]
MEASURES = ("--measures", "average-drop,increase")
METHODS = ("--methods", "grad-cam,eigen-cam")


@pytest.fixture
def run(loaded: list[str], out: Path) -> Run:
    def run(command: str, *args: object, folder: Path = out) -> int:
        given = [*map(str, args), *METHODS, "--model", "resnet18:random", "--out", str(folder)]
        return main([command, *given])

    return run


def values(folder: Path) -> list[dict[str, str]]:
    """The lines of maps; their controls also have lines of their own."""
    whole = csv.DictReader(io.StringIO((folder / "measures.csv").read_text("utf-8")))
    return [
        {name: row[name] for name in row if name != "seconds"}
        for row in whole
        if row["method"] in METHODS[1].split(",")
    ]


def test_numbers_are_those_of_measure(run: Run, photos: Path, out: Path, tmp_path: Path) -> None:
    assert run("agree", photos, *MEASURES) == OK
    alone = tmp_path / "alone"
    assert run("measure", photos, *MEASURES, folder=alone) == OK
    assert values(out) == values(alone)
    assert len(values(out)) == 2 * 2 * 2 * 3, "pictures, methods, measures, controls"
    record = json.loads((out / "measures.json").read_text("utf-8"))
    assert set(record["cards"]) == {"average-drop", "increase"}
    assert "earlier" not in record
    assert "--measures average-drop,increase" in record["command"]


def test_the_report_shows_means_controls_and_the_best_and_worst_maps(
    run: Run, photos: Path, out: Path
) -> None:
    assert run("agree", photos, *MEASURES) == OK
    page = (out / "report.html").read_text("utf-8")
    trust = page[page.index("How far the maps can be trusted") : page.index("Picture by picture")]
    assert "<h3>Average drop</h3>" in trust
    assert trust.count("too few pictures to say (below 5)") == 2 * 2 * 3
    drops = {
        row["picture"]: float(row["value"])
        for row in values(out)
        if (row["measure"], row["method"], row["control"]) == ("average-drop", "grad-cam", "random")
    }
    best, worst = sorted(drops, key=drops.__getitem__)
    assert f"Grad-CAM, best: {best}, {drops[best]:.3f}" in trust
    assert f"Grad-CAM, worst: {worst}, {drops[worst]:.3f}" in trust
    assert "where the model is right" not in trust, "no true class is known"
    assert "--measures average-drop,increase" in page


def test_a_report_without_measures_says_nothing_of_trust(run: Run, photos: Path, out: Path) -> None:
    assert run("agree", photos) == OK
    assert "trusted" not in (out / "report.html").read_text("utf-8")
    assert not (out / "measures.csv").exists()


def test_what_the_folder_holds_is_not_measured_again(
    run: Run, photos: Path, out: Path, loaded: list[str]
) -> None:
    assert run("agree", photos, *MEASURES) == OK
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    loaded.clear()
    assert run("agree", photos, *MEASURES) == OK
    assert loaded == []
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_right_and_wrong_pictures_stand_apart(
    run: Run, photos: Path, out: Path, tiny: Classifier
) -> None:
    guess = tiny.predict(tiny.prepare(read(photos / "cat.png"), "squash"))[0].name
    other = next(name for name in tiny.names if name != guess)
    for name, picture in ((guess, "cat.png"), (other, "rocket.png")):
        (photos / name).mkdir()
        (photos / picture).rename(photos / name / picture)
    wrong = tiny.predict(tiny.prepare(read(photos / other / "rocket.png"), "squash"))[0].name
    assert run("agree", photos, "--measures", "average-drop") == OK
    page = (out / "report.html").read_text("utf-8")
    (row,) = re.findall(r"<tr><td>Grad-CAM</td>((?:<td>[^<]*</td>){6})</tr>", page)[-1:]
    cells = re.findall("<td>(.*?)</td>", row)
    known = {
        each["picture"]: f"{float(each['value']):.3f}"
        for each in values(out)
        if (each["method"], each["control"]) == ("grad-cam", "random")
    }
    if wrong == other:
        assert cells[2:] == ["2", "not defined", "", "0"]
    else:
        assert cells == [known["cat.png"], "", "1", known["rocket.png"], "", "1"]


def test_a_measure_that_fails_is_a_line_and_the_report_goes_on(
    run: Run,
    photos: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = HANDLERS[handler.MeasureRequest]

    def fail(request: Any, *given: Any) -> Any:
        if request.map.picture.name == "cat.png" and request.measure == "increase":
            raise SeeWhyError("No luck.")
        return known.run(request, *given)

    one = type(known)(run=fail, title=known.title, cost=known.cost)
    monkeypatch.setitem(HANDLERS, handler.MeasureRequest, one)  # type: ignore[arg-type]
    assert run("agree", photos, *MEASURES) == BAD_INPUT
    assert capsys.readouterr().err.count("cat.png, Increase in confidence: No luck.") == 2
    assert len(values(out)) == (2 + 1) * 2 * 3
    page = (out / "report.html").read_text("utf-8")
    assert "2 pictures explained." in page, "its maps are all there"
    record = json.loads((out / "measures.json").read_text("utf-8"))
    assert record["faults"][0] == {
        "name": "cat.png, Increase in confidence",
        "reason": "No luck.",
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--measures", "deletoin"), "did you mean deletion"),
        (("--measures", "pointing"), "give the command measure --truth"),
        (("--steps", "9"), "--steps needs --measures"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(
    run: Run,
    photos: Path,
    out: Path,
    given: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("agree", photos, *given) == BAD_INPUT
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_a_record_of_measures_that_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / measures_record.RECORD
    for text in ("", "[]", "[" * 100_000, '{"versions": 1}'):
        path.write_text(text)
        assert list(MeasureLines(tmp_path).records) == []
