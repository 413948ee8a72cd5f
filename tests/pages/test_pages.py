"""The pages without a browser."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
import torchvision
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.errors import BadOption
from core.explain.base import Explanation
from core.explain.methods import METHODS
from core.models import uploads
from core.models.aliases import replacement_note
from core.requests.maps import AnyMap, KernelShapRequest, LimeRequest, MapRequest, Segmentation
from core.work.handler import Handler
from core.work.handlers import HANDLERS
from core.work.job import Link
from core.work.resources import Resources
from core.work.visits import Visit
from pages.ui.parts import frame, method_picker
from tests.core.figures.print.files import words_of
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
MODEL = "resnet18:random"


def opened(path: str, **state: Any) -> AppTest:
    """Open a page with some choices made, and let its work finish."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": MODEL, **state}.items():
        app.session_state[key] = value
    if path != "dashboard.py":
        app.switch_page(path)
    return settled(app.run())


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cheapest method draw the maps of all: for tests that look at the page alone."""

    def cheap(request: AnyMap, resources: Resources, link: Link[Explanation]) -> Explanation:
        subject = resources.subject(request.picture, request.model, request.fit)
        other = MapRequest(
            picture=request.picture,
            model=request.model,
            method="eigen-cam",
            target=request.target,
            layers=request.layers,
        )
        return METHODS["eigen-cam"].run(other, subject, link)

    handle_maps(monkeypatch, cheap)


def handle_maps(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Explanation]) -> None:
    """Let `run` make every map."""
    handler = Handler(run=run, title=lambda request: METHODS[request.method].title)
    for kind in (MapRequest, LimeRequest):
        monkeypatch.setitem(HANDLERS, kind, handler)


def figure(app: AppTest) -> dict[str, Any]:
    """Return the grid's figure."""
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return next(chart for chart in charts if "coloraxis" in chart["layout"])


def maps(app: AppTest) -> list[dict[str, Any]]:
    """Return the grid's maps."""
    return [trace for trace in figure(app)["data"] if trace["type"] == "heatmap"]


def test_maps_stand_in_the_order_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    chosen = list(METHODS)[:3]
    app = opened("pages/heatmaps.py", maps=[chosen[2], chosen[0]])
    texts = [note["text"] for note in figure(app)["layout"]["annotations"]]
    titles = [text.split("</b>")[0].removeprefix("<b>") for text in texts if "</b>" in text]
    assert titles == ["Picture", METHODS[chosen[0]].title, METHODS[chosen[2]].title]
    assert len(maps(app)) == 2


def test_the_line_above_names_the_layer_that_was_chosen_not_all_that_a_method_took() -> None:
    app = opened("pages/heatmaps.py", maps=["saliency", "refine-cam"])
    said = [each.value for each in app.caption if "maps of" in each.value]
    assert [each.partition(" at ")[2] for each in said] == ["layer4.1"]
    assert "layer1.1" in json.dumps(figure(app)) or "layer3.1" in json.dumps(figure(app))
    app = opened("pages/heatmaps.py", maps=["saliency"])
    assert not [
        each.value for each in app.caption if "map of" in each.value and " at " in each.value
    ]


def test_a_link_says_what_superpixels_are_and_how_many_samples_are_taken(
    begun: list[object],
) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    link = {
        "maps": "kernel-shap",
        "lime_samples": "60",
        "lime_segments": "grid",
        "lime_cells": "99",
    }
    for name, value in {"model": MODEL, **link}.items():
        app.query_params[name] = value
    app.switch_page("pages/heatmaps.py")
    app = settled(app.run())
    (asked,) = [each for each in begun if isinstance(each, KernelShapRequest)]
    assert asked.samples.samples == 60
    assert asked.samples.superpixels.segmentation == Segmentation(algorithm="grid")
    assert any("give 2 to 32" in each.value for each in app.warning)


def test_nothing_is_measured_where_a_map_is_not_possible() -> None:
    app = opened("pages/heatmaps.py", maps=["attention-rollout"])
    assert any("no attention" in each.value for each in app.warning)
    assert not [each for each in app.button if (each.key or "").startswith("trust-")]


