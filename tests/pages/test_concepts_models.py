"""Which dissection the page of concepts shows: of the model in use, its control, or of a link."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import Pixels
from core.concepts.encoders import load as encoders
from core.concepts.run import activations, disk_blocks, library
from core.concepts.vocabulary import Vocabulary
from core.work.handlers import concepts as handlers
from pages.ui.concepts import chooser, new_dissection, two_models
from tests.core.conftest import COLOURS, Colours, coloured
from tests.pages.steps import settled, unescaped, until_idle

ROOT = Path(__file__).parents[2]
OTHER = "resnet18:random"
"""Needs no weights, and no dissection of it comes along."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a dissection show 40 pictures of one colour each to an encoder that knows four words."""
    monkeypatch.setattr(handlers, "open_probes", lambda text: coloured(40))
    monkeypatch.setattr(encoders, "load", lambda *given, **named: Colours(Vocabulary("x", COLOURS)))


def page(**parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    return settled(app.switch_page("pages/concepts.py").run())


def shown(app: AppTest) -> str:
    """Return the model that the sentence under the title names."""
    pattern = r"(?m)^\*\*(.+?)\*\*: \d+ units in"
    (named,) = re.findall(pattern, "\n".join(unescaped(each.value) for each in app.caption))
    return str(named)


def told(app: AppTest) -> str:
    return unescaped("\n".join(each.value for each in [*app.info, *app.warning, *app.caption]))


def address(app: AppTest, name: str) -> str:
    """Return what the address says of a parameter; empty where it has none."""
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[0]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return settled(app.run())


def use(app: AppTest, model: str) -> AppTest:
    """Choose another model in the side bar."""
    groups = {"efficientnet_lite0": "Built in", "efficientnet_lite2": "Built in"}
    app.selectbox(key="group").set_value(groups.get(model, "torchvision")).run()
    app.selectbox(key="model").set_value(model)
    return settled(app.run())


def dissected(model: str = OTHER) -> tuple[AppTest, str]:
    """Dissect a model with one press; return the page and the name of the dissection."""
    app = press(page(model=model), "Dissect it")
    return app, app.session_state["dissection_name"]


@pytest.mark.slow
def test_a_model_without_a_dissection_says_how_long_one_takes_and_starts_it() -> None:
    app = page(model=OTHER)
    assert re.search(
        r"ResNet-18 \(random weights\) is not dissected; 40 pictures through layer4.1 take about "
        r"\d+ s on this machine. Shown below: EfficientNet-Lite0",
        told(app),
    )
    assert shown(app) == "EfficientNet-Lite0 (ImageNet)"
    assert "dissection" not in app.query_params, "the link means the model, not what stands in"
    app = press(app, "Dissect it")
    assert shown(app) == "ResNet-18 (random weights)"
    assert "is not dissected" not in told(app)
    assert "40 probe pictures" in told(app)


@pytest.mark.slow
def test_a_dissection_of_an_earlier_visit_is_found_by_its_model() -> None:
    dissected()
    app = page(model=OTHER)
    assert not app.session_state["dissected"], "it lies on disk"
    assert shown(app) == "ResNet-18 (random weights)"
    assert "is not dissected" not in told(app)
    assert shown(page()) == "EfficientNet-Lite0 (ImageNet)"


@pytest.mark.slow
def test_what_shows_pictures_of_another_visitor_is_listed_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(new_dissection.SETS, "built in", "holiday.zip")
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"], app.session_state["view"] = OTHER, chooser.RUN
    app = settled(app.switch_page("pages/concepts.py").run())
    app.button(key="dissect_start").click()
    app = settled(app.run())
    assert shown(app) == "ResNet-18 (random weights)"
    name = app.session_state["dissection_name"]
    assert len(app.selectbox(key="dissection_name").options) == 2
    other = page(model=OTHER)
    assert len(other.selectbox(key="dissection_name").options) == 1
    assert "is not dissected" in told(other)
    assert shown(page(dissection=name)) == "ResNet-18 (random weights)", "its link opens it"


@pytest.mark.slow
def test_another_model_moves_the_page_to_its_dissection_until_one_is_chosen_by_hand() -> None:
    app, name = dissected()
    app = use(app, library.SHIPPED)
    assert shown(app) == "EfficientNet-Lite0 (ImageNet)"
    assert "dissection" not in app.query_params
    app.selectbox(key="dissection_name").set_value(name)
    app = settled(app.run())
    assert shown(app) == "ResNet-18 (random weights)", "chosen by hand"
    app = settled(app.run())
    assert shown(app) == "ResNet-18 (random weights)"
    assert address(app, "dissection") == name
    app = use(app, OTHER)
    app = use(app, library.SHIPPED)
    assert shown(app) == "EfficientNet-Lite0 (ImageNet)", "the model was chosen last"
    app = settled(app.switch_page("dashboard.py").run())
    app = use(app, OTHER)
    app = settled(app.switch_page("pages/concepts.py").run())
    assert shown(app) == "ResNet-18 (random weights)", "chosen on another page"


@pytest.mark.slow
def test_a_dissection_that_a_link_names_stays_whatever_model_is_in_use() -> None:
    _, name = dissected()
    app = page(dissection=name, model="efficientnet_lite2")
    assert shown(app) == "ResNet-18 (random weights)"
    assert "is not dissected" not in told(app)
    app = use(app, library.SHIPPED)
    assert shown(app) == "EfficientNet-Lite0 (ImageNet)"


def with_own_weights() -> AppTest:
    """Bring weights of ten classes along and go to the concepts."""
    store = io.BytesIO()
    torch.save(torchvision.models.resnet18(num_classes=10).state_dict(), store)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.run()
    app.file_uploader(key="weights").upload("mine.pth", store.getvalue()).run()
    app = press(app, "Use them")
    return settled(app.switch_page("pages/concepts.py").run())


@pytest.mark.slow
def test_own_weights_and_their_untrained_control_stand_side_by_side() -> None:
    app = with_own_weights()
    assert re.search(r"mine.pth \(resnet18, \w{8}\) is not dissected; 40 pictures", told(app))
    app = press(app, "Dissect it")
    assert shown(app).startswith("mine.pth (resnet18, ")
    app.segmented_control(key="view").set_value(chooser.PAIR)
    app = settled(app.run())
    assert re.search(r"same network, untrained.* 40 pictures through layer4.1 take", told(app))
    app = press(app, "Dissect the control")
    assert app.session_state["view"] == chooser.PAIR
    labels = [unescaped(metric.label) for metric in app.metric]
    assert labels[0].startswith("Labelled units: mine.pth (resnet18, ")
    assert labels[1] == "Labelled units: ResNet-18 (random weights)"
    assert all(re.fullmatch(r"\d+ of 512", metric.value) for metric in app.metric)
    assert shown(app).startswith("mine.pth (resnet18, "), "the page is still about the own weights"
    assert "Dissect the control" not in [button.label for button in app.button]
    other = page(model=OTHER)
    assert shown(other) == "ResNet-18 (random weights)"
    assert not any("mine.pth" in each for each in other.selectbox(key="dissection_name").options)


@pytest.mark.slow
def test_two_models_say_that_own_weights_are_not_dissected_and_whose_control_is_meant() -> None:
    app = with_own_weights()
    app.segmented_control(key="view").set_value(chooser.PAIR)
    app = settled(app.run())
    assert re.search(
        r"mine.pth \(resnet18, \w{8}\) is not dissected; .*: EfficientNet-Lite0", told(app)
    )
    assert "The control of EfficientNet-Lite0 (ImageNet) is the same network, untrained" in told(
        app
    )
    app = press(app, "Dissect it")
    assert "is not dissected" not in told(app)
    assert re.search(r"The control of mine.pth \(resnet18, \w{8}\) is the same", told(app))


class Gated(Colours):
    """Waits for `go` once it has seen so many pictures."""

    def __init__(self, most: int) -> None:
        super().__init__(Vocabulary("x", COLOURS))
        self.most, self.go = most, threading.Event()
        self.go.set()

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> np.ndarray:
        if self.seen >= self.most:
            assert self.go.wait(60)
        return super().pictures(images)


def begun(monkeypatch: pytest.MonkeyPatch, pictures: int) -> tuple[AppTest, Gated]:
    """Begin to dissect own weights, in blocks of 24; return the page after so many pictures."""
    monkeypatch.setattr(activations, "BATCH", 8)
    for module in (activations, disk_blocks):
        monkeypatch.setattr(module, "BLOCK", 24)
    gated = Gated(pictures)
    monkeypatch.setattr(encoders, "load", lambda *given, **named: gated)
    app = with_own_weights()
    gated.seen = 0
    gated.go.clear()
    next(button for button in app.button if button.label == "Dissect it").click().run()
    end = time.monotonic() + 60
    while not any(f"picture {pictures} of 40" in bar for bar in lines(app)):
        assert time.monotonic() < end
        time.sleep(0.05)
        app.run()
    return app, gated


def lines(app: AppTest) -> list[str]:
    """Return what the lines of running work say."""
    return [unescaped(bar.proto.text) for bar in app.get("progress")]


@pytest.mark.slow
def test_own_weights_that_are_being_dissected_are_named_and_not_called_undissected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, gated = begun(monkeypatch, 8)
    name = r"mine.pth \(resnet18, \w{8}\)"
    assert re.match(rf"The dissection of {name}: picture 8 of 40", lines(app)[0])
    assert re.search(rf"{name} is being dissected. Shown below: EfficientNet-Lite0", told(app))
    assert "is not dissected" not in told(app)
    next(button for button in app.button if button.label == "Stop").click().run()
    assert "is not dissected" in told(app)
    gated.go.set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pictures", "words", "label", "again"),
    [
        (8, "picture 8 of 40, before the first 24 were saved.", "Start again", 0),
        (24, "picture 24 of 40.", "Resume", 24),
    ],
)
def test_a_stopped_dissection_says_how_far_it_came_and_resumes_from_whole_blocks(
    pictures: int, words: str, label: str, again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, gated = begun(monkeypatch, pictures)
    assert "Saved every 24 pictures; after a stop it resumes from there." in told(app)
    next(button for button in app.button if button.label == "Stop").click().run()
    assert re.search(rf"The dissection of mine.pth .* stopped at {re.escape(words)}", told(app))
    gated.go.set()
    until_idle()
    gated.seen = 0
    app = press(app, label)
    assert shown(app).startswith("mine.pth (resnet18, ")
    assert gated.seen == 40 - again


@pytest.mark.slow
def test_the_control_is_the_second_model_once_it_is_there() -> None:
    app, trained = dissected("efficientnet_lite2")
    app.segmented_control(key="view").set_value(chooser.PAIR)
    app = press(settled(app.run()), "Dissect the control")
    control = address(app, "second")
    app = page(model="efficientnet_lite2", view=chooser.PAIR)
    assert address(app, "first") == trained
    assert address(app, "second") == control
    app.selectbox(key="pair_second").set_value(library.SHIPPED)
    app = press(settled(app.run()), "Compare with the control")
    assert address(app, "second") == control


@pytest.mark.slow
def test_first_and_second_stand_in_the_link_and_a_link_opens_them() -> None:
    app, name = dissected()
    app.segmented_control(key="view").set_value(chooser.PAIR)
    app = settled(app.run())
    app.selectbox(key="pair_second").set_value(library.SHIPPED)
    app = settled(app.run())
    assert address(app, "first") == name
    assert address(app, "second") == library.SHIPPED
    app.segmented_control(key="view").set_value(chooser.OVER)
    app = settled(app.run())
    assert "first" not in app.query_params
    other = page(view=chooser.PAIR, first=library.SHIPPED, second=name)
    labels = [unescaped(metric.label) for metric in other.metric]
    assert labels == [
        "Labelled units: EfficientNet-Lite0 (ImageNet)",
        "Labelled units: ResNet-18 (random weights)",
    ]
    assert "This link asks for" not in told(other)


@pytest.mark.slow
@pytest.mark.parametrize("side", two_models.SIDES)
def test_a_side_that_is_not_there_is_told_once(side: str) -> None:
    _, name = dissected()
    app = page(view=chooser.PAIR, dissection=name, **{side: "0" * 16})
    assert told(app).count("This link asks for the dissection '0000000000000000'") == 1
    assert address(app, side) != "0" * 16
    app.selectbox(key=f"pair_{side}").set_value(library.SHIPPED)
    app = settled(app.run())
    assert "This link asks for" not in told(app)


def test_a_group_of_concepts_has_one_colour_in_all_dissections() -> None:
    def legend(app: AppTest) -> dict[str, str]:
        spec = json.loads(app.get("plotly_chart")[0].proto.spec)
        traces = [trace for trace in spec["data"] if trace.get("showlegend")]
        return {trace["name"]: trace["marker"]["color"] for trace in traces}

    app = page()
    colours = legend(app)
    assert len(colours) > 4
    seen: dict[str, str] = dict(colours)
    for layer in app.selectbox(key="concept_layer").options:
        app.selectbox(key="concept_layer").set_value(layer)
        app = settled(app.run())
        for group, colour in legend(app).items():
            assert seen.setdefault(group, colour) == colour
    assert len(set(seen.values())) == len(seen), "and no two groups have the same"


def test_the_legend_of_the_overview_takes_its_room_from_the_chart_before_a_width_is_known() -> None:
    spec = json.loads(page().get("plotly_chart")[0].proto.spec)
    assert spec["layout"]["legend"]["yref"] == "container"
    assert spec["layout"]["margin"]["autoexpand"], "a phone has more lines than were counted"
