"""The page of superpixels without a browser."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.explain.perturb import sampled_method
from core.explain.perturb.answers import Answers
from core.explain.perturb.label_image import read_labels
from core.explain.perturb.superpixels import segment
from core.models.classifier import Classifier
from core.work.handlers.models import ModelSummary
from pages.ui.checks import line as check_line
from pages.ui.lime import jobs as lime_jobs
from pages.ui.lime import label_file as label_files
from pages.ui.lime import progress_line
from pages.ui.parts import jobs
from pages.ui.parts.text import escape
from tests.pages.steps import settled, until_idle

ROOT = Path(__file__).parents[2]
GRID = {"model": "resnet18:random", "segments": "grid", "cells": 3, "samples": 50}


@pytest.fixture(name="passes")
def passes_fixture(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the pictures that the model was given, without those of the check under the map."""
    monkeypatch.setattr(check_line, "ask", lambda maps: ())
    total, logits = [0], Classifier.logits

    def counted(self: Classifier, batch: Any, precision: Any = "exact") -> Any:
        total[0] += len(batch)
        return logits(self, batch, precision)

    monkeypatch.setattr(Classifier, "logits", counted)
    return lambda: total[0]


def opened(**state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {**GRID, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page("pages/superpixels.py").run())


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(label)).click()
    return settled(app.run())


