"""A picture that is painted on: mouse, finger and keyboard, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
import itertools

from playwright.sync_api import Page, WebSocket, expect

from core import Mask
from core.pictures.run_lengths import compressed, runs_of
from core.requests.paintings import LONGEST, Painting
from pages.ui.classroom.paint import BRUSHES, PAUSE
from pages.ui.classroom.paint_cells import CELLS
from tests.browser import steps
from tests.browser.conftest import started

Visit = Callable[..., Page]
ROWS, COLS = 24, 32
Point = tuple[float, float]
"""Across and down, as shares of the picture."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = Path(__file__).with_name("paint_page.py")
    with started(tmp_path_factory, "-m", "streamlit", "run", str(script)) as address:
        yield address


def opened(page: Page) -> tuple[float, float, float, float]:
    """Wait for the picture; return where it is."""
    page.locator("canvas").wait_for()
    steps.wait_for_rest(page)
    page.evaluate("document.fonts.ready")
    return steps.box(page, "canvas")


def stroke(page: Page, points: Sequence[Point]) -> None:
    left, top, width, height = steps.box(page, "canvas")
    places = [(left + x * width, top + y * height) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def capsule(points: Sequence[Point], brush: float) -> Mask:
    """Mark cells whose middle is within the brush's radius of the way; the cells of its points."""
    radius = brush * 3 / 2  # the picture is four wide and three high
    down, across = np.indices((ROWS, COLS))
    middles = np.stack([(across + 0.5) / COLS * 4, (down + 0.5) / ROWS * 3], -1)
    ways = np.array(points) * (4, 3)
    mask = np.zeros((ROWS, COLS), bool)
    for one, two in itertools.pairwise(ways):
        along = ((middles - one) @ (two - one) / ((two - one) @ (two - one))).clip(0, 1)
        mask |= np.linalg.norm(middles - one - along[..., None] * (two - one), axis=-1) <= radius
    for x, y in points:
        mask[int(y * ROWS), int(x * COLS)] = True
    return mask


def arrived(page: Page, mask: Mask, what: str = "painted") -> None:
    expect(page.get_by_text(f"{what}: ")).to_have_text(f"{what}: {Painting.of(mask).counts}")


def listen(socket: WebSocket, sent: list[bytes], received: list[int]) -> None:
    socket.on(
        "framesent", lambda data: sent.append(data if isinstance(data, bytes) else data.encode())
    )
    socket.on("framereceived", lambda data: received.append(len(data)))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_a_mouse_paints_erases_takes_back_and_clears(visit: Visit, server: str) -> None:
    page = visit("/_stcore/health")
    sent: list[bytes] = []
    received: list[int] = []
    page.on("websocket", lambda socket: listen(socket, sent, received))
    page.goto(server)
    before = opened(page)
    assert max(received) > 5000, "the picture"
    received.clear()
    way = [(0.21, 0.3), (0.61, 0.42), (0.72, 0.81)]
    stroke(page, way)
    first = capsule(way, BRUSHES[1])
    arrived(page, first)
    press(page, "Large brush")
    across = [(0.3, 0.9), (0.52, 0.11)]
    stroke(page, across)
    both = first | capsule(across, BRUSHES[2])
    arrived(page, both)
    press(page, "Erase")
    press(page, "Small brush")
    gone = [(0.2, 0.36), (0.91, 0.36)]
    stroke(page, gone)
    left = both & ~capsule(gone, BRUSHES[0])
    assert left.sum() < both.sum()
    arrived(page, left)
    press(page, "Undo")
    arrived(page, both)
    press(page, "Clear")
    arrived(page, np.zeros((ROWS, COLS), bool))
    press(page, "Undo")
    arrived(page, both)
    assert steps.box(page, "canvas") == before, "nothing has moved"
    # Quick dots are sent together, and what is handed in holds the last of them.
    press(page, "Erase")
    press(page, "Medium brush")
    steps.wait_for_rest(page)
    sent.clear()
    start, dots = time.monotonic(), [(0.03 + 0.05 * at, 0.97) for at in range(16)]
    for x, y in dots:
        page.mouse.move(before[0] + x * before[2], before[1] + y * before[3])
        page.mouse.down()
        page.mouse.up()
    press(page, "Send")
    most = 2 + (time.monotonic() - start) * 1000 / PAUSE
    for x, y in dots:
        both |= capsule([(x, y), (x + 1e-9, y)], BRUSHES[1])
    arrived(page, both, "sent")
    arrived(page, both)
    assert sum(b"counts" in each for each in sent) <= most + 1, "the button sends it once more"
    assert max(received) < 5000, "the picture is sent once"
    # What is done stays to be seen, and cannot be changed.
    page.get_by_text("Done").click()
    steps.wait_for_rest(page)
    expect(page.get_by_role("button", name="Clear")).to_have_attribute("aria-disabled", "true")
    stroke(page, way)
    page.wait_for_timeout(400)
    arrived(page, both)


def test_a_finger_paints_on_a_phone_and_moves_the_page_beside_the_picture(visit: Visit) -> None:
    page = visit("/", width=390, height=844, scheme="dark")
    left, top, width, height = opened(page)
    assert left >= 0
    assert left + width <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: Point) -> None:
        places = [{"x": left + x * width, "y": top + y * height} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    way = [(0.5, 0.8), (0.5, 0.6), (0.5, 0.3)]
    touch("touchStart", way[0])
    for point in way[1:]:
        touch("touchMove", point)
    touch("touchEnd")
    arrived(page, capsule(way, BRUSHES[1]))
    assert steps.box(page, "canvas")[1] == top, "the page has not moved"
    assert page.locator("canvas").evaluate("each => getComputedStyle(each).touchAction") == "none"
    frame = page.locator(".frame").evaluate("each => getComputedStyle(each).touchAction")
    assert frame == "auto"
    for button in page.locator(".tools button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] + box["width"] <= 390


def test_the_keyboard_moves_over_cells_and_paints_them(visit: Visit) -> None:
    page = visit("/")
    opened(page)
    grid = page.get_by_role("grid", name="Where does it look?")
    assert grid.get_by_role("row").count() == 14
    assert grid.get_by_role("gridcell").count() == 14 * 14
    page.get_by_role("checkbox", name="Done").focus()
    page.keyboard.press("Tab")
    cell = page.get_by_role("gridcell", name="row 1, column 1, not painted", exact=True)
    expect(cell).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    cell = page.get_by_role("gridcell", name="row 2, column 3, painted", exact=True)
    expect(cell).to_be_focused()
    expect(cell).to_have_attribute("aria-selected", "true")
    assert cell.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    expect(page.get_by_text("Arrow keys move")).to_be_visible()
    mask = np.zeros((ROWS, COLS), bool)
    mask[24 // 14 : 2 * 24 // 14, 2 * 32 // 14 : 3 * 32 // 14] = True
    arrived(page, mask)
    for key in ("Control+End", "ArrowRight", "ArrowDown", "Space", "Home", "ArrowUp"):
        page.keyboard.press(key)
    mask[13 * 24 // 14 :, 13 * 32 // 14 :] = True
    arrived(page, mask)
    cell = page.get_by_role("gridcell", name="row 13, column 1, not painted", exact=True)
    expect(cell).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.press("Space")
    mask[13 * 24 // 14 :, 13 * 32 // 14 :] = False
    arrived(page, mask)
    expect(page.get_by_role("status").filter(has_text="Row 14")).to_have_text(
        "Row 14, column 14, not painted."
    )


def evaluated(page: Page, call: str, mask: Mask) -> dict[str, object]:
    given = {"cells": mask.astype(int).ravel().tolist(), "rows": len(mask), "cols": mask.shape[1]}
    script = f"""({{cells, rows, cols}}) => {{ {CELLS}
      const bytes = Uint8Array.from(cells); return {call}; }}"""
    found: dict[str, object] = page.evaluate(script, given)
    return found


def test_the_browsers_run_lengths_are_ours_and_never_too_long(visit: Visit, server: str) -> None:
    page = visit("/_stcore/health")
    rng = np.random.default_rng(0)
    specks = rng.random((64, 64)) < 0.5
    combs = np.zeros((64, 64), bool)
    combs[::2] = combs[:, 0] = True
    for mask in (rng.random((5, 9)) < 0.3, np.ones((16, 64), bool), specks, combs):
        text = evaluated(page, "textOf(runsOf(bytes, rows, cols))", mask)
        assert text == compressed(runs_of(mask))
        again = evaluated(
            page, "[...cellsOf(runsOf(bytes, rows, cols), rows, cols)].join('') ", mask
        )
        assert again == "".join(map(str, mask.astype(int).ravel()))
    call = f"(({{text, fewer}}) => [text, fewer])(shortened(bytes, rows, cols, {LONGEST}))"
    for mask in (specks, combs, ~combs, np.indices((64, 64)).sum(0) % 2 == 0):
        text, fewer = evaluated(page, call, mask)
        assert fewer
        assert Painting(64, 64, str(text)).mask.shape == (64, 64)
    disc = np.hypot(*(np.indices((64, 64)) - 30)) < 20
    some = disc.copy()
    some[::2, 56::3] = True  # specks beside what was meant
    text, fewer = evaluated(page, call.replace(str(LONGEST), "200"), some)
    assert fewer
    kept = Painting(64, 64, str(text)).mask
    assert (kept & disc).sum() == disc.sum()
    assert kept.sum() < some.sum()
    assert evaluated(page, call, disc) == [Painting.of(disc).counts, False]
