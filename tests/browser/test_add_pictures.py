"""Pictures dropped and pasted anywhere on a page, in a real browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]
PAGES = ("/superpixels", "/gallery")
"""The frame is one for all pages: of each kind of control for pictures, one."""
OVERLAY = "Drop pictures to add them"

TRANSFER = """
const transfer = new DataTransfer();
for (const [name, type, text] of given) {
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  transfer.items.add(new File([bytes], name, {type}));
}
"""
DRAG = f"""([selector, given, events]) => {{
  {TRANSFER}
  const place = document.querySelector(selector);
  return events.map((name) => !place.dispatchEvent(new DragEvent(name,
    {{bubbles: true, composed: true, cancelable: true, dataTransfer: transfer}})));
}}"""
PASTE = f"""([selector, given, text]) => {{
  {TRANSFER}
  if (text) transfer.setData("text/plain", text);
  const place = document.querySelector(selector);
  return !place.dispatchEvent(new ClipboardEvent("paste",
    {{bubbles: true, composed: true, cancelable: true, clipboardData: transfer}}));
}}"""
File = tuple[str, str, str]


def photo(name: str, shade: int = 0, size: int = 60) -> File:
    """A picture file as the scripts take it."""
    store = io.BytesIO()
    Image.new("RGB", (size, size), (shade, 90, 160)).save(store, "PNG")
    return name, "image/png", base64.b64encode(store.getvalue()).decode()


def opened(visit: Visit, path: str) -> Page:
    """Open a page and wait until it takes pictures."""
    page = visit(f"{path}?{steps.MODEL}&maps=Grad-CAM")
    expect(page.locator(".st-key-drop_target")).to_be_attached()
    expect(page.locator(".st-key-add_pictures input[type=file]")).to_be_attached()
    steps.wait_for_rest(page)
    # What listens comes a moment after its place.
    page.wait_for_function(f"given => ({DRAG})(given)[0]", arg=["h1", [photo("a")], ["dragover"]])
    expect(page.get_by_text(OVERLAY)).to_be_hidden()
    return page


def chosen(page: Page, name: str) -> None:
    expect(page.get_by_role("combobox", name="Picture").first).to_have_value(name)


@pytest.mark.parametrize("path", PAGES)
def test_pictures_can_be_dropped_anywhere_on_a_page(visit: Visit, path: str) -> None:
    page = opened(visit, path)
    overlay = page.get_by_text(OVERLAY)
    expect(overlay).to_be_hidden()
    files = [photo("first.png", 1), photo("second.png", 2)]

    def is_shown_while_dragged() -> bool:
        assert page.evaluate(DRAG, ["h1", files, ["dragover"]]) == [True]
        return overlay.is_visible()

    # A browser says again and again that something is dragged; the word goes a second after that.
    assert any(is_shown_while_dragged() for _ in range(5))
    assert page.evaluate(DRAG, ["h1", files, ["drop"]]) == [True], "the browser opens no file"
    expect(overlay).to_be_hidden()
    expect(page.get_by_text("Added 2 pictures.")).to_be_visible()
    if path != "/gallery":
        chosen(page, "second.png")
    else:
        steps.wait_for_rest(page)
        steps.go(page, "Heat maps", "Heat maps")
        chosen(page, "second.png")


@pytest.mark.slow
def test_a_picture_can_be_pasted_and_text_stays_text(visit: Visit) -> None:
    page = opened(visit, "/heatmaps")
    assert page.evaluate(PASTE, ["body", [photo("image.png")], ""])
    expect(page.get_by_text("Added image.png.")).to_be_visible()  # for four seconds
    chosen(page, "image.png")
    steps.wait_for_rest(page)
    field = "input[role=combobox]"
    assert not page.evaluate(PASTE, [field, [photo("other.png", 9)], "some text"])
    assert not page.evaluate(PASTE, [field, [], "some text"])
    assert not page.evaluate(PASTE, ["body", [], "some text"])
    page.wait_for_timeout(1000)
    chosen(page, "image.png")
    assert page.evaluate(PASTE, [field, [photo("third.png", 7)], ""]), "a field has no use for it"
    chosen(page, "third.png")


@pytest.mark.slow
def test_a_large_picture_and_one_that_is_none(visit: Visit) -> None:
    page = opened(visit, "/heatmaps")
    store = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (2700, 2700, 3), np.uint8)
    Image.fromarray(noise).save(store, "PNG", compress_level=0)
    assert store.tell() > 20 * 2**20
    large = ("large.png", "image/png", base64.b64encode(store.getvalue()).decode())
    page.evaluate(DRAG, ["h1", [large], ["drop"]])
    chosen(page, "large.png")
    steps.wait_for_rest(page)
    text = ("notes.txt", "text/plain", base64.b64encode(b"no picture").decode())
    page.evaluate(DRAG, ["h1", [text], ["drop"]])
    expect(page.get_by_test_id("stToast").filter(has_text="notes.txt")).to_be_visible()
    chosen(page, "large.png")
    grow = """() => Object.defineProperty(File.prototype, "size", {get: () => 60 * 2 ** 20})"""
    page.evaluate(grow)
    page.evaluate(DRAG, ["h1", [photo("huge.png")], ["drop"]])
    expect(page.get_by_text("huge.png has 60.0 MB, more than 50 MB")).to_be_visible()


@pytest.mark.slow
def test_what_is_dropped_on_a_control_that_takes_files_is_its_own(visit: Visit) -> None:
    page = opened(visit, "/")
    page.get_by_test_id("stMain").get_by_role("radio", name="Upload").click()
    zone = ".st-key-files [data-testid=stFileUploaderDropzone]"
    page.locator(zone).wait_for()
    steps.wait_for_rest(page)
    page.evaluate(DRAG, [zone, [photo("mine.png")], ["dragenter", "dragover", "drop"]])
    chosen(page, "mine.png")
    expect(page.locator(".st-key-files").get_by_text("mine.png")).to_be_visible()
    expect(page.get_by_text("Added mine.png.")).to_have_count(0)


@pytest.mark.slow
def test_pictures_can_be_dropped_while_the_side_bar_is_closed(visit: Visit) -> None:
    page = opened(visit, "/heatmaps")
    expect(page.get_by_role("button", name="Upload pictures")).to_be_visible()
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    expect(page.get_by_role("link", name="Gallery")).not_to_be_in_viewport()
    page.evaluate(DRAG, ["h1", [photo("closed.png")], ["drop"]])
    expect(page.get_by_text("Added closed.png.")).to_be_visible()
    page.wait_for_url("**picture=closed.png*")
