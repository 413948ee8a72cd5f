"""What tests do and read on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Download, Locator, Page

MODEL = "model=resnet18%3Arandom"
"""Needs no weights, so the tests run on a machine that has nothing but the program."""
GRID = ".st-key-grid .js-plotly-plot"


def figure(page: Page) -> dict[str, Any]:
    """Return what the grid draws: its maps, titles and colours."""
    found: dict[str, Any] = page.wait_for_function(
        """selector => {
            const plot = document.querySelector(selector);
            if (!plot?._fullLayout?._subplots || !plot.layout?.coloraxis) return null;
            const maps = plot.data.filter(trace => trace.type === "heatmap");
            return {
                opacity: maps.map(trace => trace.opacity),
                values: maps.map(trace => JSON.stringify(trace.z)),
                lines: plot.data.filter(trace => trace.type === "scatter").length,
                titles: plot.layout.annotations.map(note => note.text),
                colours: plot.layout.coloraxis.colorscale.map(stop => stop[1]),
                picture: plot.layout.uirevision,
                columns: new Set(plot._fullLayout._subplots.xaxis.map(
                    name => plot._fullLayout[name.replace("x", "xaxis")].domain[0].toFixed(3)
                )).size,
            };
        }""",
        arg=GRID,
    ).json_value()
    return found


def wait_for_maps(page: Page, count: int) -> None:
    """Wait until the grid draws that many maps."""
    page.wait_for_function(
        "([selector, count]) => document.querySelectorAll(`${selector} .heatmaplayer image`)"
        ".length === count",
        arg=[GRID, count],
    )


def wait_for_rest(page: Page) -> None:
    """Wait until the server has answered."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")


def download(page: Page, button: Locator) -> Download:
    """Press a button that makes a file, and return the file.

    Streamlit forgets the files of a run when the next one begins, and a page runs again when more
    of its work is done: a click just then finds nothing.
    """
    from playwright.sync_api import TimeoutError as TooLate

    for _ in range(3):
        wait_for_rest(page)
        page.wait_for_timeout(1000)
        wait_for_rest(page)
        try:
            with page.expect_download(timeout=20_000) as waiting:
                button.click()
            return waiting.value
        except TooLate:
            continue
    raise AssertionError("The button gives no file.")


def wait_until_still(page: Page, *selectors: str) -> list[float | None]:
    """Wait until elements have stayed in their places for a second; return how far down they are.

    A page runs again, with figures of another size, when its width is not the expected one.
    """
    last, since = tops(page, *selectors), 0
    while since < 10:
        page.wait_for_timeout(100)
        now = tops(page, *selectors)
        last, since = now, since + 1 if now == last and None not in now else 0
    return last


def until(page: Page, act: Callable[[], None], script: str, selector: str) -> None:
    """Do something with the mouse on a figure until the browser says that it was understood.

    A figure may be drawn anew between the moment it is looked up and the moment the mouse is there.
    """
    from playwright.sync_api import TimeoutError as TooLate

    for _ in range(5):
        wait_for_rest(page)
        wait_until_still(page, selector)
        act()
        try:
            page.wait_for_function(script, arg=selector, timeout=5_000)
        except TooLate:
            continue
        return
    raise AssertionError(f"The mouse has no effect on {selector}.")


def box(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Return where the first of these elements is: left, top, width and height in pixels."""
    found = page.locator(selector).first.bounding_box() or {}
    return tuple(found.get(name, 0.0) for name in ("x", "y", "width", "height"))  # type: ignore[return-value]


def open_tool(page: Page, name: str) -> Locator:
    """Open a control of the line above the figure and return what it holds."""
    page.locator(".st-key-toolbar").get_by_role("button", name=f"{name}:").click()
    return page.get_by_test_id("stPopoverBody")


def go(page: Page, name: str, heading: str) -> None:
    """Change the page by its link."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=heading, exact=True).wait_for()
    wait_for_rest(page)


def parameters(url: str) -> list[str]:
    """Return what an address says after its question mark, in order of name."""
    return sorted(url.partition("?")[2].split("&"))


def picture(page: Page) -> str:
    """Return which picture is chosen."""
    value: str = page.get_by_role("combobox", name="Picture").first.input_value()
    return value


def tops(page: Page, *selectors: str) -> list[float | None]:
    """Return how far down elements begin, in pixels; None for one that is not there to see."""
    found: list[float | None] = page.evaluate(
        """selectors => selectors.map(selector => {
            const box = document.querySelector(selector)?.getBoundingClientRect();
            return box?.height ? box.top : null;
        })""",
        selectors,
    )
    return found
