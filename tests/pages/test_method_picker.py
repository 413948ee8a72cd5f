"""Picking methods: presets, families, and what stays in the address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.explain.families import FAMILIES
from core.explain.methods import METHODS
from pages.ui.parts import jobs
from tests.pages.steps import unescaped

ATTENTION = "no transformer"


def only_the_methods() -> None:
    """The picker alone, for at most six methods."""
    import streamlit as st

    from pages.ui.parts import method_picker, models

    model = models.summary("resnet18:random")
    if model is not None:
        st.text(" ".join(method_picker.several("Methods", "compare", ["grad-cam"], model, (), 6)))


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(only_the_methods, default_timeout=60)
    for _ in range(100):
        app.run()
        assert not app.exception
        if app.text:
            return app
    pytest.fail("The model does not come.")


def test_methods_of_a_family_stand_together_with_their_plain_titles(app: AppTest) -> None:
    options = app.multiselect(key="compare").options
    assert sorted(options) == sorted(method.title for method in METHODS.values())
    family_of = {method.title: FAMILIES.index(method.family) for method in METHODS.values()}
    places = [family_of[title] for title in options]
    assert places == sorted(places)


def test_a_preset_chooses_what_the_model_can_do(app: AppTest) -> None:
    app.button(key="preset_compare_families").click().run()
    assert not app.exception
    chosen = app.multiselect(key="compare").value
    assert {"grad-cam", "lime"} <= set(chosen)
    assert not [name for name in chosen if METHODS[name].family.name == "attention"]
    assert app.text[0].value.split() == [name for name in METHODS if name in chosen]
    app.button(key="preset_compare_cheap").click().run()
    assert len(app.multiselect(key="compare").value) == 6, "which is as many as the page takes"


def test_families_are_explained_when_they_are_opened(app: AppTest) -> None:
    assert not app.markdown
    app.session_state["families_compare"] = True
    for _ in range(100):
        app.run()
        if not jobs.runner().busy:
            break
    told = unescaped(" ".join(each.value for each in app.run().markdown))
    assert not app.exception
    assert "**Class activation maps**, 1 of" in told
    for family in FAMILIES:
        assert (family.hides in told) is any(each.family is family for each in METHODS.values())
    assert told.count(ATTENTION) == 1, "one sentence for all methods of that reason"


def only_the_settings() -> None:
    """The picker with what its methods are set to."""
    import streamlit as st

    from pages.ui.parts import method_options, method_picker, models

    model = models.summary("resnet18:random")
    if model is not None:
        chosen = method_picker.several("Methods", "compare", ["rise"], model, (), 6)
        st.text(repr(method_options.given(chosen, ())))


def test_a_bad_setting_of_a_link_is_said_until_methods_are_chosen() -> None:
    app = AppTest.from_function(only_the_settings, default_timeout=60)
    app.query_params["option"] = ["rise.masks=1", "rise.keep=0.4", "rise.no=3", "nobody.x=1"]
    while not app.text:
        assert not app.run().exception
    said = [unescaped(each.value) for each in app.warning]
    for words, text in zip(("masks is 1", "'no'", "'nobody'"), said, strict=True):
        assert words in text
    assert app.text[0].value == "(('rise', 'keep', 0.4),)"
    assert len(app.run().warning) == 3, "a page runs by itself, and nobody has read it yet"
    app.multiselect(key="compare").set_value(["rise", "lime"]).run()
    assert not app.warning
    assert app.query_params["option"] in ("rise.keep=0.4", ["rise.keep=0.4"])
    assert app.text[0].value == "(('rise', 'keep', 0.4),)"


def test_a_link_may_spell_methods_as_requests_do_and_a_reload_keeps_them() -> None:
    app = AppTest.from_function(only_the_methods, default_timeout=60)
    app.query_params["compare"] = ["Saliency", "grad-cam+aug", "nothing"]
    while not app.text:
        assert not app.run().exception
    assert app.text[0].value == "grad-cam grad-cam+aug saliency"
    assert set(app.query_params["compare"]) == {"Grad-CAM", "Saliency"}, "Streamlit drops others"
    assert app.query_params["smooth"] == ["none", "augmented"]
    (said,) = (each.value for each in app.warning)
    assert "a method that this version does not have" in said


def test_a_smoothing_may_be_spelled_as_requests_do_and_an_unknown_one_is_said() -> None:
    app = AppTest.from_function(only_the_methods, default_timeout=60)
    app.query_params["smooth"] = ["aug", "hard"]
    while not app.text:
        assert not app.run().exception
    assert app.text[0].value == "grad-cam+aug"
    assert app.query_params["smooth"] in ("augmented", ["augmented"])
    assert ["the smoothing 'hard'" in unescaped(each.value) for each in app.warning] == [True]
