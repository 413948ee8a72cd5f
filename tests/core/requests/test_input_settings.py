"""What a person changes of a model's input: read, applied, said, and refused in one sentence."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOption
from core.requests.input_settings import changed, numbers_text, size_text, words
from core.requests.references import Preprocess
from tests.core.requests import strategies as made

BASE = Preprocess((224, 224), 256)


def test_nothing_changed_is_what_was_assumed() -> None:
    assert changed(BASE, "sigmoid", ()) == (BASE, "sigmoid")


def test_every_setting_is_applied() -> None:
    texts = (
        "size=192x128",
        "resize=200",
        "mean=0.1,0.2,0.3",
        "std=0.5",
        "interpolation=lanczos",
        "crop=squash",
        "activation=sigmoid",
    )
    expected = Preprocess((192, 128), 200, (0.1, 0.2, 0.3), (0.5,) * 3, "lanczos", "squash")
    assert changed(BASE, "softmax", texts) == (expected, "sigmoid")


def test_a_new_size_keeps_the_share_of_the_crop() -> None:
    assert changed(BASE, "softmax", ("size=112",))[0].resize == 128
    assert changed(BASE, "softmax", ("size=2048",))[0].resize == 2048


def test_grey_takes_one_number_of_each() -> None:
    grey, _ = changed(BASE, "softmax", ("channels=1",))
    assert grey.channels == 1
    assert grey.mean == pytest.approx((0.449,))
    assert grey.std == pytest.approx((0.226,))
    own, _ = changed(BASE, "softmax", ("std=0.3", "channels=1", "mean=0.5"))
    assert (own.mean, own.std) == ((0.5,), (0.3,))
    assert changed(grey, "softmax", ("channels=3",))[0].mean == pytest.approx((0.449,) * 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "size",
        "size=",
        "size=15",
        "size=2049",
        "size=224x",
        "size=224x224x3",
        "size=٢٢٤",
        "size=" + "9" * 5000,
        "resize=0",
        "resize=-1",
        "channels=2",
        "mean=",
        "mean=a",
        "mean=nan",
        "mean=inf",
        "mean=0.1,0.2",
        "mean=1001",
        "std=0",
        "std=-1",
        "std=1e-9",
        "std=" + "1," * 100_000,
        "interpolation=cubic",
        "crop=left",
        "activation=tanh",
        "colour=red",
        "activation=sigmoid\n",
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(text: str) -> None:
    if text.endswith("\n"):
        assert changed(BASE, "softmax", (text,))[1] == "sigmoid"  # blanks at the end do not matter
        return
    with pytest.raises(BadOption) as caught:
        changed(BASE, "softmax", (text,))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_setting_given_twice_and_three_numbers_for_grey_are_refused() -> None:
    with pytest.raises(BadOption, match="size twice"):
        changed(BASE, "softmax", ("size=32", "size=64"))
    with pytest.raises(BadOption, match="one channel"):
        changed(BASE, "softmax", ("channels=1", "mean=0.1,0.2,0.3"))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gives_a_preprocess_or_a_sentence(name: str, value: str) -> None:
    for text in (f"{name}={value}", f"size={value}", f"mean={value}", f"std={value}", value):
        with contextlib.suppress(BadOption):
            changed(BASE, "softmax", (text,))


@given(made.preprocesses, made.changes)
def test_what_is_drawn_at_random_is_applied_and_said(base: Preprocess, texts) -> None:
    preprocess, activation = changed(base, "softmax", texts)
    line = words(preprocess, activation)
    assert "\n" not in line
    assert activation in line
    again = (
        f"size={size_text(preprocess.size)}",
        f"resize={preprocess.resize}",
        f"channels={preprocess.channels}",
        f"mean={numbers_text(preprocess.mean)}",
        f"std={numbers_text(preprocess.std)}",
        f"interpolation={preprocess.interpolation}",
        f"crop={preprocess.crop}",
    )
    if min(preprocess.size) >= 16 and preprocess.resize >= 16:
        assert changed(BASE, activation, again) == (preprocess, activation)


@pytest.mark.parametrize(
    ("mean", "std"),
    [((0.5,), (0.5, 0.5, 0.5)), ((0.5, 0.5), (0.5, 0.5)), ((0.5,), (0.0,)), ((1e400,), (1.0,))],
)
def test_a_reference_with_bad_numbers_is_refused(mean, std) -> None:
    with pytest.raises(BadOption):
        Preprocess((32, 32), 32, mean, std)


@pytest.mark.parametrize(("size", "resize"), [((0, 32), 32), ((32, 10**9), 32), ((32, 32), 0)])
def test_a_reference_with_a_bad_size_is_refused(size, resize) -> None:
    with pytest.raises(BadOption):
        Preprocess(size, resize)


def test_a_picture_that_is_squashed_on_request_is_shown_whole() -> None:
    how = Preprocess((224, 224), 256)
    assert changed(how, "softmax", ["crop=squash"])[0].resize == 224
    assert changed(how, "softmax", ["crop=squash", "resize=240"])[0].resize == 240
    squashed = replace(how, crop="squash")
    assert changed(squashed, "softmax", ["size=448"])[0].resize == 512
    assert "resized to 256, of it the centre" in words(squashed, "softmax")
    assert "whole picture resized," in words(replace(squashed, resize=224), "softmax")
