"""The measures of a gallery: what is asked for, the section, the report and its command."""

from __future__ import annotations

import io
import json
import shlex
import threading
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.commands.entry_point import OK, main
from core.errors import SeeWhyError
from core.pictures import built_in
from core.requests.keys import key_of
from core.requests.measures import MeasureRequest
from core.work.handler import Handler
from core.work.handlers import HANDLERS
from pages.ui.gallery import measured, results
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped
from tests.pages.test_gallery_page import METHODS, ROOT, TITLES, opened, rows_of, start

QUICK = ["average-drop"]


def numbers_in(requests: list[object]) -> list[MeasureRequest]:
    return [each for each in requests if isinstance(each, MeasureRequest)]


def said(app: AppTest) -> str:
    bodies = [each.proto.body for each in app.get("html")]
    return "".join(body for body in bodies if "trust" in body and "stMainBlock" not in body)


def test_a_measure_that_is_added_computes_only_itself(begun: list[object]) -> None:
    app = start(opened())
    assert not numbers_in(begun), "nobody has said what"
    assert not said(app)
    maps = len(maps_in(begun))
    app.multiselect(key="measured").set_value(QUICK)
    app = settled(app.run())
    assert not numbers_in(begun), "not before the button"
    assert app.dataframe, "what is there stays"
    assert app.button(key="gallery_start").label == "Measure 2"
    (line,) = (each.value for each in app.caption if " to go" in each.value)
    # Each picture: one pass for the original, one for each of 2 maps, 3 controls, 50 random maps.
    assert "4 measures, 112 passes" in line
    app = start(app)
    assert len(maps_in(begun)) == maps
    assert len(numbers_in(begun)) == 2 * (2 + 3), "controls once for all methods of a picture"
    assert "gallery_start" not in [button.key for button in app.button]
    app.multiselect(key="measured").set_value([*QUICK, "increase"])
    app = start(settled(app.run()))
    assert {each.measure for each in numbers_in(begun)[10:]} == {"increase"}
    app.multiselect(key="measured").set_value(["increase"])
    settled(app.run())
    assert len(numbers_in(begun)) == 20


@pytest.mark.slow
def test_the_section_says_means_and_leads_to_the_best_and_worst_maps() -> None:
    app = start(opened(measured=QUICK))
    table = said(app)
    assert "Which share of its probability does the class lose under the map? Lower is better." in (
        table
    )
    assert all(f'<th scope="row">{title}</th>' in table for title in TITLES)
    assert table.count("too few pictures to say more (below 5)") == 2
    assert table.count("better than 50 random maps on ") == 2
    extremes = next(row for row in rows_of(app) if row.get("wrap"))
    assert extremes["name"] == "Average drop: best and worst picture of each method"
    first = extremes["cells"][0]
    assert first["title"].startswith("Grad-CAM, best: ")
    assert first["below"] in ("cat.png", "coffee.png")
    where = urlsplit(first["href"])
    assert where.path == "heatmaps"
    assert parse_qs(where.query)["maps"] == METHODS
    assert "Right and wrong" not in " ".join(each.value for each in app.subheader)


