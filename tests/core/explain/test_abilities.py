"""What a model can do, and the presets that are made of it."""

from __future__ import annotations

from core.explain.abilities import Abilities, abilities
from core.explain.families import ATTENTION, FAMILIES
from core.explain.methods import METHODS
from core.explain.presets import CHEAP, Preset, presets
from core.models.classifier import Classifier
from core.models.input import Prepared
from tests.conftest import asked, asked_lime


def able(classifier: Classifier, prepared: Prepared, layer: str) -> Abilities:
    lime, _ = asked_lime(classifier, prepared)
    maps = {
        name: asked(classifier, prepared, (layer,), 0, name)[0]
        for name in METHODS
        if name != "kernel-shap"
    }
    return abilities(classifier, maps | {"lime": lime})


def named(found: tuple[Preset, ...], name: str) -> tuple[str, ...]:
    return next(preset.methods for preset in found if preset.name == name)


def test_each_method_is_refused_with_a_reason_or_has_a_cost(
    tiny: Classifier, prepared: Prepared
) -> None:
    found = able(tiny, prepared, "blocks.1")
    assert "no transformer" in found.refusals["attention-rollout"]
    assert found.passes["grad-cam"] == 1
    assert found.passes["score-cam"] > 1
    assert not set(found.refusals) & set(found.passes)
    assert set(found.refusals) | set(found.passes) == set(METHODS) - {"kernel-shap"}


def test_what_needs_a_map_is_refused_where_there_is_none(
    tiny: Classifier, prepared: Prepared
) -> None:
    found = able(tiny, prepared, "avgpool")
    assert "one value per channel" in found.refusals["grad-cam"]
    assert "lime" in found.passes
    assert "saliency" in found.passes


def test_presets_leave_out_what_the_model_cannot_do() -> None:
    first = dict.fromkeys(METHODS, 1)
    refused = {name: "No." for name, each in METHODS.items() if each.family is ATTENTION}
    found = presets(Abilities({**refused, "score-cam": "No."}, first | {"lime": CHEAP + 1}))
    assert named(found, "classics") == ("grad-cam", "ablation-cam", "lime")
    families = [METHODS[name].family for name in named(found, "families")]
    assert len(set(families)) == len(families)
    assert ATTENTION not in families
    cheap = named(found, "cheap")
    assert "grad-cam" in cheap
    assert not {"lime", "score-cam", *refused} & set(cheap)


def test_presets_of_an_unknown_model_refuse_nothing() -> None:
    found = presets()
    assert named(found, "classics") == ("grad-cam", "ablation-cam", "score-cam", "lime")
    there = {method.family for method in METHODS.values()}
    assert len(named(found, "families")) == len(there)
    assert there <= set(FAMILIES)
    assert all(preset.title and preset.help.endswith(".") for preset in found)
