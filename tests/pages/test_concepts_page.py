"""The page of concepts without a browser: numbers, search, evidence, a new dissection."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.concepts import evidence
from core.concepts.check import words
from core.concepts.check.ablation import check_channels
from core.concepts.check.dial import dialled
from core.concepts.encoders import load as encoders
from core.concepts.result.compared_model import SURE, of_dissection
from core.concepts.result.search import find_units
from core.concepts.result.summary import counts_of, shared
from core.concepts.run import library
from core.concepts.vocabulary import Vocabulary
from core.models.load import load
from core.pictures import built_in
from core.work.handlers import concepts as handlers
from pages.ui.concepts import chooser, new_dissection
from pages.ui.parts.text import escape
from tests.core.conftest import COLOURS, Colours, coloured
from tests.pages.steps import settled

ROOT = Path(__file__).parents[2]
CONTROL = f"{library.SHIPPED}:random"


def opened(view: str = chooser.OVER, **state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": library.SHIPPED, "view": view, **state}.items():
        app.session_state[key] = value
    return settled(app.switch_page("pages/concepts.py").run())


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in [*app.caption, *app.markdown])


@pytest.fixture(scope="module")
def shipped() -> Any:
    found = library.find(library.SHIPPED)
    assert found is not None, "a dissection comes with SeeWhy"
    return found


def test_opens_on_the_dissection_that_comes_along(shipped: Any) -> None:
    app = opened()
    side = of_dissection(shipped)
    assert f"{len(side.labels)} units in {len(shipped.layers)} layers" in said(app)
    assert "not CLIP" in said(app)
    table = app.dataframe[0].value
    assert list(table["layer"]) == [*side.layers, "all"]
    assert list(table["labelled"])[-1] == len(side.counted(SURE))
    assert list(table["distinct concepts"])[-1] == len(counts_of(side.counted(SURE)))
    assert not app.exception


def test_layer_and_rule_change_what_is_counted(shipped: Any) -> None:
    side = of_dissection(shipped)
    path = side.layers[-2]
    app = opened(concept_layer=path)
    assert any(path in each.value for each in app.header)
    app.selectbox(key="count").select("every unit with a word")
    app = settled(app.run())
    table = app.dataframe[0].value
    row = table[table["layer"] == path].iloc[0]
    assert row["distinct concepts"] == len(counts_of(side.counted("every", path)))


def test_units_are_found_and_opened(shipped: Any) -> None:
    word = next(iter(shipped.names(shipped.layers[3].layer).values()))
    app = opened(chooser.UNITS, find=word)
    found = find_units(shipped, word)
    assert any(f" of {len(found)} units." in each.value for each in app.caption)
    layer, number = found[0]
    app.button(key=f"open-{layer}/{number}").click()
    app = settled(app.run())
    assert app.text_input(key="find").value == f"{layer}/{number}"
    assert any(f"{layer}/{number}" in each.value for each in app.header)
    words = app.dataframe[-1].value
    assert list(words["word"]) == [each.text for each in shipped.unit(layer, number).words]


def test_a_search_without_an_answer_says_so() -> None:
    app = opened(chooser.UNITS, find="no such word")
    assert "No unit matches" in app.info[0].value


@pytest.mark.slow
@pytest.mark.parametrize("how", ["gradient", "drop"])
def test_why_this_class_adds_up(shipped: Any, how: evidence.How) -> None:
    app = opened(chooser.WHY, picture="coffee", why_how=evidence.HOWS[how])
    model = load(library.SHIPPED)
    layer = [units.layer for units in shipped.layers if units.grid[0] > 0][-1]
    prepared = model.prepare(built_in.load("coffee"))
    index = model.predict(prepared)[0].index
    found = evidence.evidence_for(model, prepared, index, layer, how=how)
    groups = evidence.groups_of(found, shipped.names(layer))
    assert escape(evidence.sentence(groups)) in said(app)
    assert f"add up to {found.total:.3g}" in said(app)
    table = app.dataframe[0].value
    assert table["contribution"].sum() == pytest.approx(found.total, rel=1e-3)
    assert list(table["contribution"]) == sorted(table["contribution"], reverse=True)


def chart(app: AppTest, alt: str) -> Any:
    """The figure of a chart by its accessible name."""
    found = [each.proto for each in app.get("plotly_chart") if each.proto.alt.startswith(alt)]
    assert len(found) == 1, alt
    return json.loads(found[0].spec)


def test_a_concept_is_tested_and_dialled(shipped: Any) -> None:
    """What the page says and draws is what the core measures; a link names concept and factor."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["view"] = chooser.WHY
    app.query_params["why_concept"] = "no such thing"
    app = settled(app.switch_page("pages/concepts.py").run())
    (warning,) = app.warning
    assert "the concept 'no such thing', which is not offered here" in warning.value
    model = load(library.SHIPPED)
    layer = [units.layer for units in shipped.layers if units.grid[0] > 0][-1]
    prepared = model.prepare(built_in.load("cat"))
    index = model.predict(prepared)[0].index
    found = evidence.evidence_for(model, prepared, index, layer)
    some = words.checkable(evidence.groups_of(found, shipped.names(layer)))
    assert app.selectbox(key="why_concept").options == [group.concept for group in some]
    for group, factor in ((some[0], 0.0), (some[2], 1.5)):
        if factor:
            app.selectbox(key="why_concept").select(group.concept)
            app.slider(key="why_factor").set_value(factor)
            app = settled(app.run())
        check = check_channels(model, prepared, index, layer, group.channels)
        assert escape(words.measured(check)) in said(app)
        assert escape(words.headline(group.concept, check)) in said(app)
        assert escape(words.claim(group)) in said(app)
        claimed, measured, random = chart(app, "Drop of the logit")["data"][0]["x"]
        assert claimed == pytest.approx(measured, abs=1e-4)
        assert measured == pytest.approx(check.drop, abs=1e-4)
        assert random == pytest.approx(check.random_mean, abs=1e-4)
        dial = dialled(model, prepared, index, layer, group.channels, factor)
        before, after = chart(app, "Probabilities")["data"][:2]
        assert before["x"] == pytest.approx([s.probabilities[0] for s in dial.classes], abs=1e-5)
        assert after["x"] == pytest.approx([s.probabilities[1] for s in dial.classes], abs=1e-5)
        maps = chart(app, "cat.png, and over it: Grad-CAM")
        assert words.changed(group.concept, factor) in str(maps["layout"]["annotations"])
        assert not app.warning or not factor, "nothing is said once a person has chosen"


