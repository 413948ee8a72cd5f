"""The gallery's audit: started by a button, shown, with files to take away."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image
from streamlit.testing.v1 import AppTest

from core.export.audit_record import record_parts
from core.requests.audits import AuditRequest
from pages.ui.gallery import audit_result
from pages.ui.parts import jobs as work
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
KNOWN = {"cat": "Egyptian cat", "coffee": "daisy", "rocket": "", "cat-marked": "281"}


def opened(**state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    given: dict[str, Any] = {
        "model": "resnet18:random",
        "mode": "audit",
        "audited": ["grad-cam", "layer-cam"],
        "pictures": list(KNOWN),
        "worst": 2,
        "typed_classes": dict(KNOWN),
    }
    for key, value in {**given, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page("pages/gallery.py").run())


def start(app: AppTest) -> AppTest:
    app.button(key="audit_start").click()
    return settled(app.run())


def texts(app: AppTest) -> str:
    every = (*app.markdown, *app.caption, *app.info, *app.header)
    return unescaped(" ".join(each.value for each in every))


def test_an_audit_is_started_by_its_button_and_shown(begun: list[object]) -> None:
    app = opened()
    assert not any(isinstance(each, AuditRequest) for each in begun)
    assert app.button(key="audit_start").label == "Audit 4 pictures"
    assert "3 of 4 with a known class" in texts(app)
    app = start(app)
    (request,) = (each for each in begun if isinstance(each, AuditRequest))
    assert request.classes == ("285", "985", "", "281")
    assert request.study.methods == ("grad-cam", "layer-cam")
    assert all(picture.digest for picture in request.study.pictures)
    said = texts(app)
    assert "The model is right on" in said
    assert "In short" in said
    assert "python -m core audit cat.png coffee.png" in app.code[0].value
    assert "--true-class=" in app.code[0].value
    labels = [each.proto.label for each in app.get("download_button")]
    assert labels[:2] == ["Report (HTML)", "Record (JSON)"]
    assert any(each.label.startswith("True classes") for each in app.expander)


def test_its_record_is_the_commands(monkeypatch) -> None:
    kept = []
    shown = audit_result.shown
    monkeypatch.setattr(
        audit_result, "shown", lambda report, *rest: (kept.append(report), shown(report, *rest))
    )
    app = start(opened())
    assert not app.exception
    record = json.loads(b"".join(record_parts(kept[-1])))
    assert record["pictures"]["all"] == 4
    assert record["pictures"]["with_known_class"] == 3
    assert record["rows"][0]["picture"] == "cat.png"
    near = [each for each in record["copies"] if each["kind"] == "near"]
    assert near == [] or near[0]["pictures"] == ["cat.png", "cat-marked.png"]


def test_nothing_known_and_unknown_classes_are_said() -> None:
    app = opened(typed_classes={"cat": "unicorn"}, pictures=["cat", "coffee"])
    assert any("unicorn" in unescaped(each.value) for each in app.warning)
    assert "No picture has a known class yet" in texts(app)
    app = start(app)
    assert "None of 2 pictures has a known class" in texts(app)
    assert not app.get("plotly_chart")


def test_the_other_mode_and_too_few_methods() -> None:
    app = opened(mode="agreement", compare=["grad-cam", "eigen-cam"])
    assert app.button(key="gallery_start")
    assert not [each for each in app.button if each.key == "audit_start"]
    app = opened(audited=[])
    assert "Choose at least one method." in texts(app)
    assert not work.runner().busy


def packed(**files: bytes) -> bytes:
    """A ZIP file; `__` in a name stands for `/`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 12), (shade, 90, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_folders_of_a_zip_file_are_true_classes(begun: list[object]) -> None:
    app = opened(pictures=["cat"], typed_classes={})
    files = {
        "set__tabby__a.png": png(1),
        "set__daisy__a.png": png(2),
        "other__b.png": png(3),
        "set__tabby__broken.png": b"\x89PNG\r\n\x1a\nnothing",
        "notes.txt": b"no picture",
    }
    app.file_uploader(key="files").upload("photos.zip", packed(**files), "application/zip")
    app = settled(app.run())
    chosen = app.multiselect(key="pictures").value
    assert sorted(chosen) == ["a.png", "a.png (2)", "b.png", "cat"]
    app = start(app)
    request = next(each for each in begun if isinstance(each, AuditRequest))
    by_name = dict(zip(chosen, request.classes, strict=True))
    assert by_name == {"cat": "", "a.png": "985", "a.png (2)": "281", "b.png": ""}


def test_a_bad_zip_file_is_refused_in_one_sentence() -> None:
    app = opened(pictures=["cat"])
    for data, words in ((b"PK nothing", "damaged ZIP"), (packed(a=b"text"), "no pictures in it")):
        app.file_uploader(key="files").upload("bad.zip", data, "application/zip")
        app = settled(app.run())
        assert any(words in unescaped(each.value) for each in app.error)


def test_a_link_opens_the_audit_with_its_classes() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"] = "resnet18:random"
    app.query_params["mode"] = "audit"
    app.query_params["pictures"] = ["cat", "coffee"]
    app.query_params["true_class"] = ["=285", "="]
    app = settled(app.switch_page("pages/gallery.py").run())
    assert app.button(key="audit_start").label == "Audit 2 pictures"
    assert "1 of 2 with a known class" in texts(app)
