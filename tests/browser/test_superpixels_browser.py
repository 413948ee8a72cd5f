"""The page of superpixels in a real browser."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]
FIGURE = ".st-key-superpixels .js-plotly-plot"
BARS = ".st-key-weights .js-plotly-plot"
GRID = f"/superpixels?{steps.MODEL}&segments=grid&cells=3&samples=50"
"""Each test adds a seed of its own: samples of another visitor would answer at once."""


def explain(page: Page) -> None:
    """Press the button and wait for bars with intervals."""
    page.get_by_role("button", name="Explain", exact=True).click()
    wait_for_bars(page)


def wait_for_bars(page: Page) -> None:
    page.locator(f"{BARS} .errorbar").first.wait_for(state="attached")
    steps.wait_for_rest(page)


def read(page: Page, selector: str, what: str) -> Any:
    return page.evaluate(
        f"selector => (plot => {what})(document.querySelector(selector))", selector
    )


def test_preview_then_explanation_without_a_jump(visit: Visit) -> None:
    # The server keeps samples: a test that is tried again must ask for others.
    page = visit(f"{GRID}&seed={int(time.time())}")
    expect(page.get_by_text("9 superpixels.")).to_be_visible()
    page.locator(f"{FIGURE} .imagelayer image").first.wait_for(state="attached")
    assert page.locator(f"{FIGURE} .heatmaplayer image").count() <= 1, "the preview alone"
    steps.wait_for_rest(page)
    before = steps.wait_until_still(page, ".st-key-superpixels")
    expect(page.locator(".st-key-weights")).to_have_count(0)
    explain(page)
    expect(page.get_by_text("50 passes in").first).to_be_visible()  # and for a screen reader
    steps.wait_for_rest(page)
    after = steps.wait_until_still(page, ".st-key-superpixels")
    assert after == pytest.approx(before, abs=1)
    assert "explain=" in page.url


@pytest.mark.slow
def test_link_reproduces_the_view(visit: Visit) -> None:
    first = visit(f"{GRID}&outlined=2&sign=both&seed=3")
    explain(first)
    second = visit(first.url.removeprefix(first.url.split("/superpixels")[0]))
    wait_for_bars(second)
    numbers = "plot.data[0].customdata.slice(0, 5).join()"
    assert read(second, BARS, numbers) == read(first, BARS, numbers)
    assert read(second, BARS, "plot.data[0].marker.opacity.filter(o => o === 1).length") == 2


@pytest.mark.slow
def test_picked_bar_lights_its_superpixel_and_can_be_put_out(visit: Visit) -> None:
    page = visit(f"{GRID}&seed=4")
    explain(page)
    out = page.get_by_role("button", name="Clear highlight")
    expect(out).to_be_disabled()

    def pick() -> None:
        left, top, width, height = steps.box(page, f"{BARS} .bars .point path")
        page.mouse.click(left + width / 2, top + height / 2)

    lines = "document.querySelector(selector)?.data?.filter(t => t.mode === 'lines').length"
    steps.until(page, pick, f"selector => {lines} === 6", FIGURE)
    expect(out).to_be_enabled()
    out.click()
    page.wait_for_function(f"selector => {lines} === 0", arg=FIGURE)


@pytest.mark.slow
def test_stop_keeps_what_is_there_and_goes_on(visit: Visit) -> None:
    page = visit(GRID.replace("samples=50", "samples=5000"))
    page.get_by_role("button", name="Explain", exact=True).click()
    page.locator(f"{BARS} .bars .point").first.wait_for(state="attached")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped after")).to_contain_text("of 5,000 samples")
    expect(page.locator(f"{BARS} .bars .point")).to_have_count(9)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()


@pytest.mark.slow
def test_phone_stands_in_one_column_and_nothing_sticks_out(visit: Visit) -> None:
    page = visit(f"{GRID}&seed=5", width=390, height=844, scheme="dark")
    explain(page)
    page.wait_for_function(
        "selector => document.querySelector(selector)._fullLayout.xaxis2.domain[0] < 0.01",
        arg=FIGURE,
    )
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.slow
def test_label_image_and_parameters(visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "halves.png"
    Image.fromarray(np.kron(np.eye(2, dtype=np.uint8) * 200, np.ones((9, 9), np.uint8))).save(path)
    page = visit(GRID.replace("segments=grid", "segments=mask"))
    steps.open_tool(page, "Superpixels")
    page.locator(".st-key-label_file input").set_input_files(path)
    expect(page.get_by_text("2 superpixels.")).to_be_visible()
    page.keyboard.press("Escape")
    explain(page)
    files = {}
    for label in ("Parameters (JSON)", "Parameters (pickle)"):
        file = steps.download(page, page.get_by_role("button", name=label))
        files[label] = file.path().read_bytes()
    assert json.loads(files["Parameters (JSON)"])["cat"]["num_samples"] == 50
    assert pickle.loads(files["Parameters (pickle)"])["cat"]["random_seed"] == 0
