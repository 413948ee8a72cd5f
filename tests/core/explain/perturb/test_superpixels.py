"""Superpixels: lime's own for the same names and defaults, numbered from 0 without gaps."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lime.wrappers.scikit_image import SegmentationAlgorithm
from PIL import Image
from skimage import data

from core import Pixels
from core.errors import BadOption, BadPicture
from core.explain.perturb.superpixels import (
    ALGORITHMS,
    MAX_SIDE,
    decode_labels,
    encode_labels,
    from_labels,
    segment,
)

PIXELS: Pixels = np.asarray(Image.fromarray(data.chelsea()).resize((96, 96)))
"""A cat."""


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("quickshift", {"kernel_size": 4, "max_dist": 200, "ratio": 0.2, "random_seed": 7}),
        ("slic", {}),
        ("felzenszwalb", {}),
    ],
)
def test_defaults_are_limes(name: str, given: dict[str, float]) -> None:
    stock = SegmentationAlgorithm(name, **given)(PIXELS)
    made = segment(PIXELS, name)
    assert np.array_equal(made.segments, stock - stock.min())
    assert made.count == len(np.unique(stock))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("quickshift", {"kernel_size": 7.0, "max_dist": 50.0, "ratio": 0.9}),
        ("slic", {"n_segments": 30, "compactness": 1.5}),
        ("felzenszwalb", {"scale": 80.0, "sigma": 0.2, "min_size": 60}),
    ],
)
def test_other_settings_are_limes_too(name: str, given: dict[str, float]) -> None:
    stock = SegmentationAlgorithm(name, **given)(PIXELS)
    assert np.array_equal(segment(PIXELS, name, given).segments, stock - stock.min())


def test_slic_of_scikit_image_begins_at_1_and_ours_at_0() -> None:
    assert SegmentationAlgorithm("slic")(PIXELS).min() == 1
    assert segment(PIXELS, "slic").segments.min() == 0


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "mask"])
def test_segments_keep_the_dictionary_of_arrays(name: str) -> None:
    made = segment(PIXELS, name)
    assert made.segments.dtype == np.int32
    assert made.segments.shape == PIXELS.shape[:2]
    assert np.array_equal(np.unique(made.segments), np.arange(made.count))
    assert made.recipe.startswith(f"{name}(")
    assert not made.segments.flags.writeable
    assert segment(PIXELS, name).digest == made.digest


def test_options_change_the_superpixels_and_those_of_others_do_not() -> None:
    few = segment(PIXELS, "slic", {"n_segments": 9})
    assert few.count < segment(PIXELS, "slic").count
    assert segment(PIXELS, "slic", {"n_segments": 9, "cells": 3, "ratio": 0.5}).digest == few.digest
    assert "n_segments=9" in few.recipe


def test_a_grid_also_where_it_does_not_divide() -> None:
    made = segment(np.zeros((10, 7, 3), np.uint8), "grid", {"cells": 3})
    assert made.count == 9
    assert made.segments[0, 0] == 0
    assert made.segments[-1, -1] == 8
    areas = np.bincount(made.segments.ravel())
    assert areas.min() >= 3 * 2
    assert areas.max() <= 4 * 3


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("snic", {}, "'snic' is unknown: use quickshift"),
        ("quickshift", {"kernel_size": 0.5}, "kernel_size is 0.5: give 1 to 20"),
        ("slic", {"n_segments": 2.5}, "n_segments is 2.5"),
        ("felzenszwalb", {"min_size": 5000}, "gives a single superpixel"),
        ("mask", {}, "needs a label image"),
    ],
)
def test_refusals(name: str, options: dict[str, float], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        segment(PIXELS, name, options)


def test_too_many_superpixels_are_refused() -> None:
    with pytest.raises(BadOption, match="gives 2500 superpixels, more than 2000"):
        from_labels(np.arange(2500).reshape(50, 50), "dust()")


@given(arrays(np.int64, (5, 6), elements=st.integers(-3, 9)))
def test_numbering_keeps_the_partition_and_its_order(labels: np.ndarray) -> None:
    different = np.unique(labels)
    if len(different) == 1:
        with pytest.raises(BadOption):
            from_labels(labels, "one")
        return
    made = from_labels(labels, "any")
    assert np.array_equal(different[made.segments], labels)
    assert made.count == len(different)


def label_image() -> Pixels:
    """Two colours: the left quarter is red, the rest blue."""
    image = np.zeros((20, 40, 3), np.uint8)
    image[..., 2] = 255
    image[:, :10] = (255, 0, 0)
    return image


def test_a_label_image_comes_back_at_any_size() -> None:
    text = encode_labels(label_image())
    same = decode_labels(text, 20, 40)
    assert len(np.unique(same)) == 2
    assert (same[:, :10] != same[:, 10:20]).all()
    large = segment(np.zeros((224, 224, 3), np.uint8), "mask", drawn=text)
    assert large.count == 2
    assert np.bincount(large.segments[0]).tolist() in ([56, 168], [168, 56])


def test_numbers_of_a_grey_label_image_keep_apart() -> None:
    labels = np.arange(6, dtype=np.int32).reshape(2, 3) * 1000
    found = decode_labels(encode_labels(labels), 2, 3)
    assert np.array_equal(found, labels // 1000)


def test_a_label_image_of_the_whole_picture_is_cropped_as_the_model_sees_it() -> None:
    made = segment(
        np.zeros((30, 30, 3), np.uint8),
        "mask",
        drawn=encode_labels(label_image()),
        seen=(0.0, 0.0, 0.5, 1.0),
    )
    left, right = made.segments[:, :15], made.segments[:, 15:]
    assert len(np.unique(left)) == len(np.unique(right)) == 1
    assert left[0, 0] != right[0, 0]


def png(image: Image.Image) -> str:
    store = io.BytesIO()
    image.save(store, "PNG")
    return base64.b64encode(store.getvalue()).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a label image"),
        ("not base64!", "needs a label image"),
        (base64.b64encode(b"text").decode(), "needs a label image"),
        (png(Image.new("RGB", (4, 4))), "mode RGB"),
        (png(Image.new("I;16", (MAX_SIDE + 1, 2))), f"{MAX_SIDE + 1} x 2 pixels"),
        (encode_labels(label_image())[:60], "needs a label image"),
    ],
    ids=["empty", "no base64", "no picture", "colours", "large", "cut off"],
)
def test_what_is_no_label_image_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadOption, match=words):
        decode_labels(text, 8, 8)


def test_label_images_have_limits() -> None:
    with pytest.raises(BadPicture, match=f"side of {MAX_SIDE + 1} pixels"):
        encode_labels(np.zeros((2, MAX_SIDE + 1), np.uint8))
    with pytest.raises(BadPicture, match="more than 65,536 labels"):
        encode_labels(np.arange(70_000, dtype=np.int64).reshape(700, 100))