def test_look_computes_nothing(begun: list[object]) -> None:
    app = opened("pages/heatmaps.py", maps=["grad-cam"])
    asked, before = len(begun), maps(app)
    app.slider(key="opacity").set_value(0.9)
    app.slider(key="contour").set_value(0.5)
    app.selectbox(key="colours").set_value("viridis")
    app.toggle(key="signed").set_value(True)
    app.run()
    after = maps(app)
    assert [trace["opacity"] for trace in after] == [0.9]
    assert len(after) == len(before)
    assert len(begun) == asked, "no new request"


def test_same_method_stands_twice_with_different_smoothing() -> None:
    app = opened("pages/heatmaps.py", maps=["grad-cam"], smooth=["none", "eigen"])
    assert len({json.dumps(trace["z"]) for trace in maps(app)}) == 2


def test_two_classes_give_two_panels_for_each_method() -> None:
    app = opened("pages/heatmaps.py", maps=["grad-cam"], **{"class": 3, "versus": 7})
    assert len(maps(app)) == 2
    texts = " ".join(note["text"] for note in figure(app)["layout"]["annotations"])
    assert "tiger shark" in texts
    assert "cock" in texts


def test_a_changed_choice_keeps_what_is_done(begun: list[object]) -> None:
    app = opened("pages/heatmaps.py", maps=["grad-cam"])
    asked = len(maps_in(begun))
    app.multiselect(key="maps").set_value(["grad-cam", "hires-cam"])
    app = settled(app.run())
    assert len(maps(app)) == 2
    assert len(maps_in(begun)) == asked + 1


def test_any_module_path_takes_the_place_of_the_strip() -> None:
    app = opened("pages/heatmaps.py", maps=["grad-cam"])
    strip = maps(app)[0]["z"]
    app.text_input(key="module").set_value("layer3[0].conv1")
    app = settled(app.run())
    assert maps(app)[0]["z"] != strip
    app.text_input(key="module").set_value("layer9")
    app = settled(app.run())
    assert "layer9" in app.warning[0].value
    drawn = [json.loads(chart.proto.spec)["data"] for chart in app.get("plotly_chart")]
    kinds = {trace["type"] for traces in drawn for trace in traces}
    assert "heatmap" not in kinds, "no other layer in its place"


def test_maps_at_the_start_are_quick_ones_from_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    chosen = opened("pages/heatmaps.py").multiselect(key="maps").value
    assert len(chosen) == method_picker.SHOWN_FIRST
    assert all(METHODS[name].layered for name in chosen)


def test_a_method_without_a_layer_keeps_its_map_when_the_layer_changes(
    monkeypatch: pytest.MonkeyPatch, begun: list[object]
) -> None:
    quick(monkeypatch)
    name = next(name for name, method in METHODS.items() if not method.layered)
    app = opened("pages/heatmaps.py", maps=[name])
    before, asked = maps(app)[0]["z"], len(begun)
    app.text_input(key="module").set_value("layer2")
    app = settled(app.run())
    assert maps(app)[0]["z"] == before
    assert len(begun) == asked


def test_a_failed_map_is_told_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def fail(*_: object) -> Explanation:
        runs.append(1)
        raise BadOption("samples is 3: give 50 to 5000.")

    handle_maps(monkeypatch, fail)
    app = opened("pages/heatmaps.py", maps=["grad-cam"])
    assert [error.value for error in app.error] == ["samples is 3\\: give 50 to 5000."]
    again = next(button for button in app.button if button.label == "Try again")
    app = settled(again.click().run())
    assert len(runs) == 2
    assert app.error


def test_unknown_model_in_the_address_is_told_until_another_is_chosen() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["model"] = "resnet19"
    app.run()
    app.run()
    assert not app.exception
    assert "resnet19" in app.warning[0].value
    app.selectbox(key="model").set_value("efficientnet_lite2").run()
    assert not app.warning


def test_a_link_to_a_model_that_is_gone_shows_its_successor_with_a_note() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["model"] = "embedded:random"
    app = settled(app.run())
    assert app.selectbox(key="model").value == "efficientnet_lite0:random"
    assert [unescaped(each.value) for each in app.info] == [replacement_note("embedded:random")]
    app.selectbox(key="model").set_value("efficientnet_lite2").run()
    assert not app.info


