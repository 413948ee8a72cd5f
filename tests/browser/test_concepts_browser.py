"""The page of concepts in a real browser."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from core.concepts.result.file import FILE
from core.concepts.run import library
from tests.browser import steps

Visit = Callable[..., Page]


@pytest.mark.slow
def test_opens_with_something_to_see_and_gives_its_table(visit: Visit) -> None:
    page = visit("/concepts")
    expect(page.get_by_text(re.compile(r"\d+ units in 5 layers"))).to_be_visible()
    expect(page.locator(".st-key-frequent .bars .point").first).to_be_attached()
    expect(page.locator(".st-key-spread .boxlayer path").first).to_be_attached()
    file = steps.download(page, page.get_by_role("button", name="Descriptions (CSV)"))
    rows = list(csv.DictReader(io.StringIO(file.path().read_text("utf-8"))))
    assert {row["layer"] for row in rows} == {
        "blocks.1.1",
        "blocks.2.1",
        "blocks.4.2",
        "bn2",
        "classifier",
    }
    assert all(row["encoder"].startswith("imagenet_words:") for row in rows)


@pytest.mark.slow
def test_a_unit_has_a_link_of_its_own(visit: Visit) -> None:
    page = visit("/concepts?view=Units")
    page.locator("[class*='st-key-open-'] button").first.click()
    page.wait_for_url(re.compile("find=blocks|find=bn2|find=classifier"))
    expect(page.locator(".st-key-answers .bars .point").first).to_be_attached()
    steps.wait_for_rest(page)
    title = page.get_by_role("heading", level=2).first.inner_text()
    again = visit(page.url.removeprefix(page.url.split("/concepts")[0]))
    expect(again.get_by_role("heading", level=2).first).to_have_text(title)


@pytest.mark.slow
def test_why_this_class_on_a_phone(visit: Visit) -> None:
    page = visit("/concepts?view=Why+this+class", width=390, height=844, scheme="dark")
    expect(page.get_by_text(re.compile("of the evidence comes from channels"))).to_be_visible()
    expect(page.locator(".st-key-channels .heatmaplayer image").first).to_be_attached()
    expect(page.locator(".st-key-evidence .bars .point").first).to_be_attached()
    steps.wait_for_rest(page)
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.slow
def test_two_models_with_a_table_of_somebody_else(visit: Visit) -> None:
    page = visit("/concepts?view=Two+models")
    table = "layer,unit,description,similarity\n" + "".join(
        f"bn2,{unit},{word},0.3\n" for unit, word in enumerate(("dog", "striped", "xyzzy"))
    )
    page.get_by_test_id("stMain").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "other.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    expect(page.get_by_text("most frequent concepts are shared")).to_be_visible()
    expect(page.locator(".st-key-compared .bars .point").first).to_be_attached()
    page.get_by_role("button", name="Figure").click()
    button = page.get_by_role("button", name="CSV for spreadsheets")
    text = steps.download(page, button).path().read_text("utf-8")
    rows = {row["concept"]: row for row in csv.DictReader(io.StringIO(text))}
    assert float(rows["xyzzy"]["second"]) == pytest.approx(1 / 3, abs=1e-6)
    assert float(rows["xyzzy"]["first"]) == 0


@pytest.fixture
def another(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second dissection on the server's disk; yields its name."""
    name = "abcd" * 4
    caches = next(tmp_path_factory.getbasetemp().glob("empty*"))
    folder = caches / "seewhy" / "dissect" / (name * 4)
    folder.mkdir(parents=True)
    shutil.copy(library.FOLDER / f"{library.SHIPPED}.npz", folder / FILE)
    yield name
    shutil.rmtree(folder)


@pytest.mark.slow
def test_back_leads_to_the_two_that_were_compared(visit: Visit, another: str) -> None:
    page = visit(f"/concepts?view=Two+models&first={another}&second={library.SHIPPED}")
    second = page.get_by_role("combobox", name="Second")
    numbers = page.locator(".st-key-numbers").get_by_test_id("stMetric")
    expect(numbers).to_have_count(2)
    steps.wait_for_rest(page)
    left, right = (numbers.nth(number).bounding_box() for number in (0, 1))
    assert left
    assert right
    assert abs(left["y"] - right["y"]) < 1, "side by side"
    second.click()
    page.get_by_role("option").filter(has_text="abcd").click()
    page.wait_for_url(f"**second={another}*")
    steps.wait_for_rest(page)
    address = steps.parameters(page.url)
    steps.go(page, "Heat maps", "Heat maps")
    page.go_back()
    page.get_by_role("heading", name="Concepts").wait_for()
    steps.wait_for_rest(page)
    assert steps.parameters(page.url) == address
    expect(page.get_by_role("combobox", name="First")).to_have_value(re.compile("abcd"))
    expect(second).to_have_value(re.compile("abcd"))


@pytest.mark.slow
def test_two_numbers_stand_side_by_side_on_a_phone(visit: Visit, another: str) -> None:
    page = visit(f"/concepts?view=Two+models&second={another}", width=390, height=844)
    numbers = page.locator(".st-key-numbers").get_by_test_id("stMetric")
    expect(numbers).to_have_count(2)
    steps.wait_for_rest(page)
    left, right = (numbers.nth(number).bounding_box() for number in (0, 1))
    assert left
    assert right
    assert abs(left["y"] - right["y"]) < 1
    assert right["x"] + right["width"] <= 390
