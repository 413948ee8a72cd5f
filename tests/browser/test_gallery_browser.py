"""The gallery in a real browser: from pictures to maps, and from a map to its page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]


def choice(*pictures: str, methods: tuple[str, str] = ("Grad-CAM", "EigenCAM")) -> str:
    """Return an address; what no other test asks for is still to come, as the server keeps maps."""
    asked = [("compare", each) for each in methods] + [("pictures", each) for each in pictures]
    return f"/gallery?{steps.MODEL}&{urlencode(asked)}"


def test_a_map_opens_its_picture_with_the_same_choices_and_back_is_one_press(visit: Visit) -> None:
    page = visit(choice("Coffee cup", "Coins (grey)"))
    grid = page.locator(".st-key-gallery_maps")
    expect(grid.get_by_role("img").first).to_be_visible()
    steps.wait_for_rest(page)
    start = page.get_by_role("button", name="Explain 2")
    if start.count():  # a test that is tried again finds the maps there
        start.click()
    expect(grid.get_by_role("link")).to_have_count(4)
    expect(page.get_by_text("2 of 2 pictures finished.")).to_be_visible()
    steps.wait_for_rest(page)
    page.get_by_role("link", name="EigenCAM of coffee.png").click()
    page.get_by_role("heading", name="Heat maps", exact=True).wait_for()
    steps.wait_for_maps(page, 2)
    assert steps.picture(page) == "Coffee cup"
    page.wait_for_url("**picture=Coffee*")
    titles = [title for title in steps.figure(page)["titles"] if "CAM" in title]
    assert any("Grad-CAM" in title for title in titles)
    assert any("EigenCAM" in title for title in titles)
    page.go_back()
    page.get_by_role("heading", name="Gallery", exact=True).wait_for()
    expect(grid.get_by_role("link")).to_have_count(4)


@pytest.mark.slow
def test_a_link_to_a_map_opens_in_a_window_of_its_own(visit: Visit) -> None:
    page = visit(choice("Rocket", "Pagoda"))
    page.get_by_role("button", name="Explain 2").click()
    link = page.get_by_role("link", name="Grad-CAM of rocket.jpg")
    expect(link).to_be_visible()
    steps.wait_for_rest(page)
    address = link.get_attribute("href")
    other = visit(f"/{address}")
    other.get_by_role("heading", name="Heat maps", exact=True).wait_for()
    steps.wait_for_maps(other, 2)
    assert steps.picture(other) == "Rocket"


def test_pictures_that_were_added_elsewhere_are_in_the_link(visit: Visit, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        Image.new("RGB", (60, 40), "grey").save(tmp_path / name)
    page = visit(f"/?{steps.MODEL}")
    page.locator(".st-key-add_pictures input[type=file]").set_input_files(
        [tmp_path / "one.png", tmp_path / "two.png"]
    )
    expect(page.get_by_text("Added 2 pictures.")).to_be_visible()
    steps.wait_for_rest(page)
    steps.go(page, "Gallery", "Gallery")
    page.wait_for_url("**pictures=one.png*")
    assert {"pictures=one.png", "pictures=two.png"} <= set(steps.parameters(page.url))


@pytest.mark.parametrize(
    ("size", "pictures"),
    [((1440, 900), ("Flower", "Astronaut")), ((390, 844), ("Galaxies", "Motorcycle"))],
)
def test_the_maps_stay_in_place_while_they_come(
    visit: Visit, size: tuple[int, int], pictures: tuple[str, str]
) -> None:
    address = choice(*pictures, methods=("LayerCAM", "XGrad-CAM"))
    page = visit(address, width=size[0], height=size[1])
    grid = page.locator(".st-key-gallery_maps")
    expect(grid.get_by_text("to come")).to_have_count(4)
    (before,) = steps.wait_until_still(page, ".st-key-gallery_maps")
    height = steps.box(page, ".st-key-gallery_maps")[3]
    page.get_by_role("button", name="Explain 2").click()
    expect(grid.get_by_role("link")).to_have_count(4)
    (after,) = steps.wait_until_still(page, ".st-key-gallery_maps")
    assert after == before
    assert abs(steps.box(page, ".st-key-gallery_maps")[3] - height) < 24, "a line of a prediction"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
