"""Masks as COCO JSON, read back by COCO's rules written out here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import Mask
from core.errors import BadOption
from core.export.formats.coco import bounds, on_picture, write_coco
from core.export.formats.map_set import KeptPicture, MapSet
from core.measure.masks import default_rule, marked
from core.measure.truth.open import open_truth
from core.pictures.picture import read
from core.requests.studies import Rule


def decoded(segmentation: dict[str, Any]) -> Mask:
    """Read compressed run lengths as COCO does: six-bit characters, differences, columns."""
    height, width = segmentation["size"]
    counts: list[int] = []
    text, at = segmentation["counts"].encode(), 0
    while at < len(text):
        value = shift = 0
        more = True
        while more:
            six = text[at] - 48
            value |= (six & 0x1F) << shift
            shift, at, more = shift + 5, at + 1, bool(six & 0x20)
            if not more and six & 0x10:
                value |= -1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    flat, marks = [], False
    for count in counts:
        flat += [marks] * count
        marks = not marks
    assert len(flat) == height * width
    return np.array(flat).reshape(width, height).T


def written(folder: Path, path: Path, **options: Any) -> dict[str, Any]:
    write_coco(MapSet(folder), path, **options)
    return json.loads(path.read_text())


def test_masks_are_those_that_agree_marks(folder: Path, tmp_path: Path) -> None:
    file = written(folder, tmp_path / "a.json", top=20, superpixels=3)
    pictures = list(MapSet(folder).pictures())
    pairs = [(picture, each) for picture in pictures for each in picture.maps]
    assert len(file["annotations"]) == len(pairs) == 8
    assert sum(each["area"] > 0 for each in file["annotations"]) > 4
    images = {each["id"]: each for each in file["images"]}
    for (picture, each), found in zip(pairs, file["annotations"], strict=True):
        own = marked(each.made, default_rule(each.made, 20, 3)).mask
        width, height = picture.size
        rows = ((np.arange(height) + 0.5) * own.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * own.shape[1] / width).astype(int)
        mask = decoded(found["segmentation"])
        np.testing.assert_array_equal(mask, own[rows][:, columns])
        assert found["area"] == mask.sum()
        if mask.any():
            down, across = np.nonzero(mask)
            left, top, wide, tall = found["bbox"]
            assert (left, top) == (across.min(), down.min())
            assert (left + wide - 1, top + tall - 1) == (across.max(), down.max())
        assert found["iscrowd"] == 1
        assert found["category_id"] == each.made.class_index
        assert found["score"] == pytest.approx(each.made.probability)
        image = images[found["image_id"]]
        assert (image["file_name"], image["width"], image["height"]) == (
            picture.name,
            width,
            height,
        )
    assert {each["rule"] for each in file["annotations"]} == {"top20", "superpixels3"}
    assert file["categories"] == [{"id": 0, "name": "grey cat"}, {"id": 2, "name": "crane (bird)"}]
    assert min(each["id"] for each in file["annotations"]) == 1  # 0 means none in COCO's own tool


def test_own_reader_of_truth_reads_it(folder: Path, tmp_path: Path, photos: Path) -> None:
    file = written(folder, tmp_path / "masks.json")
    truth = open_truth(tmp_path / "masks.json")
    picture = read(photos / "small.png")
    image = next(each["id"] for each in file["images"] if each["file_name"] == "small.png")
    united = np.zeros((40, 56), bool)
    for each in file["annotations"]:
        if each["image_id"] == image and each["category_id"] == 2:
            united |= decoded(each["segmentation"])
    found = truth.find(picture, "crane (bird)")
    np.testing.assert_array_equal(found, united)


def test_a_crop_lies_where_it_was_seen(cropped: Path, tmp_path: Path) -> None:
    file = written(cropped, tmp_path / "a.json", top=100)
    for picture, found in zip(MapSet(cropped).pictures(), file["annotations"], strict=True):
        own = marked(picture.maps[0].made, Rule("top", 100)).mask
        assert own.any()
        mask = decoded(found["segmentation"])
        assert mask.shape == picture.size[::-1]
        scale = picture.size[0] / min(picture.size[0], 2048)
        left, top, right, bottom = (round(edge * scale) for edge in picture.stored.box)
        if picture.name == "small.png":
            np.testing.assert_array_equal(mask[top:bottom, left:right], own)
        assert mask[top:bottom, left:right].sum() == mask.sum() > 0


def test_a_flat_map_marks_nothing(results: Any, tmp_path: Path) -> None:
    flat = results(tmp_path / "flat", methods=("grad-cam",), flat=True)
    file = written(flat, tmp_path / "a.json")
    assert [each["area"] for each in file["annotations"]] == [0, 0, 0, 0]
    assert all(each["bbox"] == [0, 0, 0, 0] for each in file["annotations"])
    assert not decoded(file["annotations"][0]["segmentation"]).any()


def test_a_refused_share_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="top is 0"):
        write_coco(MapSet(folder), tmp_path / "a.json", top=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(8, 8), (5, 9), (33, 17)])
def test_enlarging_is_that_of_pillow(folder: Path, size: tuple[int, int]) -> None:
    picture = next(MapSet(folder).pictures())
    assert isinstance(picture, KeptPicture)
    mask = np.random.default_rng(0).random(size) > 0.5
    expected = Image.fromarray(mask).resize(picture.size, Image.Resampling.NEAREST)
    np.testing.assert_array_equal(on_picture(mask, picture), np.asarray(expected))


def test_bounds() -> None:
    mask = np.zeros((5, 7), bool)
    mask[1, 2] = mask[3, 6] = True
    assert bounds(mask) == [2, 1, 5, 3]
