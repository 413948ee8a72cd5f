"""The button that copies the address, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPY = f"{NO_CLIPBOARD}; document.execCommand = () => false"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "SeeWhy"),
        ("/heatmaps", "Heat maps"),
    ],
)
def test_a_page_copies_its_link_from_the_line_of_its_title(
    visit: Visit, path: str, heading: str
) -> None:
    page = visit(f"{path}?{steps.MODEL}&fit=as+trained")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    title = page.get_by_role("heading", name=heading, exact=True)
    button = page.get_by_role("button", name="Copy link")
    expect(button).to_be_visible()
    beside, line = button.bounding_box(), title.bounding_box()
    assert beside is not None
    assert line is not None
    assert line["y"] - 8 < beside["y"] + beside["height"] / 2 < line["y"] + line["height"] + 8
    steps.wait_for_rest(page)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    expect(button).to_be_visible(timeout=4_000)


def test_without_the_clipboard_the_link_is_copied_the_old_way(visit: Visit) -> None:
    page = visit("/_stcore/health")
    page.add_init_script(NO_CLIPBOARD)
    page.goto(page.url.replace("/_stcore/health", f"/?{steps.MODEL}&picture=Flower"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("document.addEventListener('copy', () => { window.copies = 1 })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("window.copies") == 1
    expect(page.get_by_role("textbox", name="Link to this page")).to_be_hidden()


def test_where_nothing_copies_the_link_stands_there_selected(visit: Visit) -> None:
    page = visit("/_stcore/health")
    page.add_init_script(NO_COPY)
    page.goto(page.url.replace("/_stcore/health", f"/?{steps.MODEL}&picture=Flower"))
    page.get_by_role("button", name="Copy link").click()
    field = page.get_by_role("textbox", name="Link to this page")
    expect(field).to_have_value(page.url)
    assert page.evaluate("getSelection().toString()") == page.url
