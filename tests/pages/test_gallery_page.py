"""The gallery without a browser: rows as they come, the same numbers as the agreement page."""

from __future__ import annotations

import datetime
import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import BadPicture, CannotWrite
from core.pictures import built_in
from core.requests.maps import MapRequest
from core.work.handler import Handler
from core.work.handlers import HANDLERS
from pages.ui.gallery import grid, jobs, pictures, results, show
from pages.ui.parts import jobs as work
from pages.ui.parts import method_picker, visit, visit_pictures
from tests.core.figures.print.files import words_of
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped, until_idle
from tests.pages.test_visit import with_cookies

ROOT = Path(__file__).parents[2]
METHODS = ["grad-cam", "eigen-cam"]
TITLES = [method_picker.method_labels()[label] for label in METHODS]
COLUMN = " & ".join(TITLES)


def opened(path: str = "pages/gallery.py", **state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    given = {"model": "resnet18:random", "compare": METHODS, "pictures": ["cat", "coffee"]}
    for key, value in {**given, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page(path).run())


def png(side: int = 8) -> bytes:
    """Return a small grey picture as a file."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "grey").save(buffer, "PNG")
    return buffer.getvalue()


def rows_of(app: AppTest) -> list[dict[str, Any]]:
    """Return what the rows of the grid show."""
    drawn = [each.proto for each in app.get("bidi_component")]
    return [json.loads(each.json) for each in drawn if each.component_name == "seewhy.gallery_row"]


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
    app.multiselect(key="pictures").set_value(["cat", "coffee", "rocket"])
    app = settled(app.run())
    assert app.button(key="gallery_start").label == "Explain 1"
    assert len(app.dataframe[0].value) == 2
    app = start(app)
    assert len(app.dataframe[0].value) == 3
    assert len(maps_in(begun)) == asked + len(METHODS)


def test_a_method_removed_computes_nothing_and_one_added_only_its_own_maps(
    begun: list[object],
) -> None:
    app = start(opened(compare=[*METHODS, "grad-cam++"]))
    asked = len(begun)
    assert len(maps_in(begun)) == 2 * 3
    app.multiselect(key="compare").set_value(METHODS)
    app = settled(app.run())
    assert len(begun) == asked, "not even a comparison"
    assert "gallery_start" not in [button.key for button in app.button]
    assert [cell["title"] for cell in rows_of(app)[0]["cells"]] == ["Picture", *TITLES]
    assert COLUMN in app.dataframe[0].value
    app.multiselect(key="compare").set_value([*METHODS, "layer-cam"])
    app = settled(app.run())
    assert any("2 maps, " in each.value for each in app.caption)
    start(app)
    assert [each.label for each in maps_in(begun)[6:]] == ["layer-cam"] * 2


def test_maps_of_other_pages_are_there_before_the_start(begun: list[object]) -> None:
    opened("pages/agreement.py", picture="cat")
    assert len(maps_in(begun)) == len(METHODS)
    app = opened()
    first, second = rows_of(app)
    assert all(cell["image"] for cell in first["cells"])
    assert [cell.get("state") for cell in second["cells"][1:]] == ["to come"] * 2
    start(app)
    assert len(maps_in(begun)) == 2 * len(METHODS)


def test_the_grid_shows_every_map_and_leads_to_its_page() -> None:
    (row, _) = rows_of(start(opened(compare=["grad-cam", "lime"], samples=50, segments="grid")))
    assert row["name"] == "cat.png"
    assert [cell["title"] for cell in row["cells"]] == ["Picture", "Grad-CAM", "LIME"]
    assert all(cell["image"].startswith("data:image/jpeg") for cell in row["cells"])
    _, cam, lime = (urlsplit(cell.get("href", "")) for cell in row["cells"])
    assert (cam.path, lime.path) == ("heatmaps", "superpixels")
    assert parse_qs(cam.query)["maps"] == ["grad-cam"]
    assert parse_qs(lime.query)["samples"] == ["50"]
    assert parse_qs(lime.query)["segments"] == ["grid"]
    assert parse_qs(lime.query)["picture"] == [visit_pictures.title("cat")]


@pytest.mark.slow
def test_another_number_of_outlined_superpixels_needs_no_press(begun: list[object]) -> None:
    app = start(opened(compare=["grad-cam", "lime"], samples=50, segments="grid"))
    asked = len(maps_in(begun))
    app.slider(key="outlined").set_value(3)
    app = settled(app.run())
    assert "2 of 2 pictures finished." in [each.value for each in app.caption]
    assert len(maps_in(begun)) == asked + 2
    assert {each.method for each in maps_in(begun)[asked:]} == {"lime"}


def test_many_pictures_are_shown_a_page_at_a_time() -> None:
    names = [*visit_pictures.built_in()]
    assert len(names) > grid.ROWS, "the built-in pictures are enough for this test"
    app = opened(pictures=names)
    assert len(rows_of(app)) == grid.ROWS
    assert f"Pictures 1 to {grid.ROWS} of {len(names)}" in [each.value for each in app.caption]


def test_costs_are_said_before_the_start_and_with_seconds_once_these_are_known() -> None:
    app = opened()
    assert "4 maps, 4 passes" in [each.value for each in app.caption]
    app = start(app)
    app.multiselect(key="pictures").set_value(["cat", "coffee", "rocket"])
    app = settled(app.run())
    (words,) = (each.value for each in app.caption if "to go" in each.value)
    assert words.startswith("2 of 3 pictures finished\\: 2 maps, 2 passes, about ")


def test_added_pictures_are_chosen_at_once() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"] = "resnet18:random"
    app = settled(app.switch_page("pages/gallery.py").run())
    assert app.multiselect(key="pictures").value == [*visit_pictures.built_in()[: pictures.FIRST]]
    app.file_uploader(key="files").upload("mine.png", png(), "image/png")
    app = settled(app.run())
    assert app.multiselect(key="pictures").value == ["mine.png"], "nobody chose the others"
    app.multiselect(key="pictures").set_value(["mine.png", "cat"])
    app = app.run()
    app.file_uploader(key="files").upload("second.png", png(9), "image/png")
    app = settled(app.run())
    assert app.multiselect(key="pictures").value == ["mine.png", "cat", "second.png"]


def test_a_link_chooses_pictures_and_says_which_are_not_here() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"] = "resnet18:random"
    app.query_params["pictures"] = [
        visit_pictures.title("coffee"),
        "private.png",
        "rocket",  # as a request names it
    ]
    app = settled(app.switch_page("pages/gallery.py").run())
    assert app.multiselect(key="pictures").value == ["coffee", "rocket"]
    (notice,) = app.warning
    assert unescaped(notice.value) == (
        "1 picture of this link belongs to another visitor, who has not shared it by this link: "
        "private.png."
    )
    app.button(key="all All built in").click()
    assert not settled(app.run()).warning


def test_a_table_of_true_classes_says_what_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def button(label: str, data: Any, *given: Any, **named: Any) -> None:
        if label in {"Report (HTML)", "Table (CSV)"}:
            made[label] = data() if callable(data) else data

    app = start(opened())
    best = app.dataframe[0].value["Prediction"][0].removesuffix(" (unsure)")
    assert "Right" not in app.dataframe[0].value
    monkeypatch.setattr(results.st, "download_button", button)
    table = f"image;label\nphotos/CAT.png;{best}\ncoffee.png;tabby\n"
    app.file_uploader(key="truths_file0").upload("truth.csv", table.encode(), "text/csv")
    app = settled(app.run())
    assert [*app.dataframe[0].value["Right"]] == [True, False]
    assert [row["verdict"] for row in rows_of(app)] == ["\u2713 right", "\u2715 wrong: tabby"]
    said = " ".join(each.value for each in app.markdown)
    assert "1 of 2 pictures with a known true class are predicted right" in said
    assert "wrong, true class tabby" in made["Report (HTML)"].decode()
    assert made["Table (CSV)"].splitlines()[0].endswith(",true_class,right")
    app.file_uploader(key="truths_file0").upload("bad.csv", b"file,class\ncat.png,nonsense\n")
    (error,) = settled(app.run()).error
    assert unescaped(error.value).startswith(
        "bad.csv gives no true class: line 2: Unknown class 'nonsense'"
    )
    assert "True classes: **none**" in labels_of(app)


def labels_of(app: AppTest) -> list[str]:
    """Return what the buttons of the line of controls say."""
    return [each.proto.popover.label for each in app.get("popover")]


def with_truths(app: AppTest, table: bytes) -> AppTest:
    app.file_uploader(key="truths_file0").upload("truth.csv", table, "text/csv")
    return settled(app.run())


def test_good_rows_of_a_table_are_used_and_the_others_named() -> None:
    app = start(opened())
    table = b"file,class\ncat.png,tabby\ncoffee.png,espresso\nmissing.png,cat\n"
    app = with_truths(app, table)
    assert all(row["verdict"] for row in rows_of(app))
    assert "True classes: **table**" in labels_of(app)
    assert not app.error
    (warning,) = app.warning
    assert unescaped(warning.value).startswith(
        "1 row was left out of the true classes: line 4: 'cat' matches several classes"
    )


def test_a_reload_finds_the_table_of_true_classes_until_it_is_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = with_truths(start(opened()), b"file,class\ncat.png,tabby\n")
    token = app.session_state["visit_token"]
    with_cookies(monkeypatch, {f"{visit.COOKIE}8501": token})
    app = opened()
    assert "True classes: **table**" in labels_of(app)
    assert "Table: truth.csv" in [unescaped(each.value) for each in app.caption]
    app = settled(app.button(key="truths_off").click().run())
    assert "True classes: **none**" in labels_of(app)
    assert [each.key for each in app.file_uploader if "truths" in str(each.key)] == ["truths_file1"]
    assert "True classes: **none**" in labels_of(opened())


def test_a_table_that_is_taken_out_of_the_control_is_used_no_more() -> None:
    app = with_truths(start(opened()), b"file,class\ncat.png,tabby\n")
    assert "True classes: **table**" in labels_of(app)
    app.file_uploader(key="truths_file0").clear()
    assert "True classes: **none**" in labels_of(settled(app.run()))


def test_a_table_that_cannot_be_stored_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(data: bytes, name: str) -> Path:
        raise CannotWrite(f"This server cannot store {name}.")

    app = start(opened())
    monkeypatch.setattr(pictures, "keep", refused)
    app = with_truths(app, b"file,class\ncat.png,tabby\n")
    assert [unescaped(each.value) for each in app.error] == ["This server cannot store truth.csv."]
    assert "True classes: **none**" in labels_of(app)


def test_failing_picture_is_a_row_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"no picture")
    Image.fromarray(np.array(built_in.load("rocket").pixels)).save(folder / "rocket.png")
    monkeypatch.setenv("SEEWHY_PICTURES", str(folder))
    app = start(opened(pictures=["folder/broken.png", "folder/rocket.png"]))
    table = app.dataframe[0].value
    assert table["Prediction"][0] == "failed, see below"
    assert ["broken.png" in each.value for each in app.error] == [True]
    assert table["Picture"][1] == "rocket.png"
    assert np.isfinite(table[COLUMN][1])


def test_pictures_that_fail_do_not_hold_up_those_behind_them() -> None:
    app = start(opened(module="layer9", pictures=["cat", "coffee", "rocket"]))
    done = "3 of 3 pictures finished, 3 with an error."
    assert done in [each.value for each in app.caption]
    (error,) = app.error
    assert unescaped(error.value).startswith("cat.png, coffee.png, rocket.jpg: ")
    assert "layer9" in error.value
    assert [row["guess"] for row in rows_of(app)] == ["failed, see below"] * 3
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


def test_what_fails_after_its_picture_was_given_up_can_be_tried_again_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = threading.Event()

    def fail(request: MapRequest, *_: object) -> None:
        if request.method == METHODS[-1]:
            assert later.wait(60)
        raise BadPicture("The disk was full: free some space.")

    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, MapRequest, Handler(run=fail, title=lambda request: "The map"))
        app = opened(pictures=["cat"])
        app.button(key="gallery_start").click().run()
        end = time.monotonic() + 60
        while not app.error and time.monotonic() < end:
            app.run()
        later.set()
        until_idle()
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
    assert "2 of 2 pictures finished." in [each.value for each in app.caption]


@pytest.mark.slow
def test_files(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def button(label: str, data: Any, *given: Any, **named: Any) -> None:
        made[label] = data() if callable(data) else data
        assert str(given[0]).startswith("gallery-of-2_"), "tells one gallery from another"

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
    (svg,) = (data for label, data in made.items() if "SVG" in label)
    assert {"cat", "coffee", "cat.png", *TITLES} < {*words_of(svg)}


def test_maps_are_taken_away_in_the_chosen_format(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, tuple[str, Any]] = {}

    def button(label: str, data: Any, name: str, *given: Any, **named: Any) -> None:
        if named["key"] == "export":
            made[name] = label, data()

    app = opened()
    assert "export_format" not in [each.key for each in app.selectbox], "there is no map yet"
    app = start(app)
    monkeypatch.setattr(results.st, "download_button", button)
    for title in app.selectbox(key="export_format").options:
        app.selectbox(key="export_format").set_value(title)
        app = settled(app.run())
        assert not app.exception
    assert all(name.startswith("gallery-of-2_resnet18") for name in made)
    files = {name.split("_")[-1]: data for name, (_, data) in made.items()}
    assert set(files) >= {"npz.npz", "coco.json", "fiftyone.zip"}
    with np.load(io.BytesIO(files["npz.npz"])) as archive:
        index = json.loads(archive["index.json"])
        assert archive["shown"].shape[0] == len(index["maps"]) == 2 * len(METHODS)
        assert {each["picture"] for each in index["maps"]} == {"cat.png", "coffee.png"}
    masks = json.loads(files["coco.json"])["annotations"]
    assert [each["method"] for each in masks] == [*METHODS, *METHODS]
    assert {each["rule"] for each in masks} == {"top10"}
    with zipfile.ZipFile(io.BytesIO(files["fiftyone.zip"])) as archive:
        assert {"samples.json", "pictures/cat.png", "heatmaps/cat_grad-cam.png"} <= {
            *archive.namelist()
        }


@pytest.mark.slow
def test_the_report_has_the_head_that_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def button(label: str, data: Any, *given: Any, **named: Any) -> None:
        made[label] = data() if callable(data) else data

    app = start(opened())
    app.text_input(key="report_title").set_value("Cats <b>")
    app.text_input(key="report_author").set_value("Ada")
    app.text_area(key="report_notes").set_value("First.\nSecond.")
    monkeypatch.setattr(results.st, "download_button", button)
    settled(app.run())
    page = made["Report (HTML)"].decode()
    assert "<h1>Cats &lt;b&gt;</h1>" in page
    assert f"<p>Ada, {datetime.date.today().isoformat()}</p>\n<p>First.</p>" in page
    with zipfile.ZipFile(io.BytesIO(made["Everything (ZIP)"])) as archive:
        assert json.loads(archive.read("explain.json"))["report"]["author"] == "Ada"


def test_maps_that_end_before_the_line_is_drawn_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    app, progress = opened(), show.progress

    def late(items: Sequence[jobs.Item]) -> None:
        until_idle()
        progress(items)

    monkeypatch.setattr(show, "progress", late)
    app.button(key="gallery_start").click().run()
    assert "2 of 2 pictures finished." in [each.value for each in app.caption]
    assert len(app.dataframe[0].value) == 2
