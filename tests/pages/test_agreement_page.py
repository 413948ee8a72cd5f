"""The agreement page without a browser: the same numbers as the core's, no work for sliders."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.measure.agreement import pairs
from core.requests.keys import key_of
from core.requests.maps import MapRequest
from core.requests.studies import Rule, StudyRequest
from core.work.handlers import HANDLERS
from core.work.job import Link
from core.work.resources import Resources
from pages.ui.maps import wanted_maps
from pages.ui.parts import jobs
from tests.core.work.steps import until
from tests.pages.conftest import maps_in
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
METHODS = ["grad-cam", "hires-cam", "eigen-cam"]


def compared(begun: list[object]) -> list[Any]:
    """The maps that the page compares, in the order of the table."""
    maps = {each.label: jobs.resources().results.get(key_of(each)) for each in maps_in(begun)}
    return [maps[label] for label in METHODS]


def opened(**state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": "resnet18:random", "compare": METHODS, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page("pages/agreement.py").run())


def numbers(app: AppTest, kind: str) -> list[str]:
    """Texts in the cells of a matrix, row by row, without those of a method with itself."""
    specs = [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
    found = next(
        spec
        for spec in specs
        if kind in json.dumps(spec["layout"]) and "coloraxis" in spec["layout"]
    )
    return next(trace["text"] for trace in found["data"] if trace.get("mode") == "text")


def square(values: list[float]) -> list[str]:
    """The cells of three methods, from the values of their pairs."""
    one, two, three = (f"{value:.2f}" for value in values)
    return [one, two, one, three, two, three]


def test_numbers_are_those_of_the_core(begun: list[object]) -> None:
    app = opened(top=20)
    seen = compared(begun)
    expected = pairs(seen, [Rule("top", 20)] * 3)
    assert numbers(app, "IoU") == square([pair.iou for pair in expected])
    ranks = [pair.spearman for pair in expected]
    assert numbers(app, "Spearman") == square(ranks)
    assert f"**{expected[0].iou:.2f}** (IoU)" in " ".join(each.value for each in app.markdown)


def test_the_first_pair_is_drawn_in_whatever_order_maps_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with several workers: the second map of three ends last."""
    goes_on, usual = threading.Event(), HANDLERS[MapRequest]

    def held(request: MapRequest, resources: Resources, link: Link[Any]) -> object:
        while request.label == METHODS[1] and not goes_on.is_set():
            link(0.5, "held")
            time.sleep(0.01)
        return usual.run(request, resources, link)

    last = replace(usual, run=held, cost=lambda asked, has: 1e6 * (asked.label == METHODS[1]))
    monkeypatch.setitem(HANDLERS, MapRequest, last)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": "resnet18:random", "compare": METHODS}.items():
        app.session_state[key] = value
    app = app.switch_page("pages/agreement.py").run()
    until(lambda: any("(IoU)" in each.value for each in app.run().markdown))
    assert app.selectbox(key="pair").value == f"{METHODS[0]}|{METHODS[2]}"
    goes_on.set()
    app = settled(app)
    assert app.selectbox(key="pair").value == f"{METHODS[0]}|{METHODS[1]}"
    app.selectbox(key="pair").set_value(f"{METHODS[1]}|{METHODS[2]}")
    assert settled(app.run()).selectbox(key="pair").value == f"{METHODS[1]}|{METHODS[2]}"


def test_sliders_compute_no_map(begun: list[object]) -> None:
    app = opened()
    asked, before = len(maps_in(begun)), numbers(app, "IoU")
    app.slider(key="top").set_value(35)
    app = settled(app.run())
    assert len(maps_in(begun)) == asked == len(METHODS)
    assert numbers(app, "IoU") != before


def test_a_slider_for_each(begun: list[object]) -> None:
    app = opened(each=True)
    app.slider(key="topgrad-cam").set_value(40)
    app = settled(app.run())
    seen = compared(begun)
    rules = [Rule("top", 40 if one.label == "grad-cam" else 10) for one in seen]
    expected = pairs(seen, rules)[0].iou
    assert f"**{expected:.2f}** (IoU)" in " ".join(each.value for each in app.markdown)


def test_one_method_is_not_enough() -> None:
    app = opened(compare=["grad-cam"])
    assert any("at least two methods" in info.value for info in app.info)


@pytest.mark.slow
def test_superpixels_have_their_own_slider(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = wanted_maps.plan

    def quicker(study: StudyRequest, *rest: Any, **options: Any) -> Any:
        return plan(replace(study, lime=replace(study.lime, samples=50)), *rest, **options)

    monkeypatch.setattr(wanted_maps, "plan", quicker)
    app = opened(compare=["grad-cam", "lime"])
    assert app.slider(key="parts").value == 5
    app = settled(app.button(key="compute").click().run())
    assert any("LIME" in each.value for each in app.markdown)


def test_costly_maps_wait_for_a_press(begun: list[object]) -> None:
    app = opened(compare=["grad-cam", "ablation-cam", "score-cam", "lime"])
    assert {each.method for each in maps_in(begun)} == {"grad-cam", "ablation-cam"}
    assert "**Grad-CAM and Ablation-CAM** overlap" in " ".join(e.value for e in app.markdown)
    (offer,) = [unescaped(e.value) for e in app.caption if "wait" in e.value]
    # The last layer of ResNet-18 has 512 channels, and Score-CAM needs the picture itself besides.
    assert offer.startswith("Score-CAM and LIME wait: 1,513 passes")
