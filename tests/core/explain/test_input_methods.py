"""What every method promises that looks at a whole model at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core.errors import BadOption, Cancelled
from core.explain import methods
from core.explain.base import SAMPLES
from core.explain.input_method import InputMethod
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture
from tests.conftest import asked, classifier_of, run, tiny_net

FOUND = [method for method in methods.METHODS.values() if isinstance(method, InputMethod)]
EACH = pytest.mark.parametrize("method", FOUND, ids=lambda method: method.name)
FEW = {"steps": 4, "samples": 4, "masks": 100}


def few(method: InputMethod) -> dict[str, int]:
    return {option.name: FEW[option.name] for option in method.options if option.name in FEW}


def model_for(method: InputMethod, *models: Classifier) -> Classifier:
    return next(model for model in models if not method.fits(model))


@EACH
def test_every_explanation_can_be_made_again(
    method: InputMethod, tiny: Classifier, tiny_vit: Classifier, picture: Picture
) -> None:
    model = model_for(method, tiny, tiny_vit)
    request, subject = asked(
        model, model.prepare(picture), ("anything",), 1, method.name, few(method), seed=3
    )
    SAMPLES.clear()
    made = run(request, subject)
    assert request.layers == ()
    assert (made.method, made.label, made.smooth, made.seed) == (method.name,) * 2 + ("none", 3)
    assert (made.layer, made.class_index, made.class_name) == ("", 1, model.names[1])
    assert made.probability == pytest.approx(
        float(model.probabilities(subject.prepared)[1]), abs=1e-6
    )
    assert set(made.options) == {option.name for option in method.options}
    assert made.seconds > 0
    assert 0 < made.passes <= method.cost(request, model)
    assert made.heat.dtype == made.shown.dtype == np.float32
    assert made.shown.shape == model.input_size
    assert 0 <= made.shown.min() < made.shown.max() <= 1
    assert made.signed == method.signed == bool(made.heat.min() < 0)
    np.testing.assert_array_equal(made.heat, run(request, subject).heat)


@EACH
def test_progress_rises_to_one_and_every_tick_can_stop(
    method: InputMethod, tiny: Classifier, tiny_vit: Classifier, picture: Picture
) -> None:
    model = model_for(method, tiny, tiny_vit)
    one = asked(model, model.prepare(picture), (), 1, method.name, few(method))
    seen: list[float] = []
    SAMPLES.clear()
    run(*one, lambda fraction, stage="": seen.append(fraction))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)
    for last in range(len(seen)):
        SAMPLES.clear()  # answers that are kept need no ticks
        left = [None] * last

        def stop(fraction: float, stage: str = "", left: list[None] = left) -> None:
            if not left:
                raise Cancelled("stopped")
            left.pop()

        with pytest.raises(Cancelled):
            run(*one, stop)


@EACH
def test_threads_give_what_one_thread_gives_and_the_model_stays_as_it_is(
    method: InputMethod, tiny_vit: Classifier, picture: Picture
) -> None:
    model = model_for(method, classifier_of(tiny_net()), tiny_vit)
    before = {name: set(vars(module)) for name, module in model._model.named_modules()}
    prepared = model.prepare(picture)

    def heat(number: int) -> np.ndarray:
        one = asked(model, prepared, (), number % 4, method.name, few(method), seed=number)
        return run(*one).heat

    serial = [heat(number) for number in range(12)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(4) as pool:
            parallel = list(pool.map(heat, range(12)))
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(serial, parallel, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(one).max())
    after = {name: set(vars(module)) for name, module in model._model.named_modules()}
    assert before == after
    assert all(parameter.grad is None for parameter in model._model.parameters())
    assert not any(module._backward_hooks for module in model._model.modules())


@EACH
def test_smoothing_is_refused_in_one_sentence(
    method: InputMethod, tiny: Classifier, prepared: Prepared
) -> None:
    with pytest.raises(BadOption, match=f"{method.title} has no smoothing 'aug': choose none"):
        method.run(*asked(tiny, prepared, method=method.name, smooth="aug"))