def test_a_new_dissection_and_two_models(shipped: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "open_probes", lambda text: coloured(40))
    monkeypatch.setitem(new_dissection.SETS, "built in", "colours")
    monkeypatch.setattr(encoders, "load", lambda *given, **named: Colours(Vocabulary("x", COLOURS)))
    app = opened(chooser.RUN, model=CONTROL)
    assert re.search(r"40 pictures.*(about|already)", said(app))
    app.button(key="dissect_start").click()
    app = settled(app.run())
    assert app.session_state["view"] == chooser.OVER
    assert "40 probe pictures" in said(app)
    ((name, made),) = app.session_state["dissected"].items()
    assert name in app.query_params["dissection"]
    app.segmented_control(key="view").set_value(chooser.PAIR)
    app = settled(app.run())
    app.selectbox(key="pair_second").set_value(library.SHIPPED)
    app = settled(app.run())
    assert not app.exception
    one, two = (counts_of(of_dissection(each).counted(SURE)) for each in (made, shipped))
    both = shared(one, two, 50)
    assert f"{both.top} of the 50 most frequent concepts are shared" in said(app)
    assert [metric.value.partition(" of")[0] for metric in app.metric] == [
        f"{len(of_dissection(each).counted(SURE)):,}" for each in (made, shipped)
    ]
    other = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    other.query_params["dissection"] = name
    other = settled(other.switch_page("pages/concepts.py").run())
    assert "40 probe pictures" in said(other), "a link finds what was made before"


def test_a_link_to_nothing_is_told_in_one_sentence() -> None:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["dissection"] = "0" * 16
    app = settled(app.switch_page("pages/concepts.py").run())
    assert "not on this server" in app.warning[0].value


def test_pasted_words_and_their_faults() -> None:
    app = opened(chooser.RUN, run_words=new_dissection.OWN_WORDS)
    app.text_area(key="run_text").set_value("\n".join(["dog", "x" * 500]))
    app = settled(app.run())
    assert "one concept per line" in app.error[0].value


def test_a_network_does_not_name_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "load", lambda *given, **named: Colours(Vocabulary("x", COLOURS)))
    monkeypatch.setattr(handlers, "open_probes", lambda text: coloured(12))
    monkeypatch.setitem(new_dissection.SETS, "built in", "colours")
    app = opened(chooser.RUN, model="efficientnet_lite2")
    note = "EfficientNet-Lite2 must not name its own units: its words are measured over"
    assert escape(note) in said(app)
    assert "not CLIP" in app.selectbox(key="run_encoder").options[0]


def test_the_class_of_the_cat_rests_on_cats_and_fur(shipped: Any) -> None:
    model = load(library.SHIPPED)
    prepared = model.prepare(built_in.load("cat"))
    index = model.predict(prepared)[0].index
    layer = [units.layer for units in shipped.layers if units.grid[0] > 0][-1]
    found = evidence.evidence_for(model, prepared, index, layer)
    named = [group.concept for group in evidence.groups_of(found, shipped.names(layer))][:3]
    assert all(re.search("cat|feline|fur|lynx|tabby", name) for name in named), named
