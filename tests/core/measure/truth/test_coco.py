"""COCO JSON: polygons, run lengths and boxes, and what strangers put there instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Mask
from core.errors import BadTruth
from core.measure.truth.coco import from_coco
from core.measure.truth.shapes import polygon_mask
from core.pictures.picture import Picture
from core.pictures.run_lengths import uncompressed
from tests.core.measure.truth.conftest import HEIGHT, WIDTH

IMAGE = {"id": 5, "file_name": "val/cat.jpg", "width": WIDTH, "height": HEIGHT}
CATEGORIES = [{"id": 1, "name": "tabby_Cat"}, {"id": 2, "name": "dog"}]


def coco(*annotations: dict[str, Any], image: dict[str, Any] = IMAGE, **more: Any) -> bytes:
    given = [{"image_id": 5, "category_id": 1, **each} for each in annotations]
    whole = {"images": [image], "annotations": given, "categories": CATEGORIES, **more}
    return json.dumps(whole).encode()


def found(data: bytes, picture: Picture, class_name: str = "") -> Mask | None:
    return from_coco(data, "instances.json", "0" * 64).find(picture, class_name)


def box(left: int, top: int, right: int, bottom: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


def runs_of(mask: Mask) -> list[int]:
    """Count equal pixels column by column, beginning with those that are not of the object."""
    runs, now = [0], False
    for pixel in mask.T.ravel():
        if pixel != now:
            runs.append(0)
            now = bool(pixel)
        runs[-1] += 1
    return runs


def compressed(runs: Sequence[int]) -> str:
    """`rleToString` of COCO's maskApi.c, in Python."""
    text = ""
    for at, run in enumerate(runs):
        value = run - (runs[at - 2] if at > 2 else 0)
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            text += chr(bits + 0x20 * more + 48)
    return text


OBJECT = box(3, 2, 15, 7) | box(10, 5, 12, 11)


@pytest.mark.parametrize("form", [list, compressed])
@pytest.mark.parametrize("crowd", [0, 1])
def test_run_lengths(form: Any, crowd: int, picture: Picture) -> None:
    outline = {"size": [HEIGHT, WIDTH], "counts": form(runs_of(OBJECT))}
    mask = found(coco({"segmentation": outline, "iscrowd": crowd, "bbox": [0, 0, 1, 1]}), picture)
    np.testing.assert_array_equal(mask, OBJECT)


@given(st.lists(st.integers(0, 200_000_000), max_size=9))
def test_compressed_run_lengths_and_back(runs: list[int]) -> None:
    assert uncompressed(compressed(runs)) == runs


def test_compressed_run_lengths_as_cocoapi_writes_them() -> None:
    assert uncompressed("PP\\9") == [480 * 640], "an empty mask among published predictions"


def test_polygons_are_filled(picture: Picture) -> None:
    squares = [[3, 2, 15, 2, 15, 7, 3, 7], [10, 5, 12, 5, 12, 11, 10, 11]]
    mask = found(coco({"segmentation": squares}), picture)
    assert mask is not None
    assert (mask & OBJECT).sum() == OBJECT.sum()
    near = box(2, 1, 16, 8) | box(9, 4, 13, 12)
    assert not (mask & ~near).any(), "no further than the edge's pixels"


def test_a_polygon_is_the_set_of_pixels_whose_middle_it_holds_up_to_its_edge() -> None:
    rng = np.random.default_rng(1)
    angles = np.sort(rng.random(9)) * 2 * np.pi
    corners = np.stack([30 + 25 * np.cos(angles), 20 + 15 * np.sin(angles)], 1)
    mask = polygon_mask(corners, (60, 40), (40, 60))
    for row in range(40):
        for column in range(60):
            middle = np.array([column + 0.5, row + 0.5])
            one, two = corners, np.roll(corners, -1, 0)
            far = min(_far(middle, *each) for each in zip(one, two, strict=True))
            if far > 1:
                crosses = (one[:, 1] > middle[1]) != (two[:, 1] > middle[1])
                slope = (two[:, 0] - one[:, 0]) / (two[:, 1] - one[:, 1])
                at = one[:, 0] + (middle[1] - one[:, 1]) * slope
                inside = bool((crosses & (middle[0] < at)).sum() % 2)
                assert mask[row, column] == inside, (row, column)


def _far(point: np.ndarray, one: np.ndarray, two: np.ndarray) -> float:
    along = np.clip(np.dot(point - one, two - one) / np.dot(two - one, two - one), 0, 1)
    return float(np.linalg.norm(point - one - along * (two - one)))


def test_without_a_segmentation_the_box_counts(picture: Picture) -> None:
    mask = found(coco({"bbox": [3, 2, 12, 5], "segmentation": []}), picture)
    np.testing.assert_array_equal(mask, box(3, 2, 15, 7))
    thin = found(coco({"bbox": [3.1, 2.6, 0.2, 0.1]}), picture)
    np.testing.assert_array_equal(thin, box(3, 2, 4, 3))
    beyond = found(coco({"bbox": [-5, 10, 100, 100]}), picture)
    np.testing.assert_array_equal(beyond, box(0, 10, WIDTH, HEIGHT))


