"""The trust page without a browser: the numbers of the core, and what they mean in words."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.explain.methods import METHODS
from core.measure.single.base import Curve
from core.measure.single.check import Check
from core.pictures import built_in
from core.requests.keys import key_of
from core.requests.measures import CheckRequest, StepRequest
from core.requests.references import ModelRef, PictureRef, Preprocess
from core.requests.studies import StudyRequest
from core.work.handlers.checks import Step
from pages.ui.checks import words
from pages.ui.maps.wanted_maps import PlannedMaps, Tile
from pages.ui.parts import jobs
from pages.ui.trust import objects
from pages.ui.trust.table import CheckedMaps
from tests.pages.steps import settled

ROOT = Path(__file__).parents[2]
MODEL = ModelRef(
    source="torchvision", id="resnet18", weights="random", preprocess=Preprocess((56, 56), 56)
)
STUDY = StudyRequest(pictures=(PictureRef("", "cat.png"),), model=MODEL, methods=("occlusion",))
FEW = {"model": "resnet18:random", "compare": ["grad-cam", "eigen-cam"], "steps": 6}


def opened(page: str = "trust", **state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {**FEW, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page(f"pages/{page}.py").run())


def asked(begun: list[object]) -> dict[tuple[str, str], CheckRequest]:
    found = [each for each in begun if isinstance(each, CheckRequest)]
    return {(each.map.label, each.measure): each for each in found}


def result_of(request: object) -> Any:
    return jobs.resources().results.get(key_of(request))


def cells(app: AppTest) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in app.table[0].value.to_numpy().tolist()]


def test_curves_of_a_method_have_one_colour_in_all_charts() -> None:
    tiles = tuple(Tile(title, METHODS["occlusion"]) for title in ("A", "B", "C"))
    seen = CheckedMaps(PlannedMaps(STUDY, tiles, 1), (), {})
    curve = Curve("probability", "share", np.arange(3.0), np.arange(3.0))
    assert [seen.line(tile, curve).place for tile in (tiles[0], tiles[2])] == [0, 2]


def test_cells_hold_the_core_s_numbers(begun: list[object]) -> None:
    app = opened(measures=["single-deletion", "deletion"])
    wanted = asked(begun)
    rows = cells(app)
    assert [row[0] for row in rows] == ["**Grad-CAM**", "**EigenCAM**"]
    for row, label in zip(rows, ("grad-cam", "eigen-cam"), strict=True):
        for cell, measure in zip(row[1:], ("single-deletion", "deletion"), strict=True):
            check = result_of(wanted[label, measure])
            assert isinstance(check, Check)
            assert words.badge(check) in cell
            assert words.beside(check) in cell
    assert {each.settings.steps for each in wanted.values()} == {6}
    # Single deletion shares its passes, so random maps are there at once; for deletion they are
    # offered.
    assert "random maps" in rows[0][1]
    assert "random maps" not in rows[0][2]
    assert app.button(key="more_checks").label.startswith("Compare with 50 random maps")


@pytest.mark.slow
def test_a_press_compares_with_random_maps(begun: list[object]) -> None:
    app = opened(measures=["deletion"], compare=["grad-cam"])
    settled(app.button(key="more_checks").click().run())
    assert "random maps" in cells(app)[0][1]
    check = result_of(asked(begun)["grad-cam", "deletion"])
    assert check.passed is not None
    assert (check.doubt in " ".join(each.value for each in app.warning)) or not check.doubt
    assert not [each for each in app.button if each.key == "more_checks"]


@pytest.mark.slow
def test_the_slider_shows_the_picture_on_its_way(begun: list[object]) -> None:
    app = opened(measures=["deletion", "insertion"], compare=["grad-cam"], changed=40)
    steps = [each for each in begun if isinstance(each, StepRequest)]
    assert {(each.deletes, each.percent) for each in steps} == {(True, 40), (False, 40)}
    step = result_of(steps[0])
    assert isinstance(step, Step)
    assert any(step.guesses[0].name in each.value for each in app.caption)
    begun.clear()
    settled(app.slider(key="changed").set_value(60).run())
    assert all(isinstance(each, StepRequest) for each in begun), "nothing else is computed"


@pytest.mark.slow
def test_a_map_that_outlives_its_head_is_named() -> None:
    app = opened(measures=["randomisation"], compare=["eigen-cam"], stage=1)
    told = " ".join(each.value for each in app.warning)
    assert "EigenCAM" in told
    assert "last layer is random" in told
    assert any("random down to fc" in each.value for each in app.markdown)


def test_the_mosaic_needs_pictures_that_the_model_knows() -> None:
    """A network with random weights knows none: a sentence says so, once."""
    app = opened(measures=["grid-pointing"])
    assert len(app.error) == 1
    assert "three pictures" in app.error[0].value
    assert {row[1] for row in cells(app)} == {":gray[failed, see below]"}


def test_measures_that_need_an_object_ask_for_one_and_take_it() -> None:
    app = opened(measures=["energy"], compare=["grad-cam"])
    assert "truth mask" in app.error[0].value
    picture = built_in.load("cat")
    mask = np.zeros(picture.pixels.shape[:2], bool)
    mask[:, :150] = True
    app.session_state["truths"] = {picture.sha256: jobs.resources().offer_truth(mask, "drawn")}
    app = settled(app.run())
    assert not app.error
    assert "chance 0.33" in cells(app)[0][1] or "random maps" in cells(app)[0][1]


@pytest.mark.parametrize(
    ("box", "lasso", "problem"),
    [
        ([{"x": [0, 100], "y": [50, 0]}], [], ""),
        ([], [{"x": [0, 100, 100], "y": [0, 0, 100]}], ""),
        ([{"x": [-90, -20], "y": [0, 50]}], [], "outside"),
        ([{"x": [0, float("nan")], "y": [0, 50]}], [], "no number"),
    ],
)
def test_what_is_drawn_becomes_the_object(
    box: list[Any], lasso: list[Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {
        "truths": {},
        "measures": ["deletion"],
        "marked": {"selection": {"box": box, "lasso": lasso}},
        "visitor": "me",
    }
    monkeypatch.setattr(objects.st, "session_state", state)
    picture = built_in.load("cat")
    objects._drawn(picture)
    assert problem in state.get("truth_problem", "")
    if not problem:
        mask = jobs.resources().truth(state["truths"][picture.sha256])
        assert mask.sum() == pytest.approx(5000, rel=0.04)
        assert state["measures"] == ["deletion", "energy", "pointing"]


def test_the_table_to_take_away_is_that_of_the_command_line(
    begun: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, Any] = {}
    from pages.ui.trust import downloads

    def kept(label: str, data: Any, *_: Any, **named: Any) -> None:
        taken[named["key"]] = data

    monkeypatch.setattr(downloads.st, "download_button", kept)
    opened(measures=["single-deletion"], compare=["grad-cam"])
    rows = list(csv.DictReader(io.StringIO(taken["trust_csv"]())))
    check = result_of(asked(begun)["grad-cam", "single-deletion"])
    mine = [row for row in rows if row["method"] == "grad-cam"]
    assert {row["control"] for row in mine} == {"sobel", "centre"}
    assert {float(row["value"]) for row in mine} == {round(check.measured.value, 6)}


@pytest.mark.slow
@pytest.mark.parametrize("page", ["heatmaps", "superpixels"])
def test_a_line_under_each_map_says_how_far_it_can_be_trusted(
    page: str, begun: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    labels: list[str] = []
    popover = st.popover

    def noted(label: str, **named: Any) -> Any:
        labels.append(label)
        return popover(label, **named)

    monkeypatch.setattr(st, "popover", noted)
    state = {"segments": "grid", "cells": 3, "samples": 50} if page == "superpixels" else {}
    app = opened(page, maps=["grad-cam"], **state)
    if page == "superpixels":
        labels.clear()
        settled(next(each for each in app.button if each.label == "Explain").click().run())
    request = next(iter(asked(begun).values()))
    assert request.measure == "single-deletion"
    check = result_of(request)
    wanted = (
        f"Single deletion **{check.measured.value:.2f}**{words.VERDICTS[check.passed]} "
        f"(random maps {check.chance.mean:.2f}, edges {check.controls['sobel']:.2f})"
    )
    assert wanted in labels
