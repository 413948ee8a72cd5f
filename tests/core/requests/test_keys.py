"""Equal content gives equal keys, different content different ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import from_pixels
from core.requests import keys
from core.requests.keys import content_key, key_of
from core.requests.maps import Fit
from tests.conftest import asked, asked_lime, blocks_picture, classifier_of, run, tiny_net

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
    with pytest.raises(TypeError, match="A content key"):
        content_key(v=value)


def test_the_code_version_is_part(monkeypatch: pytest.MonkeyPatch) -> None:
    before = content_key(a=1)
    monkeypatch.setattr(keys, "CODE_VERSION", "next")
    assert content_key(a=1) != before


def test_names_for_people_do_not_matter(tiny: Classifier, prepared: Prepared) -> None:
    renamed = tiny.prepare(from_pixels(prepared.picture.pixels, "other name.png"))
    (one, _), (other, _) = asked(tiny, prepared), asked(tiny, renamed)
    assert one.picture.name != other.picture.name
    assert key_of(one) == key_of(other)


def test_one_pixel_the_fit_and_the_class_names_change_the_key(
    tiny: Classifier, prepared: Prepared
) -> None:
    pixels = prepared.picture.pixels.copy()
    pixels[0, 0, 0] ^= 1
    renamed = classifier_of(tiny_net(), names=("a", "b", "c", "d"))
    requests = [
        asked(tiny, prepared),
        asked(tiny, tiny.prepare(from_pixels(pixels, prepared.picture.name))),
        asked(tiny, tiny.prepare(prepared.picture, "crop")),
        asked(renamed, prepared),
        asked(tiny, prepared, method="score-cam"),
        asked(tiny, prepared, method="score-cam", options={"channels": 3}),
        asked_lime(tiny, prepared),
    ]
    assert len({key_of(request) for request, _ in requests}) == len(requests)


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        ({"resize": 33}, "crop"),
        ({"interpolation": "bicubic"}, "crop"),
        ({"size": (24, 24)}, "squash"),
        ({"mean": (0.4, 0.4, 0.4)}, "squash"),
        ({"std": (0.2, 0.3, 0.4)}, "squash"),
    ],
)
def test_classifiers_that_only_prepare_otherwise_have_keys_and_maps_of_their_own(
    changes: dict[str, object], fit: Fit, tiny: Classifier
) -> None:
    picture = blocks_picture(60, 90)  # unlike the fixture's, resized before it is cropped
    preprocess = replace(tiny.preprocess, **changes)
    other = Classifier(tiny_net(), replace(tiny.card, preprocess=preprocess))
    assert (other.id, other.digest, other.names) == (tiny.id, tiny.digest, tiny.names)
    one, two = (asked(each, each.prepare(picture, fit)) for each in (tiny, other))
    assert key_of(one[0]) != key_of(two[0])
    shown = [run(*each).shown for each in (one, two)]
    if shown[0].shape == shown[1].shape:
        assert np.abs(shown[0] - shown[1]).max() > 0.01
    lime = [asked_lime(each, each.prepare(picture, fit))[0] for each in (tiny, other)]
    assert key_of(lime[0]) != key_of(lime[1])
