"""Several pictures in one pass: each has what it has alone, to 1e-5 of the peak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.errors import Cancelled
from core.explain import methods
from core.explain.base import Subject, no_tick
from core.explain.cams.layer_method import LayerMethod
from core.explain.cams.together import run_together
from core.explain.shared_pass import SharedPass
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import from_pixels
from tests.conftest import asked

SHARED = [
    method.name
    for method in methods.METHODS.values()
    if isinstance(method, LayerMethod) and method.shares_passes
]


class Kept:
    """One pass, whatever the layer."""

    def __init__(self, shared: SharedPass) -> None:
        self.shared = shared
        self.asked: list[str] = []

    def find(self, layer: str) -> SharedPass | None:
        self.asked.append(layer)
        return self.shared


def pictures(classifier: Classifier, count: int = 3) -> list[Prepared]:
    made = []
    for seed in range(count):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        made.append(classifier.prepare(from_pixels(pixels, f"{seed}.png")))
    return made


@pytest.mark.parametrize("model", ["tiny", "tiny_vit", "tiny_swin"])
@pytest.mark.parametrize("method", ["grad-cam", "layer-cam", "eigen-cam", "grad-cam++"])
def test_a_map_of_a_shared_pass_is_the_map_alone(
    model: str, method: str, request: pytest.FixtureRequest
) -> None:
    classifier: Classifier = request.getfixturevalue(model)
    own = pictures(classifier)
    layer = classifier.default_layer
    passes = run_together(classifier, layer, own, [[1], [2, 3], []], no_tick, predicted=True)
    wanted = [(0, 1), (1, 2), (1, 3)]
    wanted += [(at, int(each.logits.argmax())) for at, each in enumerate(passes)]
    for at, target in wanted:
        asked_for, subject = asked(classifier, own[at], (layer,), target, method)
        alone = methods.get(method).run(asked_for, subject)
        kept = Kept(passes[at])
        shared = methods.get(method).run(asked_for, replace(subject, passes=kept))
        assert kept.asked == [layer]
        peak = np.abs(alone.heat).max()
        assert np.abs(shared.heat - alone.heat).max() <= 1e-5 * peak
        assert np.abs(shared.shown - alone.shown).max() <= 1e-5
        assert shared.probability == pytest.approx(alone.probability, abs=1e-6)


def test_the_formula_is_the_gradient_of_each_pictures_own_logit(tiny: Classifier) -> None:
    own = pictures(tiny, 2)
    one, two = run_together(tiny, "blocks.1", own, [[0], [3]], no_tick, predicted=False)
    for made, prepared, target in ((one, own[0], 0), (two, own[1], 3)):
        leaf, *rest = tiny.split("blocks.1").head(prepared.batch)
        leaf.requires_grad_()
        logits = tiny.split("blocks.1").tail(leaf, *rest)
        (gradient,) = torch.autograd.grad(logits[0, target], leaf)
        assert list(made.gradients) == [target]
        np.testing.assert_allclose(made.gradients[target], gradient[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(made.maps, leaf[0].detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(made.logits.numpy(), logits.detach().numpy(), atol=1e-5)


def test_methods_with_an_objective_of_their_own_take_no_shared_gradient() -> None:
    assert {"grad-cam", "layer-cam", "hires-cam", "eigen-cam"} <= set(SHARED)
    assert not {"finer-cam", "ablation-cam", "score-cam"} & set(SHARED)


def test_flipped_variants_are_computed_for_themselves(
    request_of: Callable[..., tuple[object, Subject]], tiny: Classifier, prepared: Prepared
) -> None:
    asked_for, subject = asked(tiny, prepared, ("blocks.1",), 1, smooth="aug")
    (made, _) = run_together(tiny, "blocks.1", [prepared] * 2, [[1]] * 2, no_tick, predicted=False)
    shared = methods.get("grad-cam").run(asked_for, replace(subject, passes=Kept(made)))
    alone = methods.get("grad-cam").run(asked_for, subject)
    np.testing.assert_allclose(shared.heat, alone.heat, atol=1e-5)


def test_it_can_be_stopped(tiny: Classifier) -> None:
    def stopped(fraction: float, stage: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_together(tiny, "blocks.1", pictures(tiny, 2), [[0], [0]], stopped, predicted=True)


def test_a_model_that_lets_no_gradient_pass_still_shares_its_answers(
    tiny: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object, **named: object) -> Tensor:
        raise RuntimeError("inference tensors")

    monkeypatch.setattr(torch.autograd, "grad", refuse)
    made = run_together(tiny, "blocks.1", pictures(tiny, 2), [[0], [0]], no_tick, predicted=True)
    assert [each.gradients for each in made] == [{}, {}]
    assert all(each.logits.shape == (1, 4) for each in made)
