"""The pages of agreement and of many pictures in a real browser."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]
TWO = f"{steps.MODEL}&compare=Grad-CAM&compare=Grad-CAM%2B%2B"
OVERLAP = ".st-key-overlap .js-plotly-plot"
NUMBERS = re.compile(r"overlap by ([\d.]+) \(IoU\)")


def iou(page: Page) -> float:
    """Read the overlap from the sentence under the pictures."""
    said = page.get_by_text(NUMBERS).first
    said.wait_for()
    found = NUMBERS.search(said.inner_text())
    assert found
    return float(found[1])


def legend(page: Page) -> str:
    """Return the words beside the three colours."""
    words: str = page.wait_for_function(
        "selector => document.querySelector(selector + ' .legend')?.textContent", arg=OVERLAP
    ).json_value()
    return words


@pytest.mark.slow
def test_slider_draws_the_overlap_anew_and_enters_the_address(visit: Visit) -> None:
    page = visit(f"/agreement?{TWO}")
    first = iou(page), legend(page)
    steps.open_tool(page, "Marks")
    slider = page.get_by_role("slider", name="All maps: top % of pixels")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    page.wait_for_url("**top=15*")
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector + ' .legend')?.textContent"
        " !== before",
        arg=[OVERLAP, first[1]],
    )
    expect(page.get_by_text("15 %", exact=True)).to_be_attached()
    steps.wait_for_rest(page)
    again = visit(page.url.removeprefix(page.url.split("/agreement")[0]))
    assert iou(again) == iou(page) != first[0]
    assert legend(again) == legend(page)


def test_phone_has_one_column_and_nothing_sticks_out(visit: Visit) -> None:
    page = visit(f"/agreement?{TWO}", width=390, height=844, scheme="dark")
    iou(page)
    steps.wait_for_rest(page)
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_gallery_explains_each_picture_and_gives_a_report(visit: Visit) -> None:
    page = visit(f"/gallery?{TWO}")
    page.get_by_role("button", name="Explain").click()  # some maps may be there already
    expect(page.get_by_text("6 of 6 pictures finished")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-iou_bars .bars .point").first).to_be_attached()
    expect(page.get_by_text("In words", exact=True)).to_be_visible()
    files = {}
    for label in ("Table (CSV)", "Everything (ZIP)"):
        file = steps.download(page, page.get_by_role("button", name=label))
        files[label] = file.path().read_bytes()
    rows = list(csv.DictReader(io.StringIO(files["Table (CSV)"].decode())))
    assert len(rows) == 6
    assert {(row["method_a"], row["method_b"]) for row in rows} == {("grad-cam", "grad-cam++")}
    with zipfile.ZipFile(io.BytesIO(files["Everything (ZIP)"])) as whole:
        names = whole.namelist()
        assert whole.read("agreement.csv").decode().splitlines()[0] == ",".join(rows[0])
    assert {"report.html", "agreement.csv", "iou_bar.png", "explain.json"} <= set(names)
