"""The table of methods, and what all of them promise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import BadOption, Cancelled, UnknownMethod, UnsupportedLayer
from core.explain import methods
from core.explain.base import Subject
from core.explain.families import FAMILIES, Family
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture
from core.requests.maps import WITHOUT_LAYER, MapRequest
from core.requests.options import Option, fill_defaults
from tests.conftest import asked, asked_lime, run

PROMISED = (
    "grad-cam",
    "hires-cam",
    "grad-cam++",
    "xgrad-cam",
    "layer-cam",
    "elementwise-grad-cam",
    "eigen-cam",
    "eigen-grad-cam",
    "kpca-cam",
    "random-cam",
    "ablation-cam",
    "score-cam",
)
LAYERED = [method for method in methods.METHODS.values() if method.layered]
EACH = pytest.mark.parametrize("method", LAYERED, ids=lambda method: method.name)


def test_the_promised_names_are_there() -> None:
    assert set(PROMISED) <= set(methods.METHODS)
    assert next(iter(methods.METHODS)) == "grad-cam"


@pytest.mark.parametrize("method", methods.METHODS.values(), ids=lambda method: method.name)
def test_methods_describe_themselves(method: methods.Method) -> None:
    assert method.title
    assert method.sentence.endswith(".")
    assert len(method.sentence) < 140
    assert method.paper
    assert method.link.startswith("https://")
    assert method.family in FAMILIES
    assert "none" in method.smooths
    for option in method.options:
        assert option.check(option.default) == option.default
        assert option.help.endswith(".")


def test_requests_know_which_methods_know_no_layer() -> None:
    assert {name for name, each in methods.METHODS.items() if not each.layered} == {
        "lime",
        "kernel-shap",
        *WITHOUT_LAYER,
    }


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_readme_has_the_table_of_families(family: Family) -> None:
    titles = [each.title for each in methods.METHODS.values() if each.family is family]
    row = f"| {family.title} | {', '.join(titles)} | {family.shows} | {family.hides} |"
    assert row in (Path(__file__).parents[3] / "README.md").read_text("utf-8").splitlines()


def test_names_are_found_in_any_case_and_wrong_ones_get_a_hint() -> None:
    assert methods.get(" Grad-CAM ").name == "grad-cam"
    with pytest.raises(UnknownMethod, match="'gradcam': did you mean grad-cam"):
        methods.get("gradcam")
    with pytest.raises(UnknownMethod, match="choose from grad-cam, "):
        methods.get("zzzzzz")


def test_labels_carry_the_smoothing() -> None:
    assert methods.parse_label("grad-cam") == ("grad-cam", "none")
    assert methods.parse_label("grad-cam+eigen") == ("grad-cam", "eigen")
    assert methods.parse_label("Grad-CAM+both") == ("grad-cam", "both")
    assert methods.parse_label("grad-cam++") == ("grad-cam++", "none")
    assert methods.parse_label("grad-cam+++aug") == ("grad-cam++", "aug")
    with pytest.raises(UnknownMethod):
        methods.parse_label("grad-cam+nothing")


@EACH
def test_every_explanation_can_be_made_again(
    method: methods.Method, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    request, subject = request_of(method=method.name, smooth=method.smooths[-1], seed=3)
    made = method.run(request, subject)
    assert (made.method, made.smooth, made.seed) == (method.name, request.smooth, 3)
    assert methods.parse_label(made.label) == (method.name, request.smooth)
    assert made.layer.split(",")[-1] == "blocks.1"
    assert (made.class_index, made.class_name) == (1, "red dog")
    shares = subject.classifier.probabilities(subject.prepared)
    assert made.probability == pytest.approx(float(shares[1]), abs=1e-6)
    assert (made.device, made.precision) == ("cpu", "exact")
    assert set(made.options) == {option.name for option in method.options}
    assert made.seconds > 0
    assert 0 < made.passes <= method.cost(request, subject.classifier)
    assert made.shown.shape == (32, 32)
    assert made.shown.min() >= 0
    assert made.shown.max() <= 1
    np.testing.assert_array_equal(made.shown, method.run(request, subject).shown)


@EACH
def test_progress_rises_to_one_and_names_the_layer(
    method: methods.Method, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    seen: list[tuple[float, str]] = []
    one = request_of(layers=("blocks.0", "blocks.1"), method=method.name)
    method.run(*one, lambda fraction, stage="": seen.append((fraction, stage)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert any(stage.startswith("blocks.0") for _, stage in seen)


@EACH
def test_every_tick_can_stop_the_work(
    method: methods.Method, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    ticks = 0

    def count(fraction: float, stage: str = "") -> None:
        nonlocal ticks
        ticks += 1

    one = request_of(layers=("blocks.0",), method=method.name)
    method.run(*one, count)
    for last in range(ticks):
        left = last

        def stop(fraction: float, stage: str = "") -> None:
            nonlocal left
            if left == 0:
                raise Cancelled("stopped")
            left -= 1

        with pytest.raises(Cancelled):
            method.run(*one, stop)


def test_bad_requests_are_refused_in_one_sentence(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    with pytest.raises(BadOption, match="EigenCAM has no smoothing 'eigen'"):
        run(*request_of(method="eigen-cam", smooth="eigen"))
    with pytest.raises(BadOption, match="no option 'depth': it has none"):
        run(*request_of(options={"depth": 3}))
    with pytest.raises(UnsupportedLayer, match=r"avgpool|fc"):
        run(*request_of(layers=("avgpool",)))
    with pytest.raises(UnsupportedLayer, match="nothing"):
        run(*request_of(layers=("nothing",)))


def test_a_method_refuses_requests_for_others(
    tiny: Classifier, prepared: Prepared, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    grad_cam, lime = request_of(), asked_lime(tiny, prepared)
    for method in methods.METHODS.values():
        for request, subject in (grad_cam, lime):
            if request.method != method.name:
                with pytest.raises(BadOption, match=f"cannot make a map of {request.method}"):
                    method.run(request, subject)
                with pytest.raises(BadOption, match=f"cannot make a map of {request.method}"):
                    method.cost(request, tiny)


def test_without_a_layer_it_is_the_models_last(
    tiny: Classifier, request_of: Callable[..., tuple[MapRequest, Subject]]
) -> None:
    made = run(*request_of(layers=()))
    assert made.layer == tiny.default_layer == "blocks.1"
    np.testing.assert_array_equal(made.heat, run(*request_of(layers=("blocks.1",))).heat)


def test_fits_says_why_not(tiny: Classifier) -> None:
    for method in LAYERED:
        assert method.fits(tiny, "blocks.1") == ""
        assert "avgpool" in method.fits(tiny, "avgpool")
        assert "fc" in method.fits(tiny, "fc")
        assert "layer9" in method.fits(tiny, "layer9")


def test_another_spelling_of_a_layer_is_the_same_layer(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    made = run(*request_of(layers=("blocks[-1]",)))
    assert made.layer == "blocks.1"


def test_notes_name_the_layer_and_the_share_of_variants(
    one_conv: Callable[..., Classifier], picture: Picture
) -> None:
    classifier = one_conv(torch.eye(3), -torch.ones(2, 3))
    prepared = classifier.prepare(picture)
    (plain,) = run(*asked(classifier, prepared, ("relu",))).notes
    assert plain.startswith("No position supports the class")
    several = run(*asked(classifier, prepared, ("conv", "relu"))).notes
    assert [note.partition(":")[0] for note in several] == ["conv", "relu"]
    augmented = run(*asked(classifier, prepared, ("relu",), smooth="aug"))
    assert augmented.notes
    assert all(note.startswith("In ") and " of 6 variants: " in note for note in augmented.notes)
    assert not augmented.shown.any()


def test_options_are_settled_and_checked() -> None:
    options = (Option("n", 3, "Number.", 1, 9), Option("s", 0.5, "Share.", 0.0, 1.0))
    assert fill_defaults(options, {}) == {"n": 3, "s": 0.5}
    assert fill_defaults(options, {"s": 1}) == {"n": 3, "s": 1.0}
    for bad in ({"n": 10}, {"n": 1.5}, {"n": True}, {"s": "x"}, {"other": 1}):
        with pytest.raises(BadOption):
            fill_defaults(options, bad)


def test_four_threads_give_what_one_gives(tiny: Classifier, picture: Picture) -> None:
    prepared = tiny.prepare(picture)
    names = ("grad-cam", "hires-cam+eigen", "random-cam", "ablation-cam", "score-cam", "layer-cam")
    layers = ("blocks.0", "blocks.1", "pool", "blocks.1.1")

    def one(number: int) -> np.ndarray:
        name, smooth = methods.parse_label(names[number % len(names)])
        layer, index = layers[number % len(layers)], number % 4
        one_of_them = asked(tiny, prepared, (layer,), index, name, smooth=smooth, seed=number)
        return run(*one_of_them).shown

    serial = [one(number) for number in range(64)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(4) as pool:
            parallel = list(pool.map(one, range(64)))
    finally:
        torch.set_num_threads(threads)
    for ours, theirs in zip(serial, parallel, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