def test_own_weights_with_their_names_become_a_model(tmp_path: Path) -> None:
    store = io.BytesIO()
    torch.save(torchvision.models.resnet18(num_classes=10).state_dict(), store)
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("mine.pth", store.getvalue()).run()
    app.file_uploader(key="labels").upload("names.txt", b"K\xe4tzchen", "text/plain").run()
    next(button for button in app.button if button.label == "Use them").click().run()
    assert "The label file is not UTF-8 text" in unescaped(app.error[0].value)
    assert not app.selectbox(key="model").value.startswith("mine.pth")
    names = "\n".join(f"{number};thing {number}" for number in range(10))
    app.file_uploader(key="labels").upload("names.csv", names.encode(), "text/csv").run()
    next(button for button in app.button if button.label == "Use them").click().run()
    app = settled(app)
    assert app.selectbox(key="model").value.startswith("mine.pth (resnet18, ")
    assert "thing" in app.get("plotly_chart")[0].proto.spec


def test_class_names_that_do_not_fit_the_weights_are_refused_before_the_model_is_listed() -> None:
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("mine.pth", own_file(10)).run()
    app.file_uploader(key="labels").upload("names.txt", b"cat\ndog\n", "text/plain").run()
    next(button for button in app.button if button.label == "Use them").click().run()
    app = settled(app)
    (error,) = app.error
    assert "There are 2 class names and the model has 10 classes" in unescaped(error.value)
    assert app.selectbox(key="model").value == MODEL
    assert not app.session_state["visit"].models()
    assert "Try again" not in [button.label for button in app.button]


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("http://localhost:8501/", True),
        ("https://lab.example.org/seewhy", True),
        (None, True),
        ("http://192.168.1.7:8501/", False),
    ],
)
def test_the_camera_is_offered_where_browsers_give_it(
    address: str | None, offered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(st.context), "url", property(lambda self: address))
    app = opened("dashboard.py", **{"from": "Camera"})
    assert bool(app.get("camera_input")) is offered
    assert any("only to pages opened with https" in each.value for each in app.info) is not offered


def own_file(classes: int) -> bytes:
    store = io.BytesIO()
    torch.save(torchvision.models.resnet18(num_classes=classes).state_dict(), store)
    return store.getvalue()


def captions(app: AppTest) -> str:
    return unescaped(" ".join(each.value for each in app.caption))


def test_what_is_assumed_of_an_own_file_is_said_and_can_be_changed() -> None:
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("mine.pth", own_file(1)).run()
    assert app.selectbox(key="architecture").value == "guess from the file"
    next(button for button in app.button if button.label == "Use them").click().run()
    app = settled(app)
    assert "Architecture resnet18 (guessed from the tensors, which fit" in captions(app)
    assert "one logit, called class 0; input 224 x 224 pixels, RGB" in captions(app)
    assert "sigmoid" in captions(app)
    fields = {each.label: each for each in [*app.text_input, *app.selectbox]}
    fields["Size"].set_value("64x80")
    fields["Activation"].set_value("softmax")
    next(button for button in app.button if button.label == "Apply").click().run()
    app = settled(app)
    assert "input 64 x 80 pixels, RGB" in captions(app)
    assert "centre of 91, softmax" in captions(app)
    fields = {each.label: each for each in [*app.text_input, *app.selectbox]}
    assert fields["Size"].value == "64x80"
    fields["Mean"].set_value("nonsense")
    next(button for button in app.button if button.label == "Apply").click().run()
    assert "mean is 'nonsense'" in unescaped(app.error[0].value)
    next(button for button in app.button if button.label == "Reset").click().run()
    assert "input 224 x 224 pixels" in captions(settled(app))


@pytest.mark.parametrize("path", ["heatmaps", "superpixels", "agreement", "gallery"])
def test_a_model_of_one_logit_is_explained_everywhere(path: str) -> None:
    own = replace(uploads.keep(own_file(1), "mine.pth"), base="resnet18", changes=("size=64",))
    compared = {"compare": ["grad-cam", "ablation-cam"]} if path in ("agreement", "gallery") else {}
    visit = Visit()
    visit.put_model(own)
    app = opened(f"pages/{path}.py", visit=visit, model=own.title, samples=50, **compared)
    assert not app.exception
    assert not [each.value for each in app.error]
    if path in ("heatmaps", "agreement"):
        assert app.selectbox(key="class").options == ["predicted class", "class 0"]
        assert "rates class 0" in captions(app).replace("*", "")


