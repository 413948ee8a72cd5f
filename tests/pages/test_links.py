"""Links: what they ask for is shown, and what is not there is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
MODEL = "resnet18:random"
MAPS = {
    "pages/heatmaps.py": {"maps": "Grad-CAM"},
    "pages/agreement.py": {"compare": ["Grad-CAM", "HiResCAM"]},
}


def followed(path: str, **asked: str) -> AppTest:
    """Open a link as a new visitor."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": MODEL, **MAPS[path], **asked}.items():
        app.query_params[key] = value
    return settled(app.switch_page(path).run())


def said(app: AppTest) -> str:
    texts = (*app.warning, *app.error, *app.caption, *app.info)
    return unescaped(" ".join(each.value for each in texts))


@pytest.mark.parametrize("path", MAPS)
def test_another_layer_of_a_link_is_used_from_the_first_run_on(
    path: str, begun: list[object]
) -> None:
    app = followed(path, module="layer2.1")
    assert app.text_input(key="module").value == "layer2.1"
    assert {each.layers for each in maps_in(begun)} == {("layer2.1",)}
    assert not app.warning
    assert not app.error


@pytest.mark.parametrize("path", MAPS)
def test_another_layer_that_is_not_there_is_said(path: str, begun: list[object]) -> None:
    app = followed(path, module="nope")
    assert {each.layers for each in maps_in(begun)} == {("nope",)}, "no other layer's maps"
    assert said(app).count("The model has no layer 'nope'") == 1
    count = len(maps_in(begun))
    assert f"0 of {count} map{'s' * (count > 1)} finished, {count} failed" in said(app)
    assert not app.get("progress")


def test_agreement_does_not_promise_a_comparison_that_cannot_come() -> None:
    app = followed("pages/agreement.py", module="nope")
    assert "starts once" not in said(app)
    assert "Grad-CAM, HiResCAM: The model has no layer 'nope'" in said(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("layer", "layer9 7x7", "the layer 'layer9 7x7', which is not offered here: layer4.1 is"),
        ("class", "unicorn", "the class 'unicorn', which is not offered here: the predicted class"),
        ("versus", "[a](b)", "the class '[a](b)', which is not offered here: none is used"),
        ("fit", "sideways", "the input 'sideways', which is not offered here: whole picture is"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said_until_something_is_chosen(
    key: str, value: str, sentence: str
) -> None:
    app = followed("pages/heatmaps.py", **{key: value})
    assert [sentence in unescaped(each.value) for each in app.warning] == [True]
    chosen: dict[str, Any] = {"layer": "layer3.1", "class": 3, "versus": 4, "fit": "as trained"}
    control = {
        "layer": app.get("button_group"),
        "fit": app.get("button_group"),
    }.get(key, app.selectbox)
    next(each for each in control if each.key == key).set_value(chosen.get(key, "fast"))
    assert not settled(app.run()).warning
