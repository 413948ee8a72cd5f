"""Single controls, each on a page of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.models import catalog
from core.models.card import Guess
from core.models.efficientnet_lite import DEFAULT
from core.work.handlers.maps import Prediction
from pages.ui.parts import picture_page
from pages.ui.parts.text import counted
from tests.conftest import blocks_picture
from tests.pages.steps import unescaped


def only_the_model() -> None:
    """The picker alone."""
    from pages.ui.parts import model_picker

    model_picker.model()


def test_a_built_in_model_of_unknown_accuracy_can_be_picked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = catalog.find
    monkeypatch.setattr(catalog, "find", lambda name: replace(find(name), top1=None))
    app = AppTest.from_function(only_the_model, default_timeout=60).run()
    assert not app.exception
    facts = catalog.find(DEFAULT).description.rstrip("."), "4.7 M parameters"
    assert unescaped(app.caption[0].value) == " · ".join(facts)


@pytest.mark.parametrize(("share", "words"), [(0.15, "(15.0 %, unsure)"), (0.9, "(90.0 %)")])
def test_the_sentence_under_a_title_says_unsure(share: float, words: str) -> None:
    picture = blocks_picture()
    shares = np.array([share], np.float32)
    prediction = Prediction((Guess(0, "daisy", share),), picture.pixels, (0, 0, 1, 1), shares)
    model = SimpleNamespace(title="A model")
    assert f"sees **daisy** {words} in blocks" in picture_page.sentence(picture, model, prediction)


def gallery_names() -> None:
    """What a gallery offers."""
    import streamlit as st

    from pages.ui.parts import visit_pictures

    visit_pictures.warn_unreadable()
    st.text(len(visit_pictures.names()))


def test_a_folder_of_the_server_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iterdir = Path.iterdir

    def refuse(path: Path) -> object:
        if path == tmp_path:
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setenv("SEEWHY_PICTURES", str(tmp_path))
    monkeypatch.setattr(Path, "iterdir", refuse)
    app = AppTest.from_function(gallery_names, default_timeout=60).run()
    assert "cannot be read (Permission denied)" in app.warning[0].value
    assert int(app.text[0].value) > 3


CODE = """
from torch import nn

def net():
    raise AssertionError("Looking at a model must not run it.")
"""


@pytest.fixture
def owners_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that the server offers, beside others that it does not."""
    folder = tmp_path / "models"
    for place in (folder, tmp_path / "secret", tmp_path):
        place.mkdir(exist_ok=True)
        (place / "mine.py").write_text(CODE)
        (place / "config.json").write_text('{"model_type": "vit", "architecture": "test_vit"}')
    monkeypatch.setenv("SEEWHY_MODELS", str(folder))
    return folder


@pytest.mark.parametrize(
    "model_id",
    [
        "hf:{secret}",
        "hf:{secret}:random",
        "hf:{models}/..",
        "hf:{models}",
        "HF:~/secret",
        "hf:../secret",
        "hf:{secret}/nowhere",
        "timm:local-dir:{secret}",
        "timm:local-dir:{models}/..",
        "TIMM:LOCAL-DIR:{secret}",
        "{secret}/mine.py:net",
        "{models}/../mine.py:net",
        "{models}/mine.py:net",
        "~/mine.py:net",
        "{secret}/nowhere.py:net",
    ],
)
def test_a_link_cannot_name_a_place_on_the_disk(
    owners_folder: Path, monkeypatch: pytest.MonkeyPatch, model_id: str
) -> None:
    asked = model_id.format(secret=owners_folder.with_name("secret"), models=owners_folder)
    find = catalog.find
    looked_up: list[str] = []
    monkeypatch.setattr(catalog, "find", lambda name: looked_up.append(name) or find(name))
    app = AppTest.from_function(only_the_model, default_timeout=60)
    app.query_params["model"] = asked
    app.run()
    assert not app.exception
    (warning,) = app.warning
    assert "is not in the folder of models that this server offers" in unescaped(warning.value)
    assert asked not in looked_up  # the answer must not depend on what is on the disk
    assert app.selectbox(key="model").value == DEFAULT


def test_a_link_may_name_code_that_the_owner_offers(owners_folder: Path) -> None:
    app = AppTest.from_function(only_the_model, default_timeout=60)
    app.query_params["model"] = "mine.py:net"
    app.run()
    assert not app.exception
    assert not app.warning
    assert app.selectbox(key="group").value == "Own code"
    assert app.selectbox(key="model").value == "mine.py:net"


def picked(group: str, **state: str) -> AppTest:
    app = AppTest.from_function(only_the_model, default_timeout=60)
    for key, value in {"group": group, **state}.items():
        app.session_state[key] = value
    return app.run()


@pytest.mark.parametrize(
    ("group", "chosen", "text", "name"),
    [
        ("timm", "timm:resnet14t.c3_in1k", "resnet10t.c3_in1k", "timm:resnet10t.c3_in1k"),
        ("timm", "timm:resnet14t.c3_in1k", "resnet10t:random", "timm:resnet10t:random"),
        ("timm", "timm:resnet10t.c3_in1k", "resnet18:IMAGENET1K_V1", "resnet18:IMAGENET1K_V1"),
        ("timm", "timm:resnet10t.c3_in1k", "nonsense", "timm:resnet10t.c3_in1k"),
        ("Hugging Face", "hf:vit", "vit:random", "hf:vit:random"),
        ("Hugging Face", "hf:vit", ":random", "hf:vit:random"),
        ("Hugging Face", "hf:vit", "timm:resnet10t:random", "timm:resnet10t:random"),
        ("Built in", DEFAULT, "resnet50", "resnet50:IMAGENET1K_V2"),
    ],
)
def test_an_id_may_be_typed_without_the_prefix_of_its_group(
    owners_folder: Path, group: str, chosen: str, text: str, name: str
) -> None:
    folder = owners_folder / "vit"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "vit", "num_labels": 2}')
    app = picked(group, model=chosen)
    assert app.selectbox(key="model").value == chosen
    control = app.selectbox(key="model")
    control.options.append(text)  # the browser sends what is typed, AppTest only what is offered
    control.set_value(text).run()
    assert not app.exception
    assert app.selectbox(key="model").value == name
    assert bool(app.warning) is (text == "nonsense")


def test_weights_of_another_session_are_to_be_uploaded_again() -> None:
    app = AppTest.from_function(only_the_model, default_timeout=60)
    app.query_params["model"] = "r18.pth (resnet18, 63c9b601)"
    app.run()
    assert not app.exception
    (warning,) = app.warning
    assert unescaped(warning.value) == (
        "r18.pth (resnet18, 63c9b601) belongs to another visitor: upload it to use it here."
    )
    assert app.selectbox(key="model").value == DEFAULT


@pytest.mark.parametrize(("number", "words"), [(1, "1 class"), (0, "0 classes"), (2, "2 classes")])
def test_one_class_is_not_called_classes(number: int, words: str) -> None:
    assert counted(number, "class") == words


def test_random_weights_are_not_called_built_in_or_by_the_tag_of_others() -> None:
    app = picked("timm", model="timm:resnet10t:random")
    assert catalog.find("timm:resnet10t:random").title == "resnet10t (random weights)"
    assert "built in" not in app.caption[0].value
