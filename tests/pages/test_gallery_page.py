"""The gallery without a browser: rows as they come, the same numbers as the agreement page."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import BadPicture
from core.pictures import built_in
from core.requests.maps import MapRequest
from core.work.handler import Handler
from core.work.handlers import HANDLERS
from pages.ui.gallery import jobs, results, show
from pages.ui.parts import jobs as work
from pages.ui.parts import pickers
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped, until_idle

ROOT = Path(__file__).parents[2]
METHODS = ["grad-cam", "eigen-cam"]
COLUMN = " & ".join(pickers.method_labels()[label] for label in METHODS)


def opened(path: str = "pages/gallery.py", **state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    given = {"model": "resnet18:random", "compare": METHODS, "gallery_pictures": ["cat", "coffee"]}
    for key, value in {**given, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page(path).run())


def start(app: AppTest) -> AppTest:
    app.button(key="gallery_start").click()
    return settled(app.run())


def test_nothing_runs_before_the_button(begun: list[object]) -> None:
    app = opened()
    assert app.button(key="gallery_start").label == "Explain 2"
    assert not app.dataframe
    assert not maps_in(begun)
    app = start(app)
    assert len(maps_in(begun)) == 2 * len(METHODS)
    assert len(app.dataframe[0].value) == 2


def test_numbers_are_those_of_the_agreement_page() -> None:
    app = start(opened(top=20))
    overlap = app.dataframe[0].value[COLUMN][0]
    page = opened("pages/agreement.py", picture="cat", top=20)
    said = " ".join(each.value for each in page.markdown)
    assert float(re.search(r"\*\*([\d.]+)\*\* \(IoU\)", said)[1]) == pytest.approx(
        overlap, abs=0.005
    )


def test_sliders_and_new_pictures_keep_what_is_done(begun: list[object]) -> None:
    app = start(opened())
    asked, before = len(maps_in(begun)), app.dataframe[0].value[COLUMN][0]
    app.slider(key="top").set_value(40)
    app = settled(app.run())
    assert len(maps_in(begun)) == asked
    assert app.dataframe[0].value[COLUMN][0] != before
    app.multiselect(key="gallery_pictures").set_value(["cat", "coffee", "rocket"])
    app = settled(app.run())
    assert app.button(key="gallery_start").label == "Resume"
    assert len(app.dataframe[0].value) == 2
    app = start(app)
    assert len(app.dataframe[0].value) == 3
    assert len(maps_in(begun)) == asked + len(METHODS)


def test_superpixels_have_a_slider_only_where_a_method_marks_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = start(opened())
    assert [slider.key for slider in app.slider] == ["top"]
    monkeypatch.setattr(results, "marks_superpixels", lambda label: label == METHODS[1])
    assert [slider.key for slider in app.run().slider] == ["top", "parts"]


def test_failing_picture_is_a_row_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"no picture")
    Image.fromarray(np.array(built_in.load("rocket").pixels)).save(folder / "rocket.png")
    monkeypatch.setenv("SEEWHY_PICTURES", str(folder))
    app = start(opened(gallery_pictures=["folder/broken.png", "folder/rocket.png"]))
    table = app.dataframe[0].value
    assert table["Prediction"][0] == "failed, see below"
    assert ["broken.png" in each.value for each in app.error] == [True]
    assert table["Picture"][1] == "rocket.png"
    assert np.isfinite(table[COLUMN][1])


def test_pictures_that_fail_do_not_hold_up_those_behind_them() -> None:
    app = start(opened(module="layer9", gallery_pictures=["cat", "coffee", "rocket"]))
    done = "3 of 3 pictures finished, 3 of them with an error."
    assert done in [each.value for each in app.markdown]
    (error,) = app.error
    assert unescaped(error.value).startswith("cat.png, coffee.png, rocket.jpg: ")
    assert "layer9" in error.value
    assert [*app.dataframe[0].value["Prediction"]] == ["failed, see below"] * 3
    assert "Try again" not in [button.label for button in app.button], "it could not help"


def test_what_failed_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BadPicture("The disk was full: free some space.")

    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, MapRequest, Handler(run=fail, title=lambda request: "The map"))
        app = start(opened())
    assert [each.value for each in app.error] == [
        "cat.png, coffee.png\\: The disk was full\\: free some space."
    ]
    app.button(key="gallery_again").click()
    app = settled(app.run())
    assert not app.error
    assert np.isfinite([*app.dataframe[0].value[COLUMN]]).all()


def test_what_was_stopped_on_another_page_is_made_by_the_gallery() -> None:
    app = opened()
    job = work.submit
    stopped: list[str] = []

    def stopping(request: object) -> Any:
        """Stop each job once, as the button of another page does."""
        one = job(request)
        if one.key not in stopped:
            stopped.append(one.key)
            one.stop(work.visitor())
        return one

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "submit", stopping)
        app = start(app)
    assert len(stopped) > 2
    assert "2 of 2 pictures finished." in [each.value for each in app.markdown]


def test_files(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def button(label: str, data: Any, *given: Any, **named: Any) -> None:
        made[label] = data() if callable(data) else data

    monkeypatch.setattr(results.st, "download_button", button)
    start(opened())
    with zipfile.ZipFile(io.BytesIO(made["Everything (ZIP)"])) as archive:
        names = set(archive.namelist())
        assert archive.read("report.html") == made["Report (HTML)"]
        record = json.loads(archive.read("explain.json"))
    assert {"agreement.csv", "iou_bar.png", "report.html", "explain.json", "cat.npz"} <= names
    assert {"cat_grad-cam.png", "coffee_eigen-cam.png"} <= names
    assert len(record["pictures"]) == 2
    assert made["Table (CSV)"].count("\n") == 3


def test_maps_that_end_before_the_line_is_drawn_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    app, progress = opened(), show.progress

    def late(items: Sequence[jobs.Item]) -> None:
        until_idle()
        progress(items)

    monkeypatch.setattr(show, "progress", late)
    app.button(key="gallery_start").click().run()
    assert "2 of 2 pictures finished." in [each.value for each in app.markdown]
    assert len(app.dataframe[0].value) == 2