def test_a_file_that_fits_nothing_is_refused_in_words() -> None:
    store = io.BytesIO()
    torch.save(torch.nn.Linear(3, 4).state_dict(), store)
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("mine.pth", store.getvalue()).run()
    next(button for button in app.button if button.label == "Use them").click().run()
    assert "fits no architecture of torchvision or timm" in unescaped(app.error[0].value)


def use_them(app: AppTest) -> AppTest:
    """Press the button below the uploads of own weights."""
    next(button for button in app.button if button.label == "Use them").click().run()
    return settled(app)


def test_a_good_file_after_a_refused_one_meets_nothing_of_it() -> None:
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("bad.pth", b"nonsense").run()
    app.file_uploader(key="labels").upload("names.txt", b"cat\ndog\n", "text/plain").run()
    app.selectbox(key="architecture").set_value("vit_b_16").run()
    app = use_them(app)
    assert "bad.pth is damaged" in unescaped(app.error[0].value)
    app.file_uploader(key="weights").clear().upload("mine.pth", own_file(10)).run()
    assert not app.error
    labels = next(each for each in app.file_uploader if each.label.startswith("Class names"))
    assert not labels.value
    box = next(each for each in app.selectbox if each.label == "Architecture")
    assert box.value == "guess from the file"
    app = use_them(app)
    assert not app.error
    assert app.selectbox(key="model").value.startswith("mine.pth (resnet18, ")
    assert not any(each.value for each in app.file_uploader), "ready for another file"


def test_damaged_weights_are_refused_by_the_name_that_their_owner_knows() -> None:
    app = opened("dashboard.py")
    app.file_uploader(key="weights").upload("mine.pth", b"nonsense").run()
    next(button for button in app.button if button.label == "Use them").click().run()
    app = settled(app)
    assert app.error[0].value.startswith("mine.pth is damaged")
    assert "Traceback" not in app.error[0].value


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "model.h5 is a file of Keras or HDF5"),
        ("model.onnx", b"\x08\x07\x12\x07pytorch" + bytes(99), "model.onnx is an ONNX model"),
        (
            "weights",
            b"version https://git-lfs.github.com/spec/v1\n",
            "weights is a git-lfs pointer",
        ),
    ],
)
def test_the_content_of_a_weight_file_is_named_whatever_its_suffix(
    name: str, content: bytes, sentence: str
) -> None:
    app = opened("dashboard.py")
    uploader = app.file_uploader(key="weights")
    assert not uploader.proto.type, "any suffix"
    assert not app.file_uploader(key="labels").proto.type
    uploader.upload(name, content).run()
    next(button for button in app.button if button.label == "Use them").click().run()
    app = settled(app)
    assert unescaped(app.error[0].value).startswith(sentence)
    assert not app.session_state["visit"].models()


def test_short_model_id_in_the_address_means_the_newest_weights() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["model"] = "resnet50"
    app.run()
    assert not app.exception
    assert app.selectbox(key="model").value == "resnet50:IMAGENET1K_V2"
    assert "Download 98 MB" in [button.label for button in app.button]
    assert "resnet50-11ad3fa6.pth" in unescaped(app.info[0].value), "which file"
    assert os.environ["SEEWHY_WEIGHTS"] in unescaped(app.info[0].value), "where to put it"


def picture_file(name: str, colour: str) -> tuple[str, bytes, str]:
    """A one-colour PNG as an upload."""
    store = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(store, "PNG")
    return name, store.getvalue(), "image/png"


def test_several_uploads_are_kept_and_equal_names_get_numbers() -> None:
    app = opened("dashboard.py")
    app.segmented_control(key="from").set_value("Upload").run()
    app.file_uploader(key="files").upload(*picture_file("a.png", "red")).run()
    app.file_uploader(key="files").upload(*picture_file("a.png", "blue")).run()
    app = settled(app)
    assert set(app.session_state["visit"].pictures()) == {"a.png", "a.png (2)"}
    assert app.selectbox(key="picture").value == "a.png (2)"


