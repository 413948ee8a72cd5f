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
FOCUSED = """() => {
  const focused = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
  return focused.ariaLabel || focused.innerText.trim();
}"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small picture file."""
    path = tmp_path / "holiday.png"
    Image.linear_gradient("L").resize((90, 60)).convert("RGB").save(path)
    return path


def upload(page: Page, *paths: Path) -> None:
    """Choose files in the upload control."""
    page.get_by_test_id("stMain").get_by_role("radio", name="Upload").click()
    page.locator(".st-key-files input").set_input_files(paths)


def test_opens_with_a_model_that_knows_the_cat_and_offers_a_larger_one(visit: Visit) -> None:
    page = visit("/")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("efficientnet_lite0")
    expect(page.get_by_text("ImageNet's 1000 classes at 224 pixels")).to_be_visible()
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    expect(page.locator(".st-key-prediction")).to_contain_text("Egyptian cat")
    steps.wait_for_rest(page)
    page.get_by_role("button", name="Use ResNet-50: download 98 MB").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("resnet50:IMAGENET1K_V2")
    expect(page.get_by_test_id("stAlert")).to_contain_text("could not be downloaded")


@pytest.mark.slow
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


def test_the_way_back_is_one_step_and_leads_to_what_was_chosen_there(visit: Visit) -> None:
    page = visit("/?picture=Coffee+cup&fit=as+trained")
    group, model = (page.locator(f".st-key-{key} input") for key in ("group", "model"))
    expect(model).to_have_value("efficientnet_lite0")
    steps.wait_for_rest(page)
    group.click()
    page.get_by_role("option", name="torchvision", exact=True).click()
    expect(page).to_have_url(re.compile("[?&]model=alexnet"))
    steps.wait_for_rest(page)
    count = page.evaluate("history.length")
    steps.go(page, "Heat maps", "Heat maps")
    expect(page).to_have_url(re.compile("heatmaps[?].*model=alexnet"))
    steps.wait_for_rest(page)
    assert page.evaluate("history.length") == count + 1
    group.click()
    page.get_by_role("option", name="Built in", exact=True).click()
    expect(model).to_have_value("efficientnet_lite0")
    steps.wait_for_rest(page)
    page.go_back()
    page.get_by_role("heading", name="SeeWhy", exact=True).wait_for()
    expect(model).to_have_value("alexnet:IMAGENET1K_V1")
    expect(group).to_have_value("torchvision")
    expect(page).to_have_url(re.compile("/[?].*picture=Coffee"))
    page.go_forward()
    page.get_by_role("heading", name="Heat maps", exact=True).wait_for()
    expect(model).to_have_value("efficientnet_lite0")
    expect(group).to_have_value("Built in")


@pytest.mark.slow
def test_keys_reach_every_thumbnail_and_the_focus_is_seen(visit: Visit) -> None:
    page = visit(f"/?{steps.MODEL}")
    expect(page.locator(".st-key-prediction .bars path").first).to_be_attached()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").focus()
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    cat = reached.index("Cat")
    assert reached[cat : cat + 3] == ["Cat", "Coffee cup", "Four in one"], "no hidden stop between"
    page.get_by_role("button", name="Flower").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("Flower")
    page.wait_for_url("**picture=Flower*")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").focus()
    page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.slow
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
    expect(page.get_by_text("5 maps of")).to_be_visible(timeout=90_000)
    steps.wait_for_rest(page)
    steps.go(page, "Overview", "SeeWhy")
    expect(page.get_by_role("combobox", name="Picture")).to_have_value("holiday.png")
