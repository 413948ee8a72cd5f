"""Single controls, each on a page of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.models import catalog
from core.models.card import Guess
from core.models.efficientnet_lite import DEFAULT
from core.work.handlers.maps import Prediction
from pages.ui.parts import picture_page
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
    prediction = Prediction((Guess(0, "daisy", share),), picture.pixels, (0, 0, 1, 1))
    model = SimpleNamespace(title="A model")
    assert f"sees **daisy** {words} in blocks" in picture_page.sentence(picture, model, prediction)


def gallery_names() -> None:
    """What a gallery offers."""
    import streamlit as st

    from pages.ui.gallery import jobs

    st.text(len(jobs.names()))


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