def test_a_file_that_is_no_picture_gets_its_sentence_whatever_its_suffix() -> None:
    app = opened("dashboard.py")
    app.segmented_control(key="from").set_value("Upload").run()
    app.file_uploader(key="files").upload("scan.dcm", bytes(128) + b"DICM", "").run()
    app = settled(app)
    sentence = "scan.dcm is a DICOM file: export the picture as PNG or TIFF with its viewer first."
    assert sentence in [unescaped(error.value) for error in app.error]
    assert not app.exception


def test_upload_reaches_the_maps_after_a_change_of_page() -> None:
    app = opened("dashboard.py", maps=["grad-cam"])
    app.segmented_control(key="from").set_value("Upload").run()
    app.file_uploader(key="files").upload(*picture_file("mine.png", "green")).run()
    app = settled(app.switch_page("pages/heatmaps.py").run())
    assert app.selectbox(key="picture").value == "mine.png"


def test_zip_holds_overlay_values_and_record(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(
        st, "download_button", lambda label, data, *rest, **kw: made.append((label, data))
    )
    opened("pages/heatmaps.py", maps=["grad-cam"], picture="rocket")
    files = dict(made)
    with zipfile.ZipFile(io.BytesIO(files["Everything (ZIP)"]())) as archive:
        assert set(archive.namelist()) == {"rocket_grad-cam.png", "rocket.npz", "explain.json"}
        record = json.loads(archive.read("explain.json"))
    assert record["pictures"][0]["explanations"][0]["method"] == "grad-cam"
    with np.load(io.BytesIO(files["Raw values (NPZ)"]())) as arrays:
        assert arrays["shown/grad-cam"].dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "page", "words"),
    [
        ("pages/heatmaps.py", "heatmaps", {"Picture", "Grad-CAM", "least (0)"}),
        ("pages/agreement.py", "agreement", {"Marked by how many of 2"}),
        ("pages/superpixels.py", "superpixels", {"Superpixels", "What counts most"}),
    ],
)
def test_the_whole_figure_can_be_taken_away(
    path: str, page: str, words: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, data, name, *rest, **kw: made.update({name: data})
    )
    app = opened(path, maps=["grad-cam"], compare=["grad-cam", "eigen-cam"], picture="rocket")
    model = str(app.selectbox(key="model").value).replace(":", "-")
    svg = words_of(made[f"rocket_{page}_{model}.svg"]())
    assert words < {*svg}
    assert re.search(r"Picture rocket\S* · model \S", " ".join(svg)), "what all panels share"
    assert made[f"rocket_{page}_{model}.pdf"]()[:5] == b"%PDF-"
    assert made[f"rocket_{page}_{model}.png"]()[:4] == b"\x89PNG"
    assert all(name.startswith(f"rocket_{page}_{model}") for name in made)


@pytest.mark.parametrize("page", frame.PAGES, ids=lambda page: page.title)
def test_every_page_of_the_menu_opens(page: frame.Page) -> None:
    app = opened(page.path, maps=["grad-cam"], compare=["grad-cam", "eigen-cam"])
    assert app.title[0].value in (page.title, "SeeWhy")


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: path.name)
def test_pages_hold_no_computation_and_no_method_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert not imported & {"torch", "torchvision", "numpy", "PIL", "plotly", "skimage", "scipy"}
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not strings & {*METHODS, *(method.title for method in METHODS.values())}
    if path.parent.name == "pages":
        assert len(text.splitlines()) <= 80


def test_every_file_in_pages_is_a_page_of_the_menu() -> None:
    files = {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")} - {"pages/__init__.py"}
    assert {page.path for page in frame.PAGES} == {"dashboard.py", *files}


@pytest.mark.parametrize(
    ("path", "key"), [("pages/heatmaps.py", "maps"), ("pages/agreement.py", "compare")]
)
def test_unknown_methods_of_a_link_are_said_until_others_are_picked(path: str, key: str) -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params[key] = ["Grad-CAM", "[no](http://such) method", "HiResCAM", "Nothing"]
    app.session_state["model"] = MODEL
    app = settled(app.switch_page(path).run())
    assert app.multiselect(key=key).value == ["grad-cam", "hires-cam"]
    sentence = "asks for 2 methods that this version does not have. They were skipped; choose"
    assert [sentence in each.value for each in app.warning] == [True]
    app.multiselect(key=key).set_value(["grad-cam", "layer-cam"])
    assert not settled(app.run()).warning
