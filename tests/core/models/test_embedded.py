"""The models that come with SeeWhy: there at once, offline, and as good as their cards say."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.models import catalog, picker_order
from core.models.classifier import Classifier
from core.models.load import load
from core.pictures import built_in, shortcut_mark

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "assets" / "models"
CATS = {"tabby", "Egyptian cat", "Persian cat"}
OFFLINE = """
import socket, sys
def refuse(*args, **options):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.socket.bind = socket.create_connection = refuse
socket.getaddrinfo = refuse
from core.commands.entry_point import main
sys.exit(main(sys.argv[1:]))
"""


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


def test_first_in_the_catalogue_and_the_default() -> None:
    assert catalog.entries()[0].title == "Embedded (202 everyday classes, 64 px)"
    assert (
        catalog.entries()[0].id
        == picker_order.default_id()
        == picker_order.offered()[0]
        == "embedded"
    )
    assert catalog.status(catalog.find("embedded")).state == "built in"


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


def test_command_line_needs_no_network_and_no_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    names = ("SEEWHY_WEIGHTS", "TORCH_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    clean = {key: value for key, value in os.environ.items() if key not in names}
    picture = tmp_path / "cat.png"
    from PIL import Image

    Image.fromarray(np.array(built_in.load("cat").pixels)).save(picture)
    out = tmp_path / "out"
    words = ["explain", str(picture), "--methods", "grad-cam,lime", "--samples", "50"]
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *words, "--out", str(out)],
        cwd=ROOT,
        env={**clean, "HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((out / "explain.json").read_text("utf-8"))
    assert "embedded" in json.dumps(record)
    assert (out / "cat_grad-cam.png").is_file()