def figures(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def bars(app: AppTest) -> dict[str, Any]:
    """The bars of weights."""
    return next(t for f in figures(app) for t in f["data"] if "error_x" in t or "unselected" in t)


def said(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def test_preview_counts_superpixels_and_runs_nothing(passes: Callable[[], int]) -> None:
    app = opened(samples=1000)
    assert "**9 superpixels.**" in said(app)
    assert "This needs 1,000 passes" in said(app)
    assert passes() <= 2, "the prediction alone"
    assert "Explain" in [button.label for button in app.button]
    charts = {chart.proto.id.rsplit("-", 1)[-1] for chart in app.get("plotly_chart")}
    assert charts == {"superpixels", "prediction"}, "no empty chart of weights"


def test_samples_are_balanced_unless_a_link_says_otherwise_or_says_nothing_of_it() -> None:
    for parameters, wanted in (
        ({}, "balanced"),
        ({"samples": "60"}, "random"),  # as all links before there was a choice
        ({"samples": "60", "sampling": "balanced"}, "balanced"),
        ({"sampling": "random"}, "random"),
    ):
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        app.session_state["model"] = GRID["model"]
        for name, value in parameters.items():
            app.query_params[name] = value
        app = settled(app.switch_page("pages/superpixels.py").run())
        assert app.session_state["sampling"] == wanted
        if not parameters:
            assert app.query_params["sampling"] == "balanced", "its own link says so"


def test_few_samples_for_many_superpixels_are_warned_of() -> None:
    assert "use at least 90" in said(opened(samples=50))
    assert "use at least" not in said(opened(samples=100))


@pytest.mark.slow
def test_dragging_up_adds_what_is_missing_and_down_answers_at_once(
    passes: Callable[[], int],
) -> None:
    app = press(opened(), "Explain")
    assert "50 passes" in said(app)
    before = passes()
    app.slider(key="samples").set_value(100)
    app = settled(app.run())
    assert passes() - before == 50
    assert "**100 samples** of 9 superpixels: 50 passes" in said(app)
    assert "50 reused" in said(app)
    many = bars(app)["x"]
    app.slider(key="samples").set_value(50)
    app = settled(app.run())
    assert passes() - before == 50
    assert "50 reused" in said(app)
    assert bars(app)["x"] != many


def test_choices_of_the_fit_make_no_pass(passes: Callable[[], int]) -> None:
    app = press(opened(), "Explain")
    before, seen = passes(), [bars(app)["x"]]
    app.slider(key="outlined").set_value(3)
    app.segmented_control(key="sign").set_value("any")
    app = settled(app.run())
    assert sum(opacity == 1 for opacity in bars(app)["marker"]["opacity"]) == 3
    for key, value in (("class", 5), ("distance", "euclidean"), ("regressor", "lasso")):
        app.selectbox(key=key).set_value(value)
        app = settled(app.run())
        seen.append(bars(app)["x"])
    assert passes() == before
    assert len({json.dumps(each) for each in seen}) == 4


def test_other_superpixels_wait_for_the_button_again(passes: Callable[[], int]) -> None:
    app = press(opened(), "Explain")
    before = passes()
    app.slider(key="cells").set_value(4)
    app = settled(app.run())
    assert "**16 superpixels.**" in said(app)
    assert passes() == before
    app.slider(key="cells").set_value(3)
    app = settled(app.run())
    assert "**50 samples** of 9" in said(app)
    assert passes() == before


@pytest.mark.slow
def test_preset_sets_the_slider_and_starts() -> None:
    app = press(opened(), "Quick 200")
    assert app.slider(key="samples").value == 200
    assert "**200 samples**" in said(app)
    assert app.run().slider(key="samples").value == 200


@pytest.mark.slow
def test_another_seed_says_its_price_and_is_compared(passes: Callable[[], int]) -> None:
    app = press(opened(), "Explain")
    before = passes()
    app = press(app, "Compare with seed 1: 50 passes")
    assert passes() - before in (50, 51), "one for its prediction"
    assert "Seeds 0 and 1:" in said(app)


def test_bar_and_superpixel_say_the_same() -> None:
    app = press(opened(), "Explain")
    mouse = next(t for f in figures(app) for t in f["data"] if t["type"] == "heatmap")
    assert bars(app)["hovertemplate"].replace("%{x:", "%{z:") == mouse["hovertemplate"]


def test_picked_bar_lights_its_superpixel() -> None:
    app = press(opened(), "Explain")
    digest = segment(np.zeros((224, 224, 3), np.uint8), "grid", {"cells": 3}).digest
    app.session_state["lime_lit"] = (digest, 4)
    app.run()
    titles = next(f for f in figures(app) if "yaxis3" in f["layout"])
    assert [t["type"] for t in titles["data"]].count("scatter") == 7
    assert bars(app)["marker"]["opacity"].count(1) == 1
    app = press(app, "Clear highlight")
    assert bars(app)["marker"]["opacity"].count(1) > 1
    app.session_state["lime_lit"] = (digest, 4)
    app.slider(key="cells").set_value(2)
    assert "▶" not in json.dumps(figures(settled(app.run()))), "other superpixels"


def label_file() -> tuple[str, bytes, str]:
    store = io.BytesIO()
    Image.fromarray(np.kron(np.eye(3, dtype=np.uint8), np.ones((9, 9), np.uint8))).save(
        store, "PNG"
    )
    return "mine.png", store.getvalue(), "image/png"


def test_label_image_is_a_segmentation() -> None:
    app = opened(segments="mask")
    assert "Upload a label image" in said(app)
    assert not app.error
    app.file_uploader(key="label_file").upload(*label_file()).run()
    app = settled(app.run())
    assert "**2 superpixels.**" in said(app)


def test_bad_label_image_is_refused_in_one_sentence() -> None:
    app = opened(segments="mask")
    app.file_uploader(key="label_file").upload("notes.png", b"text", "image/png").run()
    assert any("notes.png" in error.value for error in settled(app).error)


def test_label_image_is_read_once_and_its_name_is_no_markdown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []

    def counted(data: bytes, name: str) -> str:
        read.append(name)
        return read_labels(data, name)

    monkeypatch.setattr(label_files, "read_labels", counted)
    app = opened(segments="mask")
    _, data, kind = label_file()
    name = "[go](http://a.b).png"
    app.file_uploader(key="label_file").upload(name, data, kind).run()
    settled(app)
    assert len(read) == 1
    app.file_uploader(key="label_file").clear()
    app = settled(app.run())
    assert escape(name) in said(app)
    assert name not in said(app)


def test_dropped_samples_are_not_computed_again_for_what_is_shown(
    passes: Callable[[], int],
) -> None:
    app = press(opened(), "Explain")
    jobs.resources().samples.clear()
    before, text = passes(), said(app)
    app.slider(key="tint").set_value(0.3)
    assert said(settled(app.run())) == text
    assert passes() == before
    app.selectbox(key="class").set_value(5)
    app = settled(app.run())
    assert passes() - before == 51, "another class needs them, with the picture's own prediction"


@pytest.mark.slow
def test_samples_of_another_visit_are_shown_at_once(passes: Callable[[], int]) -> None:
    press(opened(), "Explain")
    before, app = passes(), opened()
    assert "0 passes in 0.0 s, 50 reused" in said(app)
    assert passes() == before


@pytest.mark.slow
def test_a_link_opens_the_same_view_and_starts_it() -> None:
    first = press(opened(), "Explain")
    link = dict(first.query_params)
    jobs.runner().close()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in GRID.items():
        app.session_state[key] = value
    app.query_params["explain"] = link["explain"]
    app = settled(app.switch_page("pages/superpixels.py").run())
    assert "**50 samples** of 9 superpixels: 50 passes" in said(app)


def test_a_link_of_an_older_form_opens_the_same_view() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in GRID.items():
        app.session_state[key] = value
    app.query_params["explain"] = "0123456789"
    app = settled(app.switch_page("pages/superpixels.py").run())
    assert "**9 superpixels.**" in said(app)
    assert "**50 samples** of 9" in said(press(app, "Explain"))


def test_stopped_samples_are_kept_and_resumed(
    monkeypatch: pytest.MonkeyPatch, passes: Callable[[], int]
) -> None:
    app, add = opened(samples=200), Answers._add_batch
    before = passes()
    reached, resumed = threading.Event(), threading.Event()

    def held(self: Answers, *given: Any) -> int:
        if len(self) >= 100:
            reached.set()
            assert resumed.wait(60)
        return add(self, *given)

    monkeypatch.setattr(Answers, "_add_batch", held)
    app.button(key="start").click().run()
    assert reached.wait(60)
    app.run().button(key="stop").click().run()
    resumed.set()
    app = settled(app)
    stopped = re.search(r"Stopped after (\d+) of 200 samples", said(app))
    assert stopped
    assert 100 <= int(stopped[1]) < 200
    app = press(app, "Resume")
    resumed_with = re.search(r": (\d+) passes in [\d.]+ s, (\d+) reused", said(app))
    assert resumed_with
    made, reused = map(int, resumed_with.groups())
    assert (made + reused, reused >= 100) == (200, True)
    assert passes() - before in (200, 201), "one for the picture's own prediction"


def test_files_hold_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, data, *_, **__: made.update({label: data})
    )
    app = press(opened(), "Explain")
    table = made["Weights (CSV)"]().decode().splitlines()
    assert len(table) == 10
    heaviest = np.frombuffer(base64.b64decode(bars(app)["x"]["bdata"]))[0]
    assert float(table[1].split(",")[1]) == heaviest
    assert all(table[1].split(",")[2:4]), "intervals"
    with Image.open(io.BytesIO(made["Superpixels (PNG)"]())) as image:
        assert np.asarray(image).max() == 8
    for label in ("Outlines (PNG)", "Tint (PNG)"):
        assert made[label]()[:4] == b"\x89PNG"
    assert json.loads(made["Parameters (JSON)"]())["cat"]["num_samples"] == 50
    assert made["Parameters (pickle)"]()[:1] == b"\x80"


def test_samples_that_end_before_the_line_is_drawn_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, line = opened(), progress_line.line

    def late(plan: lime_jobs.PlannedLime, model: ModelSummary) -> None:
        until_idle()
        line(plan, model)

    monkeypatch.setattr(progress_line, "line", late)
    app.button(key="start").click().run()
    assert "**50 samples** of 9 superpixels: 50 passes" in said(app)
    assert "Explain" not in [button.label for button in app.button]


def test_samples_until_settled_say_how_many_and_why_and_stand_in_the_link(
    monkeypatch: pytest.MonkeyPatch, passes: Callable[[], int]
) -> None:
    monkeypatch.setattr(
        sampled_method, "is_settled", lambda fit, *others: fit.samples >= (100, 150)[len(told)]
    )
    told: list[str] = []
    app = opened()
    app.toggle(key="settle").set_value(True)
    app = settled(app.run())
    assert "This needs 100 to 5,000 passes" in said(app)
    before = passes()
    app = press(app, "Explain")
    assert "**100 samples** of 9 superpixels: 100 passes" in said(app)
    assert "100 samples were enough" in said(app)
    assert "Compare with seed 1: 100 passes" in [button.label for button in app.button]
    assert passes() - before in (100, 101), "one for the picture's own prediction"
    told.append("sign")
    app.segmented_control(key="sign").set_value("any")
    app = settled(app.run())
    assert "**150 samples** of 9 superpixels: 50 passes" in said(app), "what is outlined decides"
    assert "100 reused" in said(app)
    app = press(app, "Quick 200")
    assert not app.toggle(key="settle").value
    assert "**200 samples**" in said(app)
    assert "were enough" not in said(app)


def test_a_link_to_samples_until_settled_opens_them() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in GRID.items():
        if key != "samples":
            app.session_state[key] = value
    app.query_params["samples"] = "auto"
    app = settled(app.switch_page("pages/superpixels.py").run())
    assert app.toggle(key="settle").value
    assert app.query_params["settle"] == "true"
    assert "samples" not in app.query_params, "nothing is left of it once it is switched off"
    assert not app.warning
    assert "This needs 100 to 5,000 passes" in said(app)
    app.toggle(key="settle").set_value(False)
    app = settled(app.run())
    assert app.slider(key="samples").value == 1000
    assert not app.warning


def test_what_is_there_is_shown_while_more_samples_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reached, go = threading.Event(), threading.Event()
    add = Answers._add_batch

    def held(self: Answers, *given: Any) -> int:
        if len(self) >= 120:
            reached.set()
            assert go.wait(60)
        return add(self, *given)

    monkeypatch.setattr(sampled_method, "is_settled", lambda fit, *_: fit.samples >= 150)
    monkeypatch.setattr(Answers, "_add_batch", held)
    app = opened()
    app.toggle(key="settle").set_value(True)
    app = settled(app.run())
    app.button(key="start").click().run()
    assert reached.wait(60)
    app.run()
    assert "100 samples" in json.dumps(figures(app)), "the first look's weights"
    app.button(key="stop").click().run()
    go.set()
    app = settled(app)
    assert "Stopped after 100 samples" in said(app)
    app = press(app, "Resume")
    assert re.search(r"\*\*150 samples\*\* of 9 superpixels: \d+ passes in [\d.]+ s", said(app))
