"""The frame of every page in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser import steps

Visit = Callable[..., Page]
EMPTY = "/_stcore/health"
"""An address of the server that is no page: its tab has the window's size and no visit yet."""
RULER = ".st-key-ruler i"
NEAR = 20
"""Pixels by which scroll bars differ."""
SLOW_SERVER = """
window.WebSocket = class extends WebSocket {
  addEventListener(type, act) {
    super.addEventListener(type, (event) => setTimeout(act, type === "message" ? 500 : 0, event));
  }
};
"""


def widths(page: Page) -> list[int]:
    """Return a list that grows with each run of the whole page that the browser asks for.

    It holds the width in pixels that came along, 0 for none.
    """
    runs: list[int] = []

    def note(data: bytes | str) -> None:
        message = BackMsg.FromString(data if isinstance(data, bytes) else data.encode())
        if message.HasField("rerun_script") and not message.rerun_script.fragment_id:
            states = message.rerun_script.widget_states.widgets
            values = [json.loads(state.json_value) for state in states if state.json_value]
            sizes = [value["width"] for value in values if "width" in value]
            runs.append(sizes[0] if sizes else 0)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)

    page.on("websocket", listen)
    return runs


def wait_for_width(page: Page, runs: list[int], width: int) -> None:
    """Wait until the browser's last run came with about that width."""
    end = time.monotonic() + 60
    while not (runs and abs(runs[-1] - width) < NEAR):
        assert time.monotonic() < end, runs
        page.wait_for_timeout(50)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "measured"), [(1440, []), (1280, [906])])
def test_a_page_runs_again_only_for_a_width_that_was_not_expected(
    visit: Visit, width: int, measured: list[int]
) -> None:
    page = visit(EMPTY, width=width)
    runs = widths(page)
    page.goto(page.url.replace(EMPTY, f"/heatmaps?{steps.MODEL}&maps=Grad-CAM"))
    page.locator(RULER).wait_for(state="attached")
    wait_for_width(page, runs, [0, *measured][-1])
    steps.wait_for_maps(page, 1)
    # What the first width causes is sent before what this one causes.
    page.set_viewport_size({"width": 680, "height": 900})
    wait_for_width(page, runs, 606)
    assert runs[:-1] == pytest.approx([0, *measured], abs=NEAR)


@pytest.mark.slow
def test_a_link_leads_to_its_page_while_the_width_changes(visit: Visit) -> None:
    page = visit(EMPTY)
    runs = widths(page)
    page.add_init_script(SLOW_SERVER)
    page.goto(page.url.replace(EMPTY, "/gallery"))
    page.locator(RULER).wait_for(state="attached")
    steps.wait_for_rest(page)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.get_by_test_id("stSidebar").get_by_role("link", name="Concepts").click()
    heading = page.get_by_role("heading", name="Concepts", exact=True)
    expect(heading).to_be_visible()
    wait_for_width(page, runs, 626)
    steps.wait_for_rest(page)
    expect(heading).to_be_visible()


def test_on_a_phone_the_side_bar_closes_behind_a_page_and_hides_no_notice(visit: Visit) -> None:
    page = visit(f"/agreement?{steps.MODEL}&picture=private.png", width=390, height=844)
    notice = page.get_by_text("private.png belongs to another visitor")
    expect(notice).to_be_in_viewport()
    steps.wait_for_rest(page)
    for name, heading in (("Gallery", "Gallery"), ("Overview", "SeeWhy"), ("Gallery", "Gallery")):
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_test_id("stSidebar").get_by_role("link", name=name)
        link.click()
        page.get_by_role("heading", name=heading, exact=True).wait_for()
        expect(link).not_to_be_in_viewport()
        steps.wait_for_rest(page)
