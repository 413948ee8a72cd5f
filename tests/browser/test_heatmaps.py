"""The page of heat maps in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from core.figures.drawing import palette
from core.pictures import built_in
from tests.browser import steps

Visit = Callable[..., Page]
ONE = f"/heatmaps?{steps.MODEL}&maps=Grad-CAM"


def test_link_reproduces_the_view(visit: Visit) -> None:
    page = visit(
        f"{ONE}&maps=HiResCAM&picture=Rocket&opacity=0.8&colours=viridis&row=2&contour=0.5"
    )
    steps.wait_for_maps(page, 2)
    seen = steps.figure(page)
    assert seen["picture"] == built_in.load("rocket").sha256
    assert seen["opacity"] == [0.8, 0.8]
    assert seen["lines"] == 4, "a line and its halo for each map"
    assert seen["colours"] == [colour for _, colour in palette.stops("viridis")]
    assert seen["columns"] == 2
    page.reload()
    steps.wait_for_maps(page, 2)
    assert steps.figure(page) == seen


def test_opacity_changes_the_drawing_and_the_address_but_not_the_maps(visit: Visit) -> None:
    page = visit(ONE)
    steps.wait_for_maps(page, 1)
    before = steps.figure(page)
    steps.open_tool(page, "Look")
    page.get_by_role("slider", name="Opacity").press("ArrowRight")
    page.wait_for_url("**opacity=0.55*")
    page.wait_for_function(
        "selector => document.querySelector(selector).data"
        ".some(trace => trace.type === 'heatmap' && trace.opacity === 0.55)",
        arg=steps.GRID,
    )
    after = steps.figure(page)
    assert after["values"] == before["values"]
    assert after["titles"] == before["titles"], "the seconds that a map took stay the same"


@pytest.mark.slow
def test_zoom_of_one_panel_is_the_zoom_of_all(visit: Visit) -> None:
    page = visit(ONE)
    steps.wait_for_maps(page, 1)

    def drag() -> None:
        left, top, _, _ = steps.box(page, f"{steps.GRID} .draglayer .nsewdrag")
        page.mouse.move(left + 40, top + 40)
        page.mouse.down()
        page.mouse.move(left + 140, top + 110, steps=5)
        page.mouse.up()

    zoomed = "selector => document.querySelector(selector)?._fullLayout?.xaxis.range[0] > 1"
    steps.until(page, drag, zoomed, steps.GRID)
    ranges = page.evaluate(
        "selector => ['xaxis', 'xaxis2', 'yaxis', 'yaxis2'].map("
        "name => document.querySelector(selector)._fullLayout[name].range.map(Math.round))",
        steps.GRID,
    )
    assert ranges[0] == ranges[1]
    assert ranges[2] == ranges[3]


def test_stop_keeps_everything_in_its_place(visit: Visit) -> None:
    page = visit(f"{ONE}&maps=Score-CAM")
    steps.wait_for_maps(page, 1)
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_enabled()
    before = steps.wait_until_still(page, ".st-key-grid", ".st-key-captions")
    stop.click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    expect(page.locator(".st-key-captions")).to_contain_text("stopped")
    after = steps.wait_until_still(page, ".st-key-grid", ".st-key-captions")
    assert after == pytest.approx(before, abs=1)
    steps.wait_for_maps(page, 1)


@pytest.mark.slow
def test_two_visitors_do_not_see_each_other(visit: Visit) -> None:
    first = visit(f"{ONE}&picture=Rocket")
    second = visit(f"{ONE}&picture=Flower&opacity=0.9")
    for page in (first, second):
        steps.wait_for_maps(page, 1)
    assert steps.figure(first)["picture"] == built_in.load("rocket").sha256
    assert steps.figure(second)["picture"] == built_in.load("flower").sha256
    assert steps.figure(first)["opacity"] == [0.5]
    assert steps.figure(second)["opacity"] == [0.9]


def test_the_dark_theme_is_legible_and_draws_the_same_colours(visit: Visit) -> None:
    page = visit(ONE, scheme="dark")
    steps.wait_for_maps(page, 1)
    ground = _brightness(page, "[data-testid='stApp']", "backgroundColor")
    title = _brightness(page, f"{steps.GRID} .annotation-text", "fill")
    assert ground < 60
    assert abs(title - ground) > 150, "the titles stand out"
    stops = [colour for _, colour in palette.stops(palette.DEFAULT)]
    assert steps.figure(page)["colours"] == stops


def _brightness(page: Page, selector: str, name: str) -> float:
    colour = page.evaluate(
        "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]",
        [selector, name],
    )
    parts = [float(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(parts) / 3


def test_phone_has_one_panel_a_row_and_nothing_sticks_out(visit: Visit) -> None:
    page = visit(ONE, width=390, height=844)
    steps.wait_for_maps(page, 1)
    page.wait_for_function(
        "selector => document.querySelector(selector)._fullLayout.xaxis2.domain[0] < 0.01",
        arg=steps.GRID,
    )
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


def test_choices_survive_a_change_of_page(visit: Visit) -> None:
    page = visit(f"{ONE}&maps=HiResCAM&layer=layer3.1+14x14&opacity=0.7&row=2&class=tench")
    steps.wait_for_maps(page, 2)
    before, address = steps.figure(page), steps.parameters(page.url)
    steps.go(page, "Overview", "SeeWhy")
    steps.go(page, "Heat maps", "Heat maps")
    steps.wait_for_maps(page, 2)
    assert steps.figure(page) == before
    page.wait_for_url(lambda url: steps.parameters(url) == address)


def test_overlay_is_downloaded_at_the_pictures_own_size(visit: Visit) -> None:
    page = visit(f"{ONE}&picture=Rocket")
    steps.wait_for_maps(page, 1)
    file = steps.download(page, page.get_by_role("button", name="Grad-CAM (PNG)"))
    assert re.fullmatch(r"rocket_heatmaps_[\w-]+_grad-cam\.png", file.suggested_filename)
    data = file.path().read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20]) == built_in.load("rocket").original_size[0]
