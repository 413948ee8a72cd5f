"""What a visitor brought along, after a reload, in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
import torch
import torchvision
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.test_overview import upload

Visit = Callable[..., Page]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Small picture files, each another."""
    paths = [tmp_path / f"photo {number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.linear_gradient("L").rotate(90 * number).convert("RGB").resize((90, 60)).save(path)
    return paths


def chosen(page: Page, name: str) -> None:
    expect(page.get_by_role("combobox", name="Picture").first).to_have_value(name)
    steps.wait_for_rest(page)


def test_uploads_outlive_a_reload_and_an_address_typed_again(
    visit: Visit, photos: list[Path]
) -> None:
    page = visit(f"/?{steps.MODEL}")
    assert not page.context.cookies() or all(
        "seewhy" not in each["name"] for each in page.context.cookies()
    ), "nothing to find again yet"
    upload(page, *photos)
    chosen(page, "photo 2.png")
    page.wait_for_url("**picture=photo*")
    (cookie,) = [each for each in page.context.cookies() if "seewhy" in each["name"]]
    assert cookie["sameSite"] == "Strict"
    assert cookie["value"] not in page.url
    page.reload()
    chosen(page, "photo 2.png")
    expect(page.get_by_text("belongs to another visitor")).to_have_count(0)
    page.goto(
        page.url.partition("?")[0] + f"heatmaps?{steps.MODEL}&maps=Grad-CAM&picture=photo+0.png"
    )
    chosen(page, "photo 0.png")
    steps.wait_for_maps(page, 1)


@pytest.mark.slow
def test_two_tabs_lose_nothing_to_each_other(visit: Visit, photos: list[Path]) -> None:
    first = visit(f"/?{steps.MODEL}")
    second = first.context.new_page()
    second.goto(first.url)
    for page, photo in ((first, photos[0]), (second, photos[1])):
        chosen(page, "Cat")
        upload(page, photo)
        chosen(page, photo.name)
    for page, photo in ((first, photos[0]), (second, photos[1])):
        page.wait_for_timeout(500)
        page.reload()
        chosen(page, photo.name)
        page.get_by_role("combobox", name="Picture").first.click()
        for each in photos[:2]:
            expect(page.get_by_role("option", name=each.name)).to_be_attached()
        page.keyboard.press("Escape")


def test_own_weights_outlive_a_reload(visit: Visit, tmp_path: Path) -> None:
    path, store = tmp_path / "mine.pth", io.BytesIO()
    torch.save(torchvision.models.squeezenet1_1(num_classes=3).state_dict(), store)
    path.write_bytes(store.getvalue())
    page = visit("/")
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    steps.wait_for_rest(page)
    page.get_by_role("button", name="Use your own weights").click()
    page.locator(".st-key-weights input").set_input_files(path)
    use = page.get_by_role("button", name="Use them")
    expect(use).to_be_enabled()
    steps.wait_for_rest(page)
    use.click()
    model = page.get_by_role("combobox", name="Model")
    expect(model).to_have_value(re.compile(r"mine.pth \(squeezenet1_1, "))
    expect(page.get_by_text("class 0").first).to_be_attached()
    page.wait_for_url("**model=mine.pth*")
    page.reload()
    expect(model).to_have_value(re.compile(r"mine.pth \(squeezenet1_1, "))
    expect(page.get_by_text("class 0").first).to_be_attached()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def copied(page: Page) -> str:
    """Press Copy link and return what was copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    steps.wait_for_rest(page)
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link: str = page.evaluate("navigator.clipboard.readText()")
    return link


@pytest.mark.slow
def test_a_link_opens_a_picture_for_a_partner_once_it_is_shared(
    visit: Visit, photos: list[Path]
) -> None:
    page = visit(f"/?{steps.MODEL}")
    upload(page, photos[0])
    chosen(page, "photo 0.png")
    page.wait_for_url("**picture=photo*")
    private = copied(page)
    assert "photo" in private
    page.get_by_role("button", name="Share this picture").click()
    expect(page.get_by_text("whoever gets the link")).to_be_visible()
    link = copied(page)
    assert "picture=shared-" in link
    assert "photo" not in link
    partner = visit(private.removeprefix(page.url.partition("/?")[0]))
    notice = partner.get_by_text("belongs to another visitor, who has not shared it")
    expect(notice).to_have_count(1)
    steps.wait_for_rest(partner)
    partner.get_by_role("combobox", name="Picture").click()
    partner.get_by_role("option", name="Flower").click()
    expect(notice).to_have_count(0)
    other = visit(link.removeprefix(page.url.partition("/?")[0]))
    chosen(other, "photo 0.png")
    expect(other.get_by_test_id("stAlert")).to_have_count(0)
    assert copied(other) == link, "the partner passes on what opens for all"
    other.reload()
    chosen(other, "photo 0.png")
