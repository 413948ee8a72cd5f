"""The browser's question before a page is left on which long work goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page

from tests.browser import steps

Visit = Callable[..., Page]
ASKS = "() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"


def test_leaving_is_asked_about_only_while_long_work_runs(visit: Visit) -> None:
    page = visit(f"/heatmaps?{steps.MODEL}&maps=Grad-CAM")
    steps.wait_for_maps(page, 1)
    steps.wait_for_rest(page)
    assert not page.evaluate(ASKS), "nothing is lost"
    page.goto(f"{page.url.partition('/heatmaps')[0]}/superpixels?{steps.MODEL}&samples=5000")
    start = page.get_by_role("button", name="Stop", exact=True)
    start.or_(page.get_by_role("button", name="Explain")).first.wait_for()
    if not start.is_visible():
        page.get_by_role("button", name="Explain").first.click()
    page.wait_for_function(ASKS)
    steps.go(page, "Gallery", "Gallery")
    page.wait_for_function(f"() => !({ASKS})()")
