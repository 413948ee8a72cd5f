"""The line of controls: what it shows before anything is opened, and what a choice means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models import device
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]


def opened(path: str = "pages/heatmaps.py", **asked: Any) -> AppTest:
    """Open a link as a new visitor."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": "resnet18:random", **asked}.items():
        app.query_params[key] = value
    return settled(app.switch_page(path).run())


def tools(app: AppTest) -> list[str]:
    """What the buttons of the line say."""
    blocks = [each.proto.popover.label for each in app.main if each.type == "popover"]
    found: list[str] = []

    def walk(block: Any) -> None:
        for child in getattr(block, "children", {}).values():
            proto = getattr(child, "proto", None)
            if proto is not None and getattr(child, "type", "") == "popover":
                found.append(unescaped(proto.popover.label))
            walk(child)

    walk(app.main)
    return [label.replace("**", "") for label in found or blocks]


def layers_in(begun: list[object]) -> set[tuple[str, ...]]:
    return {each.layers for each in maps_in(begun)}


def test_buttons_show_what_is_chosen_on_the_first_run() -> None:
    app = opened(maps=["Grad-CAM"], layer="layer3.1 14x14", colours="viridis")
    assert tools(app)[:2] == ["Layer: layer3.1", "Maps: Grad-CAM"]
    assert tools(app)[3] == "Look: viridis"


def test_values_of_a_request_are_taken_from_the_address(begun: list[object]) -> None:
    app = opened(maps=["grad-cam+eigen"], layer="layer3.1", **{"class": "3"})
    assert app.multiselect(key="maps").value == ["grad-cam"]
    assert [(each.method, each.smooth, each.target) for each in maps_in(begun)] == [
        ("grad-cam", "eigen", 3)
    ]
    assert layers_in(begun) == {("layer3.1",)}
    assert not app.warning


def test_a_layer_that_nobody_chose_follows_the_model(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM"])
    assert layers_in(begun) == {("layer4.1",)}
    begun.clear()
    app.session_state["wanted_model"] = "resnet34:random"
    app = settled(app.run())
    assert tools(app)[0] == "Layer: layer4.2", "which is its last"
    assert layers_in(begun) == {("layer4.2",)}


@pytest.mark.slow
def test_a_chosen_layer_stays_where_the_other_model_has_it(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM"], layer="layer3.1")
    begun.clear()
    app.session_state["wanted_model"] = "resnet34:random"
    app = settled(app.run())
    assert layers_in(begun) == {("layer3.1",)}


def test_one_press_means_one_layer_and_the_mean_is_an_option(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM"])
    pills = next(each for each in app.get("button_group") if each.key == "layer")
    begun.clear()
    app = settled(pills.set_value("layer3.1").run())
    assert layers_in(begun) == {("layer3.1",)}
    begun.clear()
    app = settled(app.toggle(key="average").set_value(True).run())
    pills = next(each for each in app.get("button_group") if each.key == "layers")
    assert pills.value == ["layer3.1"]
    app = settled(pills.set_value(["layer3.1", "layer4.1"]).run())
    assert layers_in(begun) == {("layer3.1", "layer4.1")}
    assert tools(app)[0] == "Layer: layer3.1, layer4.1"
    app = settled(app.toggle(key="average").set_value(False).run())
    pills = next(each for each in app.get("button_group") if each.key == "layer")
    assert (pills.value, tools(app)[0]) == ("layer4.1", "Layer: layer4.1")


def test_several_layers_of_a_link_are_averaged(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM"], layer=["layer3.1", "layer4.1"])
    assert app.toggle(key="average").value
    assert layers_in(begun) == {("layer3.1", "layer4.1")}


def test_the_mean_begins_with_the_layer_of_the_link(begun: list[object]) -> None:
    app = opened(maps=["Grad-CAM"], layer="layer3.1", average="true")
    pills = next(each for each in app.get("button_group") if each.key == "layers")
    assert pills.value == ["layer3.1"]
    assert layers_in(begun) == {("layer3.1",)}


def test_every_panel_names_class_and_layer() -> None:
    app = opened(maps=["Grad-CAM"])
    charts = [each.proto.spec for each in app.get("plotly_chart")]
    name = app.selectbox(key="class").options[1]
    texts = [note["text"] for spec in charts for note in json.loads(spec)["layout"]["annotations"]]
    assert f"{name} · layer4.1" in " ".join(texts)


def test_a_finished_line_says_what_the_maps_explain_and_has_no_bar() -> None:
    app = opened(maps=["Grad-CAM"])
    assert not app.get("progress")
    assert any(each.value.startswith("1 map of ") for each in app.caption)


@pytest.mark.parametrize("page", ["pages/heatmaps.py", "pages/agreement.py"])
def test_a_device_without_fast_numbers_offers_none(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_cpu_flags", lambda: frozenset({"avx2"}))
    app = opened(page, maps=["Grad-CAM"], compare=["Grad-CAM", "HiResCAM"])
    assert not [each for each in app.get("button_group") if each.key == "precision"]
    assert any("no faster format" in each.value for each in app.caption)


def test_superpixels_do_not_change_the_threshold_of_other_pages() -> None:
    app = opened("pages/superpixels.py", segments="grid", cells="3")
    app.slider(key="outlined").set_value(3).run()
    app = settled(app.switch_page("pages/agreement.py").run())
    assert app.slider(key="top").value == 10


def test_the_quick_preset_is_enough_for_the_superpixels() -> None:
    app = opened("pages/superpixels.py", segments="grid", cells="8")
    assert app.button(key="preset Quick").label == "Quick 650"


def test_a_second_class_is_what_finer_maps_compare_with(begun: list[object]) -> None:
    opened(maps=["finer-cam", "grad-cam"], **{"class": "3", "versus": "5"})
    asked = {(each.method, each.target): dict(each.options) for each in maps_in(begun)}
    assert asked["finer-cam", 3] == asked["finer-cam", 5] == {"against": "3,5"}
    assert asked["grad-cam", 3] == {}


def test_a_link_may_set_options_and_wrong_ones_are_said(begun: list[object]) -> None:
    options = ["finer-cam.compare=5", "finer-cam.compare=99", "grad-cam.depth=3", "nonsense"]
    app = opened(maps=["finer-cam", "grad-cam"], option=options)
    asked = {each.method: dict(each.options) for each in maps_in(begun)}
    assert asked == {"finer-cam": {"compare": 5}, "grad-cam": {}}
    said = " ".join(unescaped(each.value) for each in app.warning)
    assert said.count("A setting of this link is left out.") == 3
    assert "compare is 99: give 1 to 20." in said


def test_the_methods_that_are_combined_can_be_chosen(begun: list[object]) -> None:
    app = opened(maps=["mean-map"], option="mean-map.of=grad-cam,eigen-cam")
    assert [dict(each.options) for each in maps_in(begun)] == [{"of": "grad-cam,eigen-cam"}]
    assert app.multiselect(key="of").value == ["grad-cam", "eigen-cam"]
    begun.clear()
    settled(app.multiselect(key="of").set_value(["grad-cam", "saliency"]).run())
    assert [dict(each.options) for each in maps_in(begun)] == [{"of": "grad-cam,saliency"}]
    begun.clear()
    usual = ["grad-cam", "hires-cam", "layer-cam", "grad-cam++"]
    settled(app.multiselect(key="of").set_value(usual).run())
    assert [dict(each.options) for each in maps_in(begun)] == [{}]