@pytest.mark.slow
@pytest.mark.parametrize("failing", ["cat.png", "coffee.png"])
def test_a_measure_that_fails_does_not_end_the_gallery(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = HANDLERS[MeasureRequest]
    luck: list[bool] = []

    def fail(request: Any, *given: Any) -> Any:
        if request.map.picture.name == failing and not luck:
            raise SeeWhyError("No luck.")
        return known.run(request, *given)

    broken = Handler(run=fail, title=known.title, cost=known.cost)
    monkeypatch.setitem(HANDLERS, MeasureRequest, broken)  # type: ignore[arg-type]
    app = start(opened(measured=QUICK))
    assert len(app.dataframe[0].value) == 2
    assert [unescaped(each.value) for each in app.warning] == [
        f"{failing}: Average drop of {title}: No luck." for title in TITLES
    ]
    assert "<b>" in said(app), "the other picture has its numbers"
    luck.append(True)
    app.button(key="gallery_again").click()
    app = settled(app.run())
    assert not app.warning
    assert "[" in said(app), "two pictures have an interval"


@pytest.mark.slow
def test_page_and_command_give_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}

    def button(label: str, data: Any, *given: Any, **named: Any) -> None:
        if label in {"Report (HTML)", "Everything (ZIP)"}:
            made[label] = data()

    app = start(
        opened(pictures=["cat"], measured=["deletion", "average-drop"], base="black", steps=4)
    )
    monkeypatch.setattr(results.st, "download_button", button)
    app.run()
    with zipfile.ZipFile(io.BytesIO(made["Everything (ZIP)"])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files["report.html"] == made["Report (HTML)"]
    assert b"How far the maps can be trusted" in files["report.html"]
    record = json.loads(files["measures.json"])
    typed = shlex.split(record["command"])
    assert [*typed[typed.index("--measures") :][:6]] == [
        *("--measures", "deletion,average-drop", "--base", "black", "--steps", "4"),
    ]
    Image.fromarray(built_in.load("cat").pixels).save(tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    assert main([*typed[3:-1], "out"]) == OK
    out = tmp_path / "out"
    assert values(json.loads((out / "measures.json").read_text("utf-8"))) == values(record)
    lines = files["measures.csv"].decode().splitlines()
    assert len(lines) == 1 + 2 * 2 * 3 + 2 * 3, "maps beside controls, and controls"


def values(record: dict[str, Any]) -> list[tuple[object, ...]]:
    """Keys and numbers of a record, with those of controls."""
    return [
        (
            picture["picture"],
            value["method"],
            value["measure"],
            value["key"],
            value["value"],
            [(name, each["key"], each["value"]) for name, each in value["controls"].items()],
            value["random_maps"],
        )
        for picture in record["pictures"]
        for value in picture["values"]
    ]


@pytest.mark.slow
def test_right_and_wrong_predictions_stand_apart() -> None:
    app = start(opened(measured=QUICK))
    guess = app.dataframe[0].value["Prediction"][0].removesuffix(" (unsure)")
    table = f"file_name\tclass\ncat.png\t{guess}\ncoffee.png\ttabby\n"
    app.file_uploader(key="truths_file0").upload("truth.tsv", table.encode(), "text/csv")
    app = settled(app.run())
    assert "Right and wrong predictions" in [each.value for each in app.subheader]
    for word in ("right", "wrong"):
        assert said(app).count(f"<div>{word} <b>") == len(METHODS)
        assert said(app).count("</b> (1)</div>") == 2 * len(METHODS)


def test_a_link_chooses_measures_and_says_which_are_not_offered() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"] = "resnet18:random"
    given = {"compare": METHODS, "pictures": ["cat"], "measured": ["deletion", "randomisation"]}
    for key, value in {**given, "base": "black", "steps": "9"}.items():
        app.query_params[key] = value
    app = settled(app.switch_page("pages/gallery.py").run())
    assert app.multiselect(key="measured").value == ["deletion"]
    assert app.get_by_key("base").value == "black"
    assert app.number_input(key="steps").value == 9
    assert any("asks for 1 measure that the gallery" in each.value for each in app.warning)


def test_only_measures_of_the_map_alone_are_offered() -> None:
    assert (
        *("single-deletion", "deletion", "insertion", "road", "average-drop", "increase"),
    ) == measured.OFFERED


def test_stop_keeps_what_was_measured_and_resume_computes_the_rest(
    monkeypatch: pytest.MonkeyPatch, begun: list[object]
) -> None:
    known, gate = HANDLERS[MeasureRequest], threading.Event()
    done: list[MeasureRequest] = []

    def slow(request: Any, resources: Any, link: Any) -> Any:
        while len(done) >= 3 and not gate.wait(0.02):
            link(0.5, "waits")  # raises once nobody wants it any more
        done.append(request)
        return known.run(request, resources, link)

    patched = Handler(run=slow, title=known.title, cost=known.cost)
    monkeypatch.setitem(HANDLERS, MeasureRequest, patched)  # type: ignore[arg-type]
    app = opened(measured=QUICK)
    app.button(key="gallery_start").click().run()
    for _ in range(600):
        if len(done) >= 3 and len(maps_in(begun)) == 2 * len(METHODS):
            break
        time.sleep(0.05)
        app.run()
    app.button(key="gallery_stop").click()
    app = settled(app.run())
    assert app.button(key="gallery_start").label == "Resume"
    assert 3 <= len(done) < 10
    assert len(maps_in(begun)) == 2 * len(METHODS)
    gate.set()
    app = start(app)
    assert len(done) == len({key_of(each) for each in done}) == 2 * (2 + 3), "each once"
    assert "[" in said(app)
