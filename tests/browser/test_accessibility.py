"""Whether pages can be used without a mouse, and by people who see little or nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core.export.page import rendered
from tests.browser import contrast, steps
from tests.core.export.test_page import PAGES as REPORTS

Visit = Callable[..., Page]
M = steps.MODEL
PAGES = {
    "overview": (f"/?{M}", ".st-key-links a"),
    "heat maps": (f"/heatmaps?{M}&maps=Grad-CAM", ".st-key-grid .heatmaplayer image"),
    "superpixels": (
        f"/superpixels?{M}&segments=grid&cells=3&samples=50",
        ".st-key-superpixels .imagelayer image",
    ),
    "agreement": (
        f"/agreement?{M}&methods=Grad-CAM&methods=HiResCAM",
        ".st-key-curve .scatterlayer",
    ),
    "gallery": (f"/gallery?{M}", ".st-key-gallery_start button"),
    "concepts": ("/concepts", ".st-key-spread .boxlayer path"),
    "trust": (
        f"/trust?{M}&compare=Grad-CAM&measures=Random+weights"
        "&measures=Single+deletion&measures=Deletion",
        ".st-key-forgetting .scatterlayer",
    ),
}
"""Each page's address, and what is there once it is drawn."""

HEIGHT = 2400
"""Of the window, so that all of a page is in it."""

RULES = {
    "resultTypes": ["violations"],
    "rules": {
        "target-size": {"enabled": True},
        # Also measured in SVG, by `contrast`.
        "color-contrast": {"enabled": False},
        # Streamlit's own: the area of its upload control has a name though it is for the mouse
        # only; the button in it does the same.
        "presentation-role-conflict": {"enabled": False},
    },
}