def test_annotations_are_united_unless_some_have_the_name_of_the_class(picture: Picture) -> None:
    data = coco(
        {"bbox": [0, 0, 2, 2]},
        {"bbox": [4, 4, 2, 2]},
        {"bbox": [8, 8, 2, 2], "category_id": 2},
    )
    cats, dog = box(0, 0, 2, 2) | box(4, 4, 6, 6), box(8, 8, 10, 10)
    np.testing.assert_array_equal(found(data, picture, "Egyptian cat"), cats | dog)
    np.testing.assert_array_equal(found(data, picture, "Tabby cat"), cats)
    np.testing.assert_array_equal(found(data, picture, "dog"), dog)


def test_a_picture_without_annotations_has_no_mask(picture: Picture) -> None:
    assert found(coco(), picture) is None
    assert (
        found(coco({"bbox": [0, 0, 2, 2]}, image={**IMAGE, "file_name": "x.jpg"}), picture) is None
    )


def test_a_picture_that_is_shown_smaller(large: Picture) -> None:
    image = {"id": 5, "file_name": "large.png", "width": 4096, "height": 2100}
    whole = np.zeros((2100, 4096), bool)
    whole[:1000, :1000] = True
    forms = (
        {"bbox": [0, 0, 1000, 1000]},
        {"segmentation": {"size": [2100, 4096], "counts": runs_quick(1000, 1000, 2100, 4096)}},
    )
    for each in forms:
        mask = found(coco(each, image=image), large)
        assert mask is not None
        assert mask[:500, :500].all()
        assert mask.sum() == 500 * 500


def runs_quick(rows: int, columns: int, height: int, width: int) -> list[int]:
    runs = [0]
    for _ in range(columns):
        runs += [rows, height - rows]
    runs[-1] += (width - columns) * height
    return runs


RLE = {"size": [HEIGHT, WIDTH], "counts": [WIDTH * HEIGHT]}


@pytest.mark.parametrize(
    ("annotation", "sentence"),
    [
        ({}, "has no segmentation and no bbox"),
        ({"bbox": [1, 2, 3]}, "no bbox of four numbers"),
        ({"bbox": [1, 2, float("nan"), 3]}, "no bbox of four numbers"),
        ({"bbox": [1, 2, 10**400, 3]}, "no bbox of four numbers"),
        ({"bbox": [1, 2, True, 3]}, "no bbox of four numbers"),
        ({"bbox": [1, 2, 0, 3]}, "ends before it begins"),
        ({"bbox": [50, 2, 3, 3]}, "lies outside its picture"),
        ({"segmentation": [[1, 2, 3, 4]]}, "three corners"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "three corners"),
        ({"segmentation": [[1, 2, 3, 4, 5, float("inf")]]}, "three corners"),
        ({"segmentation": ["abcdef"]}, "three corners"),
        ({"segmentation": {**RLE, "size": [HEIGHT, WIDTH + 1]}}, "of another size"),
        ({"segmentation": {**RLE, "size": [10**9, 10**9]}}, "of another size"),
        ({"segmentation": {**RLE, "counts": [5, 6]}}, "do not add up"),
        ({"segmentation": {**RLE, "counts": [-5, WIDTH * HEIGHT + 5]}}, "do not add up"),
        ({"segmentation": {**RLE, "counts": [True, WIDTH * HEIGHT - 1]}}, "do not add up"),
        ({"segmentation": {**RLE, "counts": "o" * 10_000}}, "do not add up"),
        ({"segmentation": {**RLE, "counts": "é"}}, "do not add up"),
        ({"segmentation": {**RLE, "counts": None}}, "do not add up"),
    ],
)
def test_an_annotation_that_is_none_is_refused(
    annotation: dict[str, Any], sentence: str, picture: Picture
) -> None:
    with pytest.raises(BadTruth, match=sentence) as caught:
        found(coco(annotation), picture)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("size", [{"width": 5}, {"height": "a" * 999}, {"width": 12, "height": 20}])
def test_another_size_than_the_picture_s_is_refused(size: dict[str, Any], picture: Picture) -> None:
    with pytest.raises(BadTruth, match="give a mask of that size") as caught:
        found(coco({"bbox": [0, 0, 2, 2]}, image={**IMAGE, **size}), picture)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[]", "no lists images and annotations"),
        (b'{"images": {}, "annotations": []}', "no lists images and annotations"),
        (b'{"images": [1, {"id": 1}, {"file_name": "a"}], "annotations": []}', "no image with"),
    ],
)
def test_a_file_that_is_no_coco_file_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BadTruth, match=sentence):
        from_coco(data, "instances.json", "0" * 64)


def test_too_many_annotations_of_a_picture_are_refused(picture: Picture) -> None:
    with pytest.raises(BadTruth, match="has 1001 annotations"):
        found(coco(*[{"bbox": [0, 0, 2, 2]}] * 1001), picture)
