"""Equal content gives equal keys, different content different ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadOption, UnknownMethod
from core.explain.base import Request
from core.explain.map_key import key_of
from core.explain.methods import METHODS
from core.models.classifier import Classifier, Prepared
from core.pictures.picture import from_pixels
from core.requests import keys
from core.requests.keys import content_key
from tests.conftest import classifier_of, tiny_net

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def spelled(value: object) -> object:
    """Return the same content spelled otherwise: tuples for lists, names in another order."""
    if isinstance(value, list):
        return tuple(spelled(item) for item in value)
    if isinstance(value, dict):
        return {name: spelled(item) for name, item in reversed(list(value.items()))}
    return value


def exact(value: object) -> object:
    """Return something that differs exactly where contents differ."""
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    return type(value).__name__, repr(value + 0.0) if isinstance(value, float) else value


@given(PLAIN)
def test_spelling_does_not_matter(value: object) -> None:
    assert content_key(a=value, b=1) == content_key(b=1, a=spelled(value))


@given(PLAIN, PLAIN)
def test_different_content_has_different_keys(one: object, other: object) -> None:
    assert (content_key(v=one) == content_key(v=other)) == (exact(one) == exact(other))


def test_types_of_numbers_differ_and_signs_of_zero_do_not() -> None:
    assert len({content_key(v=value) for value in (1, 1.0, True, "1", [1], None)}) == 6
    assert content_key(v=-0.0) == content_key(v=0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [1.0, math.nan]])
def test_numbers_that_are_not_finite_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="finite"):
        content_key(v=value)


@pytest.mark.parametrize(
    "value", [b"x", {1, 2}, np.zeros(2), np.float32(1), object(), {1: 2}, {"a": [b"x"]}]
)
def test_unknown_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="v"):
        content_key(v=value)


def test_the_code_version_is_part(monkeypatch: pytest.MonkeyPatch) -> None:
    before = content_key(a=1)
    monkeypatch.setattr(keys, "CODE_VERSION", "next")
    assert content_key(a=1) != before


@pytest.fixture(scope="module")
def request_(tiny: Classifier, prepared: Prepared) -> Request:
    return Request(tiny, prepared, ("blocks.1",), 0)


def test_everything_that_changes_a_map_changes_its_key(
    request_: Request, tiny: Classifier, prepared: Prepared
) -> None:
    pixels = prepared.picture.pixels.copy()
    pixels[0, 0, 0] ^= 1
    renamed = classifier_of(tiny_net(), names=("a", "b", "c", "d"))
    others = [
        request_,
        replace(request_, prepared=tiny.prepare(from_pixels(pixels, "one pixel.png"))),
        replace(request_, prepared=tiny.prepare(prepared.picture, "crop")),
        replace(request_, classifier=renamed),
        replace(request_, layers=("blocks.0",)),
        replace(request_, layers=("blocks.0", "blocks.1")),
        replace(request_, class_index=1),
        replace(request_, smooth="eigen"),
        replace(request_, precision="fast"),
        replace(request_, seed=1),
    ]
    made = {key_of(request, "grad-cam") for request in others}
    assert len(made) == len(others)
    assert key_of(request_, "score-cam") not in made


def test_the_picture_s_name_does_not_matter(
    request_: Request, tiny: Classifier, prepared: Prepared
) -> None:
    renamed = tiny.prepare(from_pixels(prepared.picture.pixels, "other name.png"))
    assert key_of(replace(request_, prepared=renamed), "grad-cam") == key_of(request_, "grad-cam")


def test_absent_and_default_options_are_one(request_: Request) -> None:
    with_options = [method for method in METHODS.values() if method.options]
    assert with_options, "no method has options: this test needs one"
    for method in with_options:
        given = {option.name: option.default for option in method.options}
        same = replace(request_, options=given)
        assert key_of(same, method.name) == key_of(request_, method.name)


def test_another_option_value_is_another_key(request_: Request) -> None:
    for method in METHODS.values():
        for option in method.options:
            values = [*option.choices, option.low, option.high]
            other = next((v for v in values if v is not None and v != option.default), None)
            if other is None:
                continue
            value = type(option.default)(other)
            changed = replace(request_, options={option.name: value})
            assert key_of(changed, method.name) != key_of(request_, method.name)


def test_layers_do_not_matter_to_a_method_without(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flat:
        name, layered, options = "flat", False, ()

    monkeypatch.setitem(METHODS, "flat", Flat())  # type: ignore[arg-type]
    assert key_of(replace(request_, layers=()), "flat") == key_of(request_, "flat")


def test_unknown_methods_and_options_are_refused(request_: Request) -> None:
    with pytest.raises(UnknownMethod, match="grad-kam"):
        key_of(request_, "grad-kam")
    with pytest.raises(BadOption, match="sharpness"):
        key_of(replace(request_, options={"sharpness": 1}), "grad-cam")