def violations(page: Page) -> list[str]:
    """What axe finds on a page as it is now."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def faint(page: Page) -> list[contrast.Run]:
    """The texts that are hard to read, also at a second look: the first may meet a new run."""
    for _ in range(2):
        steps.wait_for_rest(page)
        runs = contrast.runs(page)
        assert len(runs) > 10, "the page has text"
        weak = [run for run in runs if run.contrast < run.needed]
        if not weak:
            break
        page.wait_for_timeout(2_000)
    return weak


def opened(visit: Visit, name: str, **how: Any) -> Page:
    """Open a page and wait until it stands still."""
    address, drawn = PAGES[name]
    page = visit(address, **how)
    page.locator(drawn).first.wait_for(state="attached")
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    steps.wait_for_rest(page)
    steps.wait_until_still(page, "h1")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_names_order_sizes_and_contrast(visit: Visit, name: str) -> None:
    page = opened(visit, name, height=HEIGHT)
    assert violations(page) == []
    unnamed = page.locator("[data-testid=stPlotlyChart]:not([role=figure][aria-label])")
    expect(unnamed).to_have_count(0)
    levels = [
        int(each)
        for each in page.locator("h1, h2, h3, h4").evaluate_all(
            "all => all.filter((each) => each.checkVisibility()).map((each) => each.tagName[1])"
        )
    ]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("[data-testid=stApp]")).to_have_css("color-scheme", scheme)
        assert faint(page) == [], scheme


_FOCUS = """() => {
  let each = document.activeElement;
  while (each.shadowRoot?.activeElement) each = each.shadowRoot.activeElement;
  if (each === document.body) return null;
  const name = each.ariaLabel || each.textContent.trim() || each.tagName;
  // What is seen of a slider's input is its thumb, and of a table's cell what the canvas shows.
  if (each.type === "range") each = each.closest("[data-testid=stSlider]");
  each = each.closest("canvas") ?? each;
  const parent = (inner) => inner.parentElement ?? inner.getRootNode().host ?? null;
  const box = each.getBoundingClientRect();
  let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
  const cut = (by) => {
    [left, top] = [Math.max(left, by.left), Math.max(top, by.top)];
    [right, bottom] = [Math.min(right, by.right), Math.min(bottom, by.bottom)];
  };
  cut({left: 0, top: 0, right: innerWidth, bottom: innerHeight});
  for (let outer = parent(each); outer && outer !== document.body; outer = parent(outer)) {
    const style = getComputedStyle(outer);
    if (style.overflowX !== "visible" && style.display !== "inline") {
      cut(outer.getBoundingClientRect());
    }
  }
  const seen = each.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  return {name: name.slice(0, 60), box: [left, top, right, bottom],
    seen: seen && right - left > 12 && bottom - top > 12};
}"""


def seen(page: Page, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> np.ndarray:
    """What the browser shows, there or in the whole window, as (h, w, 3)."""
    part = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    shot = page.screenshot(clip=part if right else None)
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width"),
    [("heat maps", 1440), ("heat maps", 390), ("concepts", 1440)],
)
def test_tab_goes_only_to_what_is_seen_and_marks_it(visit: Visit, name: str, width: int) -> None:
    page = opened(visit, name, width=width, height=HEIGHT)
    contrast.stop_motion(page)
    before = seen(page)
    names, unseen, unmarked = [], [], []
    for _ in range(80):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            break
        names.append(focus["name"])
        if not focus["seen"]:
            unseen.append(focus["name"])
            continue
        left, top, right, bottom = (round(each) for each in focus["box"])
        around = max(0, left - 6), max(0, top - 6), min(width, right + 6), min(HEIGHT, bottom + 6)
        was = before[around[1] : around[3], around[0] : around[2]]
        if np.abs(seen(page, *around) - was).max() < 24:
            unmarked.append(focus["name"])
    assert names[0] == "Skip to main content"
    assert len(names) > 10
    assert unseen == []
    assert unmarked == []


@pytest.mark.slow
def test_keys_alone_open_a_control_change_it_and_come_back(visit: Visit) -> None:
    page = opened(visit, "heat maps")
    page.emulate_media(reduced_motion="reduce")
    assert page.locator(".st-key-toolbar button").first.evaluate(
        "each => parseFloat(getComputedStyle(each).transitionDuration) <= 0.001"
    )
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    look = page.locator(".st-key-toolbar").get_by_role("button", name="Look:")
    look.focus()
    page.keyboard.press("Enter")
    opacity = page.get_by_test_id("stPopoverBody").get_by_role("slider", name="Opacity")
    expect(opacity).to_be_visible()
    inside = "document.activeElement.closest('[data-testid=stPopoverBody]') !== null"
    page.wait_for_function(inside)
    page.keyboard.press("Tab")
    expect(opacity).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(opacity).to_have_value("0.55")
    page.wait_for_url(re.compile("opacity=0.55"))
    assert violations(page) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("[data-testid=stApp]")).to_have_css("color-scheme", scheme)
        assert faint(page) == [], scheme
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(look).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function(inside)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(look).to_be_focused()


_READ = """([bars, live]) => {
  window.seewhyHeard = [];
  window.seewhyShown = new Set();
  const place = document.querySelector(live).querySelector("[data-testid=stBidiComponentIsolated]");
  const root = place.shadowRoot ?? [...place.querySelectorAll("*")]
    .find((each) => each.shadowRoot)?.shadowRoot ?? place;
  const region = root.querySelector("[role=status]");
  new MutationObserver(() => window.seewhyHeard.push([Date.now(), region.textContent]))
    .observe(region, {childList: true});
  setInterval(() => {
    const bar = document.querySelector(bars);
    if (bar) window.seewhyShown.add(bar.textContent);
  }, 50);
}"""


@pytest.mark.slow
def test_progress_is_read_out_seldom_and_its_end_at_once(visit: Visit) -> None:
    page = visit(f"/superpixels?{M}&segments=grid&cells=3&samples=150&seed=4711")
    page.get_by_role("button", name="Explain", exact=True).wait_for()
    steps.wait_for_rest(page)
    page.evaluate(_READ, ["[data-testid=stProgress] p", ".st-key-live"])
    page.get_by_role("button", name="Explain", exact=True).click()
    page.get_by_text("150 passes in").wait_for(timeout=120_000)
    page.wait_for_function("window.seewhyHeard.at(-1)?.[1].includes('150 passes in')")
    heard, shown = page.evaluate("[window.seewhyHeard, window.seewhyShown.size]")
    times = [time for time, _ in heard]
    assert len(heard) <= 3 + (times[-1] - times[0]) / 9_000
    assert shown > len(heard), "the bar's words change more often"
    assert any("samples" in words for _, words in heard[:-1])


@pytest.mark.parametrize("template", REPORTS)
def test_reports_are_read_as_pages_are(browser: Browser, template: str) -> None:
    page = browser.new_page(color_scheme="dark", viewport={"width": 1000, "height": 1400})
    page.set_content(rendered(template, **REPORTS[template]).decode())
    found = violations(page)
    runs = [run for run in contrast.runs(page) if run.contrast < run.needed]
    page.close()
    assert (found, runs) == ([], [])
