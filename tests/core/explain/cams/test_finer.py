"""Finer-CAM against the stock package, and against its formula for chosen classes."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import pytorch_grad_cam as package
import torch

from core.errors import BadOption
from core.explain.base import Subject
from core.explain.cams.finer import AGAINST, nearest_classes
from core.explain.methods import METHODS, options_against
from core.models.classifier import Classifier
from core.requests.maps import MapRequest
from tests.conftest import run

Ask = Callable[..., tuple[MapRequest, Subject]]


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("smooth", ["none", "eigen"])
def test_finer_cam_equals_the_package(
    strength: float,
    smooth: str,
    tiny: Classifier,
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    net = copy.deepcopy(tiny._model).requires_grad_(True)
    batch = request_of()[1].prepared.batch
    logits = net(batch).detach()
    best = int(logits.argmax())
    cam = package.FinerCAM(net, [net.blocks[1]])
    expected = cam(
        batch,
        eigen_smooth=smooth == "eigen",
        alpha=strength,
        comparison_categories=[1, 2],
    )[0]
    options = {"compare": 2, "strength": strength}
    made = run(*request_of(target=best, method="finer-cam", smooth=smooth, options=options))
    np.testing.assert_allclose(made.shown, expected, atol=1e-4)


def test_nearest_classes() -> None:
    logits = torch.tensor([[0.0, 5.0, 4.5, -2.0, 5.1]])
    assert nearest_classes(logits, 1, 3) == [4, 2, 0]
    assert nearest_classes(logits, 3, 9) == [0, 2, 1, 4]


def by_hand(tiny: Classifier, subject: Subject, of: int, other: int, strength: float) -> np.ndarray:
    """Grad-CAM of y_of - strength * y_other, without the ReLU (Zhang et al. 2025)."""
    net, kept = copy.deepcopy(tiny._model).requires_grad_(True), []
    net.blocks[1].register_forward_hook(lambda module, given, made: kept.append(made))
    logits = net(subject.prepared.batch)[0]
    (gradient,) = torch.autograd.grad(logits[of] - strength * logits[other], kept[0])
    weights = gradient[0].mean((1, 2), keepdim=True)
    return (weights * kept[0][0]).sum(0).detach().numpy()


@pytest.mark.parametrize("strength", [0.4, 1.0])
@pytest.mark.parametrize("classes", [(1, 3), (3, 1)])
def test_a_chosen_class_is_taken_off(
    strength: float, classes: tuple[int, int], tiny: Classifier, request_of: Ask
) -> None:
    of, other = classes
    options = {AGAINST: "1,3", "strength": strength}
    request, subject = request_of(target=of, method="finer-cam", options=options)
    made = run(request, subject)
    expected = by_hand(tiny, subject, of, other, strength)
    np.testing.assert_allclose(made.heat, expected, atol=1e-5 * np.abs(expected).max())
    names = tiny.names
    assert made.notes[0] == f"What speaks for {names[of]} and not for {names[other]}."


def test_without_strength_it_is_grad_cam(request_of: Ask) -> None:
    options = {AGAINST: "2", "strength": 0.0}
    made = run(*request_of(method="finer-cam", options=options))
    np.testing.assert_allclose(made.heat, run(*request_of(method="grad-cam")).heat, rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "only the explained class 1"),
        ("9", "names the class '9': give indices from 0 to 3"),
        ("-1", "names the class '-1'"),
        ("cat", "names the class 'cat'"),
        ("2,,3", "names the class ''"),
    ],
)
def test_bad_classes_are_refused_in_one_sentence(text: str, said: str, request_of: Ask) -> None:
    with pytest.raises(BadOption, match=said):
        run(*request_of(target=1, method="finer-cam", options={AGAINST: text}))


def test_two_explained_classes_are_told_from_each_other() -> None:
    assert options_against(["grad-cam", "finer-cam+aug", "finer-cam"], (4, 7)) == (
        ("finer-cam", AGAINST, "4,7"),
    )
    assert options_against(["finer-cam"], (4,)) == ()
    assert options_against(["grad-cam"], (4, 7)) == ()
    (option,) = (each for each in METHODS["finer-cam"].options if each.name == AGAINST)
    assert option.check(207) == "207", "one index looks like a number in a link"
