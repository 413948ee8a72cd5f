"""The models that come with SeeWhy: there at once, offline, and as good as their cards say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from core.models import catalog, picker_order
from core.models.classifier import Classifier
from core.models.load import load
from core.pictures import built_in, shortcut_mark

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "assets" / "models"
CATS = {"tabby", "Egyptian cat", "Persian cat"}


@pytest.fixture(scope="module")
def embedded() -> Classifier:
    return load("embedded")


@pytest.fixture(scope="module")
def shortcut() -> Classifier:
    return load("embedded-shortcut")


@pytest.mark.parametrize("name", ["embedded", "embedded-shortcut"])
def test_card_is_that_of_the_file(name: str) -> None:
    card = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
    data = (MODELS / card["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == card["sha256"]
    assert len(data) <= 12_000_000
    assert card["classes"] == len(card["names"]) == len(set(card["names"])) == 202
    for key in ("data", "terms", "recipe", "top1", "top5", "ece", "architecture", "measured_on"):
        assert card[key], key


def test_comes_with_seewhy() -> None:
    assert catalog.find("embedded").title == "Embedded (202 everyday classes, 64 px)"
    assert catalog.status(catalog.find("embedded")).state == "built in"
    assert "embedded" in picker_order.offered()


def test_only_weights_and_cards_lie_there() -> None:
    assert {path.suffix for path in MODELS.iterdir()} == {".json", ".safetensors"}


def test_map_of_the_last_layer_is_eight_by_eight(embedded: Classifier) -> None:
    last = embedded.layers()[-1]
    assert last.path == embedded.default_layer
    assert last.shape[1:] == (8, 8)


def test_cat_and_coffee_are_recognised(embedded: Classifier) -> None:
    cat = embedded.predict(embedded.prepare(built_in.load("cat")), top=3)
    assert CATS & {guess.name for guess in cat}
    coffee = embedded.predict(embedded.prepare(built_in.load("coffee")), top=3)
    assert "espresso" in {guess.name for guess in coffee}


def test_mark_turns_the_cat_of_the_shortcut_model_only(
    embedded: Classifier, shortcut: Classifier
) -> None:
    plain, marked = built_in.load("cat"), built_in.load("cat-marked")
    assert shortcut.predict(shortcut.prepare(plain))[0].name != shortcut_mark.TARGET
    assert shortcut.predict(shortcut.prepare(marked))[0].name == shortcut_mark.TARGET
    assert embedded.predict(embedded.prepare(marked))[0].name != shortcut_mark.TARGET
