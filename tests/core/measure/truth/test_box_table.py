"""The column `box` of a Parquet file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.errors import BadTruth
from core.measure.truth.open import truth_of
from core.measure.truth.truth_file import TruthFile
from core.pictures.picture import Picture, decode
from tests.core.measure.truth.conftest import HEIGHT, WIDTH


def file_of(**columns: Any) -> TruthFile:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return truth_of(buffer.getvalue(), "boxes.parquet")


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


@pytest.fixture
def encoded(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "PNG")
    return buffer.getvalue()


BOX = pa.list_(pa.int16(), 4)


@pytest.mark.parametrize("struct", [False, True])
def test_a_row_belongs_to_the_picture_with_its_bytes(struct: bool, encoded: bytes) -> None:
    images: Any = [b"another", encoded]
    if struct:
        images = [{"bytes": each, "path": f"{at}.png"} for at, each in enumerate(images)]
    file = file_of(image=images, box=pa.array([[0, 0, 1, 1], [3, 2, 14, 6]], BOX))
    picture = decode(encoded, "any.png")
    np.testing.assert_array_equal(file.find(picture, ""), box(3, 2, 14, 6))
    other = replace(picture, file="0" * 64)
    assert file.find(other, "") is None
    if struct:
        named = file.find(replace(other, name="0.png"), "")
        np.testing.assert_array_equal(named, box(0, 0, 1, 1))


def test_a_row_belongs_to_the_picture_of_its_name_and_several_are_united(picture: Picture) -> None:
    file = file_of(
        file_name=["a/cat.jpg", "a/cat.jpg", "dog.jpg", None],
        box=[[0.0, 0.0, 1.0, 1.0], [3.2, 2.0, 3.2, 2.0], None, [0.0, 0.0, 5.0, 5.0]],
    )
    np.testing.assert_array_equal(file.find(picture, ""), box(0, 0, 1, 1) | box(3, 2, 3, 2))
    assert file.find(replace(picture, name="dog.jpg"), "") is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([float("nan"), 0.0, 1.0, 1.0], "an edge that is no number"),
        ([None, 0.0, 1.0, 1.0], "an edge that is no number"),
        ([9.0, 0.0, 1.0, 1.0], "ends before it begins"),
        ([90.0, 0.0, 99.0, 1.0], "lies outside its picture"),
    ],
)
def test_a_box_that_is_none_is_refused(
    given: list[float | None], sentence: str, picture: Picture
) -> None:
    file = file_of(file_name=["cat.jpg"], box=[given])
    with pytest.raises(BadTruth, match=sentence):
        file.find(picture, "")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"box": [[1, 2, 3, 4]]}, "has the columns box: give one with"),
        ({"file_name": ["a"]}, "has the columns file_name: give one with"),
        ({"file_name": ["a"], "box": ["1 2 3 4"]}, "give one with a column `box`"),
        ({"file_name": ["a"], "box": [["1", "2"]]}, "has boxes of string"),
        ({"file_name": ["a"], "box": [[1, 2, 3]]}, "a box of 3 numbers"),
    ],
)
def test_a_file_without_boxes_is_refused(columns: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadTruth, match=sentence) as caught:
        file_of(**columns)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(BadTruth, match="damaged Parquet file"):
        truth_of(b"PAR1" + b"\0" * 50 + b"PAR1", "boxes.parquet")
