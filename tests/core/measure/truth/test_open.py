"""Which kind of file holds the masks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadTruth
from core.measure.truth.open import open_truth, truth_of
from core.pictures.picture import Picture
from tests.core.measure.truth.conftest import HEIGHT, WIDTH


def test_the_first_bytes_say_what_a_file_is(tmp_path: Path, picture: Picture) -> None:
    path = tmp_path / "cat.json"
    Image.new("L", (WIDTH, HEIGHT), 1).save(path, "PNG")
    file = open_truth(path)
    assert (file.name, file.single) == ("cat.json", True)
    assert file.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    mask = file.find(picture, "")
    assert mask is not None
    assert mask.all()
    path.rename(tmp_path / "cat.png")
    folder = open_truth(tmp_path)
    assert not folder.single
    np.testing.assert_array_equal(folder.find(picture, ""), mask)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"[1]", b"a,b\n"])
def test_a_file_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(BadTruth, match="is of another kind: give a PNG label image"):
        truth_of(data, "truth.bin")


@pytest.mark.parametrize("name", ["missing.png", "nul\0l", ""])
def test_what_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadTruth, match=r"does not exist|cannot be read|has no PNG files"):
        open_truth(tmp_path / name)


def test_bytes_before_json_do_not_matter(picture: Picture) -> None:
    text = '\ufeff\n{"images": [{"id": 1, "file_name": "cat.jpg"}], "annotations": []}'
    assert truth_of(text.encode(), "truth.json").find(picture, "") is None
