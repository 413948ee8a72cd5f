"""Which pictures the overview shows as thumbnails, and those of the server's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.ui.parts import visit
from tests.pages.steps import settled, unescaped
from tests.pages.test_pages import MODEL, ROOT, opened, picture_file
from tests.pages.test_visit import linked, uploaded, with_cookies


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the server with two pictures and a damaged one."""
    path = tmp_path / "pictures"
    path.mkdir()
    for number, name in enumerate(("one.png", "two.png")):
        Image.new("RGB", (40, 30), (0, 99, 50 * number)).save(path / name)
    (path / "broken.png").write_bytes(b"no picture")
    monkeypatch.setenv("SEEWHY_PICTURES", str(path))
    return path


def thumbs(app: AppTest) -> tuple[str, dict[str, str]]:
    """Return which thumbnail is marked, and what stands below each by name."""
    (found,) = [
        each.proto
        for each in app.get("bidi_component")
        if each.proto.component_name == "seewhy.thumbnails"
    ]
    data = json.loads(found.json)
    return data["chosen"], {each["name"]: each["label"] for each in data["thumbs"]}


def test_own_thumbnails_open_by_themselves_after_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    token = uploaded("a.png", "b.png").session_state["visit_token"]
    with_cookies(monkeypatch, {f"{visit.COOKIE}8501": token})
    app = linked(picture="a.png")
    assert app.segmented_control(key="from").value == "Upload"
    assert thumbs(app) == ("a.png", {"b.png": "b.png", "a.png": "a.png"})
    assert linked(picture="Flower").segmented_control(key="from").value == "Built in"


def test_the_group_of_a_picture_that_is_chosen_elsewhere_opens() -> None:
    app = uploaded("a.png")
    app.selectbox(key="picture").set_value("Flower").run()
    assert app.segmented_control(key="from").value == "Built in"
    app.segmented_control(key="from").set_value("Upload").run()
    assert app.segmented_control(key="from").value == "Upload", "looking around is free"
    app.segmented_control(key="from").set_value("Built in").run()
    app.file_uploader(key="added_pictures").upload(*picture_file("z.png", "green")).run()
    assert app.selectbox(key="picture").value == "z.png"
    assert app.segmented_control(key="from").value == "Upload"


def test_long_names_are_cut_in_the_middle() -> None:
    app = uploaded("IMG_20260701_holiday_0001.png", "IMG_20260701_holiday_0002.png")
    _, labels = thumbs(app)
    assert set(labels.values()) == {"IMG_20…y_0001", "IMG_20…y_0002"}


@pytest.mark.usefixtures("folder")
def test_the_servers_folder_is_offered_on_the_overview() -> None:
    app = opened("dashboard.py")
    control = app.segmented_control(key="from")
    assert control.options == ["Built in", "Upload", "Camera", "Server folder"]
    control.set_value("Server folder").run()
    assert thumbs(app)[1] == {"folder/one.png": "one.png", "folder/two.png": "two.png"}
    app.selectbox(key="picture").set_value("folder/two.png").run()
    app = settled(app)
    assert not app.exception
    assert thumbs(app)[0] == "folder/two.png"
    app.selectbox(key="picture").set_value("folder/broken.png").run()
    assert "broken.png is not a picture" in unescaped(app.error[0].value)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["heatmaps", "superpixels", "agreement"])
def test_the_servers_folder_is_offered_by_every_picker_and_opens_by_a_link(path: str) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.switch_page(f"pages/{path}.py")
    for key, value in {"model": MODEL, "picture": "folder/one.png", "samples": "50"}.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert app.selectbox(key="picture").value == "folder/one.png"
    assert "folder/two.png" in app.selectbox(key="picture").options


def test_without_a_folder_nothing_is_said_of_one() -> None:
    app = opened("dashboard.py")
    assert app.segmented_control(key="from").options == ["Built in", "Upload", "Camera"]
    assert not app.warning
