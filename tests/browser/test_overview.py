"""The overview in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser import steps

Visit = Callable[..., Page]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small picture file."""
    path = tmp_path / "holiday.png"
    Image.linear_gradient("L").resize((90, 60)).convert("RGB").save(path)
    return path


def upload(page: Page, *paths: Path) -> None:
    """Choose files in the upload control."""
    page.get_by_role("radio", name="Upload").or_(
        page.get_by_text("Upload", exact=True)
    ).first.click()
    page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(paths)


def test_without_weights_the_download_is_offered_with_its_size(visit: Visit) -> None:
    page = visit("/?model=resnet18")
    expect(page.get_by_role("button", name="Download 45 MB")).to_be_visible()
    expect(page.get_by_text("downloadable, 45 MB")).to_be_visible()


def test_opens_with_a_model_that_knows_the_cat_and_offers_a_larger_one(visit: Visit) -> None:
    page = visit("/")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("efficientnet_lite0")
    expect(page.get_by_text("ImageNet's 1000 classes at 224 pixels")).to_be_visible()
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    expect(page.locator(".st-key-prediction")).to_contain_text("Egyptian cat")
    page.get_by_role("button", name="Use ResNet-50: download 98 MB").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("resnet50:IMAGENET1K_V2")
    expect(page.get_by_test_id("stAlert")).to_contain_text("could not be downloaded")


def test_a_typed_model_enters_the_address_under_its_full_id(visit: Visit) -> None:
    page = visit("/?model=timm:resnet10t:random")
    typed = page.locator(".st-key-model input")
    ways = (
        ("resnet14t.c3_in1k", "timm%3Aresnet14t.c3_in1k"),
        ("nonsense", "timm%3Aresnet14t.c3_in1k"),
        ("resnet10t:random", "timm%3Aresnet10t%3Arandom"),
    )
    for text, address in ways:
        expect(typed).to_be_enabled()
        steps.wait_for_rest(page)
        typed.fill(text)
        typed.press("Enter")
        expect(typed).not_to_have_value(text)
        expect(page).to_have_url(re.compile(f"[?]model={re.escape(address)}$"))
    expect(page.get_by_text("timm has no model")).to_have_count(0)


def test_the_way_back_leads_to_the_model_before(visit: Visit) -> None:
    page = visit("/")
    group, model = (page.locator(f".st-key-{key} input") for key in ("group", "model"))
    expect(model).to_have_value("efficientnet_lite0")
    steps.wait_for_rest(page)
    group.click()
    page.get_by_role("option", name="torchvision", exact=True).click()
    expect(page).to_have_url(re.compile("[?]model=alexnet"))
    steps.wait_for_rest(page)
    page.go_back()
    expect(model).to_have_value("efficientnet_lite0")
    expect(group).to_have_value("Built in")
    expect(page).not_to_have_url(re.compile("model="))
    page.go_forward()
    expect(model).to_have_value("alexnet:IMAGENET1K_V1")
    expect(group).to_have_value("torchvision")


def test_a_download_without_a_network_is_told_in_one_sentence(visit: Visit) -> None:
    page = visit("/?model=resnet34")
    page.get_by_role("button", name="Download 83 MB").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("could not be downloaded")
    assert "Traceback" not in alert.inner_text()


def test_keys_reach_every_thumbnail_and_the_focus_is_seen(visit: Visit) -> None:
    page = visit(f"/?{steps.MODEL}")
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").focus()
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.innerText.trim()"))
    cat = reached.index("Cat")
    assert reached[cat : cat + 3] == ["Cat", "Coffee cup", "Four in one"], "no hidden stop between"
    page.get_by_role("button", name="Flower").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("Flower")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").focus()
    page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_upload_gets_a_prediction_and_survives_the_change_of_page(
    visit: Visit, photo: Path
) -> None:
    page = visit(f"/?{steps.MODEL}")
    upload(page, photo)
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("holiday.png")
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    steps.go(page, "Heat maps", "Heat maps")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("holiday.png")
    # A change of page that meets a rerun of the page's own seems to be lost, so let maps finish.
    expect(page.get_by_text("5 of 5 maps finished")).to_be_visible(timeout=90_000)
    steps.wait_for_rest(page)
    steps.go(page, "Overview", "SeeWhy")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("holiday.png")


def test_what_is_no_picture_is_refused_in_one_sentence(visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("this is text")
    page = visit(f"/?{steps.MODEL}")
    upload(page, path)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("notes.png")
    assert "Traceback" not in alert.inner_text()
    assert steps.picture(page) == "Cat"


def test_thumbnail_chooses_the_picture_and_enters_the_address(visit: Visit) -> None:
    page = visit(f"/?{steps.MODEL}")
    page.get_by_role("button", name="Coffee cup").click()
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("Coffee cup")
    page.wait_for_url("**picture=Coffee*")
